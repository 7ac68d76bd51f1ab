/* An agent over a kernel of the test's own: two containers, `web` that opens port 80 of `db`, in a shared table. */
#ifndef WW_SPEC_HELPER_LIVE_H
#define WW_SPEC_HELPER_LIVE_H

#include "core/agent/agent_internal.h"

/* In a fresh network namespace, reconciled once. For cmocka. */
int live_open(void **state);
int live_close(void **state);
/* The same, with a bridge `br-net` without ports, and the agent following what is on it. */
int live_open_bridge(void **state);

/*
 * The program starts anew, and follows the ports of bridges: what it was told is gone; what the kernel has is not,
 * unless its rules at bridges are to go, too.
 */
void live_start_anew(struct ww_agent *a, bool keep_rules);

/* The engine has told everything once more. */
void live_list_again(struct ww_agent *a);

#endif
