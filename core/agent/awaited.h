/* What rules wait for. Apart from waits.c, which tells the log, for explanations that have no log. */
#ifndef WW_AGENT_AWAITED_H
#define WW_AGENT_AWAITED_H

#include <stdbool.h>

struct ww_agent;
struct ww_note;

/* The first rule that waits (output: of the output rules, else of the input rules) of the containers that live in the
 * network namespace of container `head`; where notes were left out, the note (without an origin) that says so. NULL:
 * none waits. Borrowed. */
const struct ww_note *ww_awaited_first(const struct ww_agent *a, const char *head, bool output);

#endif
