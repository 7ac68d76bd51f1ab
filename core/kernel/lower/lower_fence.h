/* Lowering of fences: known endpoints become elements, a guarded bridge gets a chain for what is sent to it. Pure. */
#ifndef WW_KERNEL_LOWER_FENCE_H
#define WW_KERNEL_LOWER_FENCE_H

#include "core/ir/fence.h"
#include "core/kernel/lower/lower.h"

/*
 * What the fence `f` says and `other` (another state of the same fence, NULL: nothing) does not: so that one endpoint
 * more costs the same however many there are. Both sealed. -EINVAL, -ENOMEM.
 */
int ww_lower_fence(const struct ww_fence *f, const struct ww_fence *other, struct ww_lowered *ret_lowered,
                   struct ww_error *err);

#endif
