/* From an image with wishes to the messages that fulfil them. */
#ifndef WW_KERNEL_COMMIT_H
#define WW_KERNEL_COMMIT_H

#include "core/kernel/table/image.h"
#include "core/kernel/table/layout.h"
#include "core/kernel/wire/batch.h"

/*
 * Append what the touched entries need, in an order in which every message finds what it refers to, and in which
 * closing comes before opening. *ret_parts: bits of the parts that are there afterwards.
 */
void ww_commit_put(const struct ww_image *image, struct ww_batch *batch, const struct ww_manner *manner,
                   unsigned *ret_parts);

/* Append the elements of these sets, where they close, that the image has in the kernel: how many. */
int ww_commit_close(const struct ww_image *image, const bool sets[static WW_SETS], struct ww_batch *batch);

#endif
