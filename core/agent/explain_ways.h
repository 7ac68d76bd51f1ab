/* Which ways lead from one end to the other, each judged by the simulator: there is no second judge. Private to
 * explain*.c. */
#ifndef WW_AGENT_EXPLAIN_WAYS_H
#define WW_AGENT_EXPLAIN_WAYS_H

#include "core/agent/explain_note.h"

/* Fill in the ways of what is asked, what is to be said of them, and the verdict on all. -ENOMEM. */
int ww_explain_ways(struct ww_explaining *x);

#endif
