/*
 * The host's neighbour tables (rtnetlink(7), RTM_DELNEIGH). What the host sends to an address that no endpoint has
 * waits there for up to three seconds, behind the rules: the endpoint that gets the address would be sent all of it.
 */
#ifndef WW_KERNEL_NEIGHBOUR_H
#define WW_KERNEL_NEIGHBOUR_H

#include "core/ir/fences.h"

/*
 * Forget, with what waits for them, the addresses of managed endpoints that are new in this step. Call it when their
 * rules are in force. 0, or -errno.
 */
int ww_neighbours_forget(const struct ww_fence_diff *fences, struct ww_error *err);

#endif
