#include "core/ir/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

void ww_groups_done(struct ww_groups *groups)
{
    for (size_t i = 0; i < groups->n; i++) {
        free(groups->list[i].name);
        free(groups->list[i].ranges);
    }
    free(groups->list);
    *groups = (struct ww_groups){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ww_group *)a)->name, ((const struct ww_group *)b)->name);
}

static int by_address(const void *a, const void *b)
{
    return ww_addr_range_cmp(a, b);
}

static void settle(struct ww_group *g)
{
    size_t kept = 0;
    if (g->n)
        qsort(g->ranges, g->n, sizeof(*g->ranges), by_address);
    for (size_t i = 0; i < g->n; i++) {
        struct ww_addr_range *last = kept ? &g->ranges[kept - 1] : NULL;
        if (!last || !ww_addr_range_overlaps(last, &g->ranges[i]))
            g->ranges[kept++] = g->ranges[i];
        else if (ww_addr_cmp(&last->hi, &g->ranges[i].hi) < 0)
            last->hi = g->ranges[i].hi;
    }
    g->n = kept;
}

void ww_groups_settle(struct ww_groups *groups)
{
    for (size_t i = 0; i < groups->n; i++)
        settle(&groups->list[i]);
    if (groups->n)
        qsort(groups->list, groups->n, sizeof(*groups->list), by_name);
}

static bool is_name(const char *name)
{
    size_t n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") : 0;
    return n > 0 && n <= WW_LIMIT_GROUP_NAME && name[n] == '\0';
}

static bool is_range(const struct ww_addr_range *range)
{
    return range->lo.family && range->lo.family == range->hi.family && ww_addr_cmp(&range->lo, &range->hi) <= 0;
}

int ww_groups_check(const struct ww_groups *groups, struct ww_error *err)
{
    size_t ranges = 0;
    if (groups->n > WW_LIMIT_GROUPS)
        return ww_fail(err, -EINVAL, "%zu groups, the limit is %d (WW_LIMIT_GROUPS)", groups->n, WW_LIMIT_GROUPS);
    for (size_t i = 0; i < groups->n; i++) {
        const struct ww_group *g = &groups->list[i];
        if (!is_name(g->name))
            return ww_fail(err, -EINVAL, "a group without a name that labels can write");
        if (i && strcmp(g[-1].name, g->name) >= 0)
            return ww_fail(err, -EINVAL, "groups that are not sorted by name");
        ranges += g->n;
        if (!g->n || g->n > WW_LIMIT_GROUP_RANGES || ranges > WW_LIMIT_GROUP_RANGES)
            return ww_fail(err, -EINVAL, "a group without addresses, or more than %d ranges (WW_LIMIT_GROUP_RANGES)",
                           WW_LIMIT_GROUP_RANGES);
        for (size_t j = 0; j < g->n; j++)
            if (!is_range(&g->ranges[j]) || (j && ww_addr_cmp(&g->ranges[j - 1].hi, &g->ranges[j].lo) >= 0))
                return ww_fail(err, -EINVAL, "a group with a range that is none, or not in its place");
    }
    return 0;
}

bool ww_group_has(const struct ww_group *group, const struct ww_addr *addr)
{
    for (size_t i = 0; i < group->n; i++)
        if (ww_addr_range_contains(&group->ranges[i], addr))
            return true;
    return false;
}

/* Byte by byte. What the first bytes differ by is never made up for by those behind them, for lo <= hi. */
static size_t range_size(const struct ww_addr_range *range, size_t most)
{
    const unsigned bytes = ww_addr_size(&range->lo);
    long differ = 0;
    for (unsigned i = 0; i < bytes && differ < (long)most; i++)
        differ = differ * 256 + range->hi.bytes[i] - range->lo.bytes[i];
    return differ < (long)most ? (size_t)differ + 1 : most;
}

size_t ww_group_size(const struct ww_group *group, size_t most)
{
    size_t size = 0;
    for (size_t i = 0; i < group->n && size < most; i++)
        size += range_size(&group->ranges[i], most);
    return size < most ? size : most;
}
