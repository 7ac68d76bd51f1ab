/* From an image with wishes to the messages that fulfil them. */
#ifndef WW_KERNEL_COMMIT_H
#define WW_KERNEL_COMMIT_H

#include "core/kernel/table/image.h"
#include "core/kernel/table/layout.h"
#include "core/kernel/wire/batch.h"

/* What a transaction leaves behind in the fixed part. */
struct ww_after {
    unsigned parts; /* bits: those that are there */
    struct ww_widths widths;
};

/* The lengths of prefixes that elements are counted for. */
struct ww_widths ww_commit_widths(const long needs[static WW_NEEDS]);

/*
 * Append what the touched entries need, in an order in which every message finds what it refers to, and in which
 * closing comes before opening. manner: how the fixed part is there, or was put before in this batch.
 */
void ww_commit_put(const struct ww_image *image, struct ww_batch *batch, const struct ww_manner *manner,
                   struct ww_after *ret_after);

/* Append the elements of these sets, where they close, that the image has in the kernel: how many. */
int ww_commit_close(const struct ww_image *image, const bool sets[static WW_SETS], struct ww_batch *batch);

#endif
