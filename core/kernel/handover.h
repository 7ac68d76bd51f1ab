/*
 * A table that was made without WW_TABLE_PERSIST cannot get an owner: it must be made anew. No container shall be open
 * meanwhile, so tables of another name judge the packets, too, until that is done.
 */
#ifndef WW_KERNEL_HANDOVER_H
#define WW_KERNEL_HANDOVER_H

#include "core/kernel/kernel_internal.h"

/* Which of our tables (bits) must be made anew: they have no owner, could have one, and no other program uses them. */
unsigned ww_handover_needed(const struct ww_kernel *k, const struct ww_table *table);

/*
 * Put what the image wants into the other tables, which go with this process whatever happens, and begin `batch`, which
 * is to make ours anew. 0, or -errno: then nothing was changed.
 */
int ww_handover_begin(struct ww_kernel *k, struct ww_batch *batch, struct ww_refusal *ret_refusal,
                      struct ww_error *err);

/* It was sent (or not): the other tables go. */
void ww_handover_end(struct ww_kernel *k, bool sent);

#endif
