/* Nftables has changed: what other programs did to our rules is closed at once, and undone at once or soon. */
#ifndef WW_AGENT_REPAIR_H
#define WW_AGENT_REPAIR_H

struct ww_agent;

void ww_repair_look(struct ww_agent *a);    /* see what has changed */
void ww_repair(struct ww_agent *a);         /* undo it, if there is something to be undone */
void ww_repair_scanned(struct ww_agent *a); /* a scan of conntrack is over */

#endif
