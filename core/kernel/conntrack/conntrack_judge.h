/* Which tracked flows does a change concern, and which of them must go? Pure: needs no kernel. */
#ifndef WW_KERNEL_CONNTRACK_JUDGE_H
#define WW_KERNEL_CONNTRACK_JUDGE_H

#include <stdbool.h>

#include "core/ir/flow.h"
#include "core/ir/plan.h"
#include "core/kernel/conntrack/affected.h"
#include "core/kernel/conntrack/tracked.h"
#include "core/kernel/netlink/hostaddr.h"

/* Everything needed to judge; all borrowed. */
struct ww_case {
    const struct ww_plan *plan; /* what holds now */
    const struct ww_diff *diff; /* how it came about */
    const struct ww_affected *affected;
    const struct ww_hostaddr *hosts;
    bool all; /* whatever concerns what is affected must go; plan and diff do not matter */
};

/* The flow as its first packet showed it to the rules. */
struct ww_flow ww_case_flow(const struct ww_case *c, const struct ww_tracked *tracked);

/* Is a changed container an end of it, or does it go to the host at a port that one publishes? */
bool ww_case_concerns(const struct ww_case *c, const struct ww_tracked *tracked);

/*
 * Must it be deleted? When it is not allowed; when an end of it was managed and is no container's now, because the next
 * holder of the address would inherit it; and when a rule with a chain or a queue decides about it, but another one (or
 * none) is noted in its label.
 */
bool ww_case_dooms(const struct ww_case *c, const struct ww_tracked *tracked);

#endif
