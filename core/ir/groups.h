/* Named lists of addresses of a site's policies, as the policy step tells them: what `@name` in `ips` stands for. The
 * program makes no rules of them; `suggest` names them. */
#ifndef WW_IR_GROUPS_H
#define WW_IR_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/addr.h"

/* Strings and lists are owned. */
struct ww_group {
    char *name;
    struct ww_addr_range *ranges; /* sorted; none overlaps another */
    size_t n;
};

struct ww_groups {
    struct ww_group *list; /* sorted by name, no doubles, none is empty */
    size_t n;
};

void ww_groups_done(struct ww_groups *groups); /* it is empty then */

/* Sort, and join what overlaps. */
void ww_groups_settle(struct ww_groups *groups);

/* Are they as said above, no more than WW_LIMIT_GROUPS with WW_LIMIT_GROUP_RANGES, and their names such that labels can
 * write them? -EINVAL says what is not so. */
int ww_groups_check(const struct ww_groups *groups, struct ww_error *err);

bool ww_group_has(const struct ww_group *group, const struct ww_addr *addr);
size_t ww_group_size(const struct ww_group *group, size_t most); /* how many addresses it has, at most `most` (> 0) */

#endif
