#ifndef WW_AGENT_WAITS_H
#define WW_AGENT_WAITS_H

struct ww_agent;
struct ww_managed_container;

/* Do rules of the container wait? Then the log is to say so, but not before the containers that it waits for had time
 * to start. */
void ww_waits_note(struct ww_agent *a, struct ww_managed_container *s);
void ww_waits_look(struct ww_agent *a); /* by the timer: say what has waited for so long */

#endif
