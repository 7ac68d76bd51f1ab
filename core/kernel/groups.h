/*
 * Frames to the reserved group addresses (IEEE 802.1D, table 7-10). A bridge hands them to the host as if they came
 * from the port itself, past its own hooks; IP in them is put together of fragments before any hook that could drop it
 * at no cost for every packet of the host. A port's group_fwd_mask has the bridge treat them as any other group's, so
 * that they meet the rules for the port.
 */
#ifndef WW_KERNEL_GROUPS_H
#define WW_KERNEL_GROUPS_H

#include "core/ir/fences.h"

/*
 * Have the bridges do so at the ports of managed endpoints that are new in this step. Call it when their rules are in
 * force. A port that is gone is no frame's way. 0, or -errno.
 */
int ww_groups_bridge(const struct ww_fence_diff *fences, struct ww_error *err);

#endif
