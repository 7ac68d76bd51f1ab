/* An agent over a kernel of the test's own: two containers, `web` that opens port 80 of `db`, in a shared table. */
#ifndef WW_SPEC_HELPER_LIVE_H
#define WW_SPEC_HELPER_LIVE_H

#include "core/agent/agent_internal.h"

/* In a fresh network namespace, reconciled once. For cmocka. */
int live_open(void **state);
int live_close(void **state);

/* The engine has told everything once more. */
void live_list_again(struct ww_agent *a);

#endif
