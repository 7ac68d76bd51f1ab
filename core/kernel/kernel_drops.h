/*
 * Dropped packets: how many for each container and reason, and a sample of them as they were.
 *
 * The chains drop-… (base_rules_drops.c) count in sets that packets fill, so that a container costs nothing until
 * something of it is dropped.
 */
#ifndef WW_KERNEL_KERNEL_DROPS_H
#define WW_KERNEL_KERNEL_DROPS_H

#include "core/base/error.h"
#include "core/kernel/drops/drop.h"

struct ww_kernel;

/*
 * Show all counts that are not 0 to fn; stops at the first result that is not 0, and returns it. Numbers go with their
 * container, and are kept while it is there, whichever container takes over its addresses. 0, or -errno.
 */
int ww_kernel_drops(struct ww_kernel *k, int (*fn)(const struct ww_drop_counter *counter, void *arg), void *arg,
                    struct ww_error *err);

/*
 * Ask for reports: binds WW_DROP_GROUP in this network namespace. Counts at the next adopt, which leaves the rules that
 * report out unless this succeeded. -EBUSY when another process listens there, -EOPNOTSUPP without nfnetlink_log.
 */
int ww_kernel_report_drops(struct ww_kernel *k, struct ww_error *err);
int ww_kernel_drop_fd(const struct ww_kernel *k); /* becomes readable; -1 without reports */
/* Show each report that is there to fn. Their number; -ENOBUFS when some were lost (the rest was shown). */
int ww_kernel_drain_drops(struct ww_kernel *k, ww_drop_fn fn, void *arg, struct ww_error *err);

#endif
