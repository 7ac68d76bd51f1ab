#include "core/ir/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ir/plan_index.h"

struct entry {
    struct ww_ruleset *rs;     /* a reference */
    struct ww_plan_refs *refs; /* NULL in a plain plan */
};

struct ww_plan {
    struct entry *entries; /* in the order of ids */
    size_t n;
    size_t cap;
    struct ww_plan_index index;
    bool plain; /* without index */
};

struct ww_plan *ww_plan_new_plain(void)
{
    struct ww_plan *plan = calloc(1, sizeof(*plan));
    if (plan)
        plan->plain = true;
    return plan;
}

struct ww_plan *ww_plan_new(void)
{
    struct ww_plan *plan = calloc(1, sizeof(*plan));
    if (plan && ww_plan_index_init(&plan->index) == 0)
        return plan;
    free(plan);
    return NULL;
}

static void entry_done(struct ww_plan *plan, struct entry *entry)
{
    ww_plan_index_drop(&plan->index, entry->refs);
    ww_ruleset_unref(entry->rs);
}

void ww_plan_free(struct ww_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n; i++)
        entry_done(plan, &plan->entries[i]);
    free(plan->entries);
    ww_plan_index_done(&plan->index);
    free(plan);
}

/* Where the id is, or would be; *ret_there: it is. Cheap where ids are added in order. */
static size_t place_of(const struct ww_plan *plan, const char *id, bool *ret_there)
{
    size_t low = 0;
    size_t high = plan->n;
    *ret_there = false;
    if (high && strcmp(plan->entries[high - 1].rs->id, id) < 0)
        return high;
    while (low < high && !*ret_there) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(plan->entries[middle].rs->id, id);
        *ret_there = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static int reserve_plan(struct ww_plan *plan)
{
    if (plan->n < plan->cap)
        return 0;
    size_t cap = plan->cap ? 2 * plan->cap : 16;
    struct entry *entries = reallocarray(plan->entries, cap, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    plan->entries = entries;
    plan->cap = cap;
    return 0;
}

static void insert(struct ww_plan *plan, size_t at, struct entry entry)
{
    memmove(&plan->entries[at + 1], &plan->entries[at], (plan->n - at) * sizeof(entry));
    plan->entries[at] = entry;
    plan->n++;
}

int ww_plan_set(struct ww_plan *plan, struct ww_ruleset *rs, struct ww_error *err)
{
    if (!rs->sealed)
        return ww_fail(err, -EINVAL, "ruleset of %s is not sealed", rs->id);
    struct entry entry = {.rs = rs};
    if (reserve_plan(plan) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (!plan->plain && !(entry.refs = ww_plan_index_add(&plan->index, rs)))
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_ruleset_ref(rs);
    bool there;
    size_t at = place_of(plan, rs->id, &there);
    if (there) {
        entry_done(plan, &plan->entries[at]);
        plan->entries[at] = entry;
    } else {
        insert(plan, at, entry);
    }
    return 0;
}

void ww_plan_remove(struct ww_plan *plan, const char *id)
{
    bool there;
    size_t at = place_of(plan, id, &there);
    if (!there)
        return;
    entry_done(plan, &plan->entries[at]); /* the id may be its own, and is gone now */
    plan->n--;
    memmove(&plan->entries[at], &plan->entries[at + 1], (plan->n - at) * sizeof(plan->entries[at]));
}

struct ww_ruleset *ww_plan_get(const struct ww_plan *plan, const char *id)
{
    bool there;
    size_t at = place_of(plan, id, &there);
    return there ? plan->entries[at].rs : NULL;
}

size_t ww_plan_count(const struct ww_plan *plan)
{
    return plan->n;
}

int ww_plan_each(const struct ww_plan *plan, int (*fn)(struct ww_ruleset *rs, void *arg), void *arg)
{
    for (size_t i = 0; i < plan->n; i++) {
        int rc = fn(plan->entries[i].rs, arg);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static struct ww_ruleset *scan_addr(const struct ww_plan *plan, const struct ww_addr *addr)
{
    for (size_t i = 0; i < plan->n; i++)
        if (ww_ruleset_has_addr(plan->entries[i].rs, addr))
            return plan->entries[i].rs;
    return NULL;
}

static struct ww_ruleset *scan_publish(const struct ww_plan *plan, uint8_t proto, const struct ww_addr *host,
                                       uint16_t hport, const struct ww_publish **ret_publish)
{
    for (size_t i = 0; i < plan->n; i++) {
        struct ww_ruleset *rs = plan->entries[i].rs;
        for (size_t j = 0; j < rs->n_published; j++) {
            const struct ww_publish *p = &rs->published[j];
            if (p->proto != proto || p->hport != hport || ww_addr_cmp(&p->host, host) != 0)
                continue;
            if (ret_publish)
                *ret_publish = p;
            return rs;
        }
    }
    return NULL;
}

struct ww_ruleset *ww_plan_by_addr(const struct ww_plan *plan, const struct ww_addr *addr)
{
    if (!addr->family)
        return NULL;
    if (plan->plain)
        return scan_addr(plan, addr);
    const struct ww_plan_ref *ref = ww_plan_index_find(&plan->index, addr, 0, 0);
    return ref ? ref->all->rs : NULL;
}

struct ww_ruleset *ww_plan_by_publish(const struct ww_plan *plan, uint8_t proto, const struct ww_addr *host,
                                      uint16_t hport, const struct ww_publish **ret_publish)
{
    const struct ww_addr any = {.family = host->family};
    if (!host->family || !hport)
        return NULL;
    if (plan->plain) {
        struct ww_ruleset *rs = scan_publish(plan, proto, host, hport, ret_publish);
        return rs ? rs : scan_publish(plan, proto, &any, hport, ret_publish);
    }
    const struct ww_plan_ref *ref = ww_plan_index_find(&plan->index, host, proto, hport);
    if (!ref)
        ref = ww_plan_index_find(&plan->index, &any, proto, hport);
    if (!ref)
        return NULL;
    if (ret_publish)
        *ret_publish = ref->publish;
    return ref->all->rs;
}
