/*
 * Tracked flows: finds those of changed rulesets, has each judged by the simulator, and deletes what is no longer
 * allowed (linux/netfilter/nfnetlink_conntrack.h). Works in the network namespace of the thread that opens it. look.h
 * has the same in stages, for who cannot wait.
 */
#ifndef WW_KERNEL_CONNTRACK_H
#define WW_KERNEL_CONNTRACK_H

#include "core/base/error.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/kernel/scope.h"

struct ww_conntrack;

/* Open the netlink sockets. -EPERM without CAP_NET_ADMIN, -EOPNOTSUPP without ctnetlink. */
int ww_conntrack_new(struct ww_conntrack **ret_ct, struct ww_error *err);
void ww_conntrack_free(struct ww_conntrack *ct);

/*
 * Delete the tracked flows of the rulesets in `diff` (from and to) that `plan` does not allow, that a rule with a
 * changed chain or queue decides, or whose container is gone; and those of endpoints that `fences` (NULL: none) knows
 * no longer. Number of deleted flows, or -errno (what was deleted by then stays so).
 */
int ww_conntrack_cut(struct ww_conntrack *ct, const struct ww_plan *plan, const struct ww_diff *diff,
                     const struct ww_fence_diff *fences, struct ww_error *err);

/* Delete all tracked flows of these addresses. Number of deleted flows, or -errno. */
int ww_conntrack_release(struct ww_conntrack *ct, const struct ww_scope *addrs, struct ww_error *err);

#endif
