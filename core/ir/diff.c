/* What differs between two plans. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ir/plan.h"

static int add_change(struct ww_diff *diff, struct ww_ruleset *from, struct ww_ruleset *to)
{
    if (from == to || (from && to && strcmp(from->hash, to->hash) == 0))
        return 0;
    struct ww_change *list = realloc(diff->changes, (diff->n + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[diff->n++] = (struct ww_change){
        .from = from ? ww_ruleset_ref(from) : NULL,
        .to = to ? ww_ruleset_ref(to) : NULL,
    };
    diff->changes = list;
    return 0;
}

/* A list of ids; those of a plan are borrowed from its rulesets. */
struct ids {
    const char **list;
    size_t n;
};

static int collect_id(struct ww_ruleset *rs, void *arg)
{
    struct ids *ids = arg;
    ids->list[ids->n++] = rs->id;
    return 0;
}

static int id_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int diff_ids(const struct ww_plan *from, const struct ww_plan *to, const struct ids *ids, struct ww_diff *diff)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (i && strcmp(ids->list[i - 1], ids->list[i]) == 0)
            continue;
        int rc = add_change(diff, ww_plan_get(from, ids->list[i]), ww_plan_get(to, ids->list[i]));
        if (rc < 0)
            return rc;
    }
    return 0;
}

int ww_plan_diff(const struct ww_plan *from, const struct ww_plan *to, const char *const *ids, size_t n,
                 struct ww_diff *ret_diff, struct ww_error *err)
{
    size_t most = ids ? n : ww_plan_count(from) + ww_plan_count(to);
    ww_auto_free const char **list = calloc(most + 1, sizeof(*list));
    struct ids all = {.list = list};
    struct ww_diff diff = {0};
    if (!list)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (ids) {
        for (; all.n < n; all.n++)
            list[all.n] = ids[all.n];
    } else {
        ww_plan_each(from, collect_id, &all);
        ww_plan_each(to, collect_id, &all);
    }
    qsort(list, all.n, sizeof(*list), id_cmp);
    if (diff_ids(from, to, &all, &diff) < 0) {
        ww_diff_done(&diff);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *ret_diff = diff;
    return 0;
}

int ww_plan_apply(struct ww_plan *plan, const struct ww_diff *diff, struct ww_error *err)
{
    for (size_t i = 0; i < diff->n; i++) {
        const struct ww_change *change = &diff->changes[i];
        int rc = 0;
        if (change->to)
            rc = ww_plan_set(plan, change->to, err);
        else
            ww_plan_remove(plan, change->from->id);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void ww_diff_done(struct ww_diff *diff)
{
    for (size_t i = 0; i < diff->n; i++) {
        ww_ruleset_unref(diff->changes[i].from);
        ww_ruleset_unref(diff->changes[i].to);
    }
    free(diff->changes);
    *diff = (struct ww_diff){0};
}
