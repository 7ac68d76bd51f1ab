#ifndef WW_AGENT_WAITS_H
#define WW_AGENT_WAITS_H

#include <stdbool.h>

struct ww_agent;
struct ww_note;
struct ww_managed_container;

/* Do rules of the container wait? Then the log is to say so, but not before the containers that it waits for had time
 * to start. */
void ww_waits_note(struct ww_agent *a, struct ww_managed_container *s);
void ww_waits_look(struct ww_agent *a); /* by the timer: say what has waited for so long */
/* The first rule that waits (output: of the output rules, else of the input rules) of the containers that live in the
 * network namespace of container `head`. NULL: none waits. Borrowed. */
const struct ww_note *ww_waits_first(const struct ww_agent *a, const char *head, bool output);

#endif
