/*
 * One scan of conntrack, in stages. The kernel walks its whole table inside one system call, which is shared by
 * all network namespaces and may be huge, and containers choose how much of it is theirs: so the stages that ask it are
 * made to be another thread's, while the one that needs the rules is not; and what is found is worked on in portions.
 *
 *     ww_ct_scan_new, ww_ct_scan_add…, ww_ct_scan_begin   here: what is looked for
 *     ww_ct_scan_find                               anywhere: ask the kernel for a portion
 *     ww_ct_scan_judge                              here, bit by bit: what of it must go
 *     ww_ct_scan_delete                             anywhere; and find again, while there is more
 *     ww_ct_scan_result, ww_ct_scan_free               here
 */
#ifndef WW_KERNEL_CT_SCAN_H
#define WW_KERNEL_CT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/kernel/conntrack/affected.h"
#include "core/kernel/conntrack/conntrack.h"

struct ww_ct_scan;

/* An empty scan of `ct` (borrowed), which nothing else may use from begin on until it is freed. NULL: no memory.
 */
struct ww_ct_scan *ww_ct_scan_new(struct ww_conntrack *ct);
void ww_ct_scan_free(struct ww_ct_scan *scan); /* NULL is a no-op */

/*
 * Before begin: have it look for the flows of the rulesets in `diff`, and of the endpoints that `fences` (NULL: none)
 * knows no longer. `diff` is borrowed until the scan is freed. -ENOMEM.
 */
int ww_ct_scan_add(struct ww_ct_scan *scan, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                   struct ww_error *err);
/*
 * Before begin: have it look for all flows of these addresses. They must go, whichever container has them: find deletes
 * them itself. -ENOMEM.
 */
int ww_ct_scan_add_all(struct ww_ct_scan *scan, const struct ww_affected *addrs, struct ww_error *err);

/*
 * Find out what asking needs to know, in the network namespace of the calling thread. 1; 0: there is nothing to look
 * for; or -errno.
 */
int ww_ct_scan_begin(struct ww_ct_scan *scan, struct ww_error *err);

/*
 * Ask the kernel for the next portion, and keep what is to be judged. Uses nothing but the scan and its `ct`. 1: there
 * is more, 0: that was all, or -errno.
 */
int ww_ct_scan_find(struct ww_ct_scan *scan, struct ww_error *err);

/* Is there anything to be judged in this portion? */
bool ww_ct_scan_has_found(const struct ww_ct_scan *scan);
/*
 * Judge what was found by `plan`, until all is judged or ww_clock_mono() is past `until`. 1: there is more; 0: all is
 * judged; or -ENOMEM.
 */
int ww_ct_scan_judge(struct ww_ct_scan *scan, const struct ww_plan *plan, int64_t until, struct ww_error *err);

/* Must any of them go? */
bool ww_ct_scan_dooms(const struct ww_ct_scan *scan);

/* Delete what must go of this portion. Uses nothing but the scan and its `ct`. 0, or -errno: some may be deleted. */
int ww_ct_scan_delete(struct ww_ct_scan *scan, struct ww_error *err);

/* How many flows were deleted; or -errno, when the kernel refused to delete one, with all other flows gone. */
int ww_ct_scan_result(const struct ww_ct_scan *scan, struct ww_error *err);

/* All stages from begin on in a row, for a caller that can wait. Number of deleted flows, or -errno. */
int ww_ct_scan_go_through(struct ww_ct_scan *scan, const struct ww_plan *plan, struct ww_error *err);

#endif
