/* The sets in which the chains drop-… count: reading them, and taking out what counts for no container any more. */
#ifndef WW_KERNEL_DROP_COUNTS_H
#define WW_KERNEL_DROP_COUNTS_H

#include <libmnl/libmnl.h>

#include "core/base/error.h"
#include "core/kernel/drops/drop.h"
#include "core/kernel/table/image.h"

/*
 * Show all counts that are not 0, of the sets that come with these parts (bits), to fn; stops at the first result that
 * is not 0, and returns it. 0, or -errno.
 */
int ww_drop_counts_each(struct mnl_socket *reads, unsigned parts,
                        int (*fn)(const struct ww_drop_counter *counter, void *arg), void *arg, struct ww_error *err);

/*
 * Take out the counts of containers that the transaction under way took out: of the closing elements which the image
 * has touched and wants no longer. A failure leaves a number too high.
 */
void ww_drop_counts_forget(const struct ww_image *image, struct mnl_socket *reads, struct mnl_socket *commits);

#endif
