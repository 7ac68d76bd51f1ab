/* Moves the kernel to what the world asks for. Never fails: what could not be done is logged and tried again. */
#ifndef WW_AGENT_RECONCILE_H
#define WW_AGENT_RECONCILE_H

struct ww_agent;

void ww_reconcile(struct ww_agent *a);
/* The program stops: what waits for a look goes in now, so that no container stays closed until the next start. */
void ww_reconcile_last(struct ww_agent *a);
/* Try the quarantined ones again whose fault lies in the kernel (a user chain that was missing may be there now). */
void ww_reconcile_retry_faults(struct ww_agent *a);

#endif
