/* Which addresses are left, or pass from one container to another, in one step: the engine hands them out at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/conntrack/affected.h"

struct holding {
    struct ww_addr addr;
    const char *container;
};

struct holdings {
    struct holding *list;
    size_t n;
    size_t cap;
    bool failed;
};

static void hold(struct holdings *h, const struct ww_addr *addr, const char *container)
{
    if (!addr->family || h->failed)
        return;
    if (h->n == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 16;
        struct holding *list = realloc(h->list, cap * sizeof(*list));
        h->failed = !list;
        if (!list)
            return;
        h->list = list;
        h->cap = cap;
    }
    h->list[h->n++] = (struct holding){*addr, container};
}

static void hold_ruleset(struct holdings *h, const struct ww_ruleset *rs)
{
    for (size_t i = 0; rs && i < rs->n_endpoints; i++) {
        hold(h, &rs->endpoints[i].ipv4, rs->id);
        hold(h, &rs->endpoints[i].ipv6, rs->id);
    }
}

static int hold_known(const struct ww_known *k, void *arg)
{
    hold(arg, &k->addrs.ipv4, k->container);
    hold(arg, &k->addrs.ipv6, k->container);
    return 0;
}

static int holding_cmp(const void *a, const void *b)
{
    const struct holding *x = a;
    const struct holding *y = b;
    int order = ww_addr_cmp(&x->addr, &y->addr);
    return order ? order : strcmp(x->container, y->container);
}

/* The first in the list, which is sorted, that does not come before the key. */
static size_t place_of(const struct holdings *h, const struct holding *key)
{
    size_t lo = 0;
    size_t hi = h->n;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (holding_cmp(&h->list[middle], key) < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static bool is_at(const struct holdings *h, size_t place, const struct ww_addr *addr)
{
    return place < h->n && ww_addr_cmp(&h->list[place].addr, addr) == 0;
}

/* Its holder holds it still: another container may have the same address, on another bridge. */
static bool is_kept(const struct holding *before, const struct holdings *after)
{
    size_t place = place_of(after, before);
    return place < after->n && holding_cmp(&after->list[place], before) == 0;
}

static bool has_holder(const struct holding *before, const struct holdings *after)
{
    const struct holding first = {before->addr, ""};
    return is_at(after, place_of(after, &first), &before->addr);
}

/* Is its holder after the step another than before? */
static bool is_handed(const struct holding *before, const struct holdings *after)
{
    return !is_kept(before, after) && has_holder(before, after);
}

static bool is_left(const struct holding *before, const struct holdings *after)
{
    return !has_holder(before, after);
}

typedef bool (*wanted_fn)(const struct holding *before, const struct holdings *after);

static int collect_holdings(struct ww_affected *affected, const struct holdings *before, struct holdings *after,
                            wanted_fn wanted)
{
    if (before->failed || after->failed)
        return -ENOMEM;
    affected->addrs = calloc(before->n + 1, sizeof(*affected->addrs));
    if (!affected->addrs)
        return -ENOMEM;
    if (after->n)
        qsort(after->list, after->n, sizeof(*after->list), holding_cmp);
    for (size_t i = 0; i < before->n; i++)
        if (wanted(&before->list[i], after))
            affected->addrs[affected->n_addrs++] = before->list[i].addr;
    ww_affected_sort(affected);
    return 0;
}

/* Does the change tell which endpoints were known before? */
typedef bool (*tells_fn)(const struct ww_fence_change *change);

static bool tells_former(const struct ww_fence_change *change)
{
    return change->from != NULL;
}

static void defer_all(struct holdings *before, struct holdings *after, const struct ww_diff *diff,
                      const struct ww_fence_diff *fences, tells_fn tells)
{
    for (size_t i = 0; i < diff->n; i++) {
        hold_ruleset(before, diff->changes[i].from);
        hold_ruleset(after, diff->changes[i].to);
    }
    for (size_t i = 0; fences && i < fences->n; i++) {
        const struct ww_fence_change *change = &fences->changes[i];
        if (tells(change))
            ww_fence_each_only(change->from, change->to, hold_known, before);
        if (change->to)
            ww_fence_each_only(change->to, change->from, hold_known, after);
    }
}

static int init(struct ww_affected *ret_affected, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                tells_fn tells, wanted_fn wanted, struct ww_error *err)
{
    struct holdings before = {0};
    struct holdings after = {0};
    struct ww_affected affected = {0};
    defer_all(&before, &after, diff, fences, tells);
    int rc = collect_holdings(&affected, &before, &after, wanted);
    free(before.list);
    free(after.list);
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    *ret_affected = affected;
    return 0;
}

int ww_affected_init_handed(struct ww_affected *ret_affected, const struct ww_diff *diff,
                            const struct ww_fence_diff *fences, struct ww_error *err)
{
    return init(ret_affected, diff, fences, tells_former, is_handed, err);
}

int ww_affected_init_left(struct ww_affected *ret_affected, const struct ww_diff *diff,
                          const struct ww_fence_diff *fences, struct ww_error *err)
{
    return init(ret_affected, diff, fences, ww_affected_tells_left, is_left, err);
}
