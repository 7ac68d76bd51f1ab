#include "core/ir/fences.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct entry {
    struct ww_fence *fence;
    UT_hash_handle hh;
};

struct ww_fences {
    struct entry *by_id;
};

struct ww_fences *ww_fences_new(void)
{
    return calloc(1, sizeof(struct ww_fences));
}

static void entry_free(struct ww_fences *fences, struct entry *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an entry is in the table, so there is a table */
    HASH_DEL(fences->by_id, e);
    ww_fence_unref(e->fence);
    free(e);
}

void ww_fences_free(struct ww_fences *fences)
{
    struct entry *e, *next;
    if (!fences)
        return;
    HASH_ITER (hh, fences->by_id, e, next)
        entry_free(fences, e);
    free(fences);
}

static struct entry *find_entry(const struct ww_fences *fences, const char *id)
{
    struct entry *e;
    HASH_FIND_STR(fences->by_id, id, e);
    return e;
}

/* In place: the former one is gone only when the new one is there, also when memory is short. */
static void replace(struct entry *e, struct ww_fence *f)
{
    struct ww_fence *former = e->fence;
    e->fence = ww_fence_ref(f);
    e->hh.key = f->id; /* the same text; the former fence's may go with it */
    ww_fence_unref(former);
}

int ww_fences_set(struct ww_fences *fences, struct ww_fence *f, struct ww_error *err)
{
    if (!f->sealed)
        return ww_fail(err, -EINVAL, "the fence of network '%s' is not sealed", f->name);
    struct entry *e = find_entry(fences, f->id);
    if (e) {
        replace(e, f);
        return 0;
    }
    e = calloc(1, sizeof(*e));
    if (!e)
        return ww_fail(err, -ENOMEM, "out of memory");
    e->fence = ww_fence_ref(f);
    HASH_ADD_KEYPTR(hh, fences->by_id, f->id, strlen(f->id), e);
    if (e->hh.tbl)
        return 0;
    ww_fence_unref(f);
    free(e);
    return ww_fail(err, -ENOMEM, "out of memory");
}

void ww_fences_remove(struct ww_fences *fences, const char *id)
{
    struct entry *e = find_entry(fences, id);
    if (e)
        entry_free(fences, e);
}

struct ww_fence *ww_fences_get(const struct ww_fences *fences, const char *id)
{
    const struct entry *e = find_entry(fences, id);
    return e ? e->fence : NULL;
}

size_t ww_fences_count(const struct ww_fences *fences)
{
    return HASH_COUNT(fences->by_id);
}

int ww_fences_each(const struct ww_fences *fences, int (*fn)(struct ww_fence *f, void *arg), void *arg)
{
    for (const struct entry *e = fences->by_id; e; e = e->hh.next) {
        int rc = fn(e->fence, arg);
        if (rc)
            return rc;
    }
    return 0;
}

static int add_change(struct ww_fence_diff *diff, struct ww_fence *from, struct ww_fence *to)
{
    if (from == to || (from && to && strcmp(from->hash, to->hash) == 0))
        return 0;
    struct ww_fence_change *list = realloc(diff->changes, (diff->n + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[diff->n++] = (struct ww_fence_change){
        .from = from ? ww_fence_ref(from) : NULL,
        .to = to ? ww_fence_ref(to) : NULL,
    };
    diff->changes = list;
    return 0;
}

static int diff_all(const struct ww_fences *from, const struct ww_fences *to, struct ww_fence_diff *diff)
{
    int rc = 0;
    for (const struct entry *e = from->by_id; e && rc == 0; e = e->hh.next)
        rc = add_change(diff, e->fence, ww_fences_get(to, e->fence->id));
    for (const struct entry *e = to->by_id; e && rc == 0; e = e->hh.next)
        if (!find_entry(from, e->fence->id))
            rc = add_change(diff, NULL, e->fence);
    return rc;
}

int ww_fences_diff(const struct ww_fences *from, const struct ww_fences *to, const char *const *ids, size_t n,
                   struct ww_fence_diff *ret_diff, struct ww_error *err)
{
    struct ww_fence_diff diff = {0};
    int rc = ids ? 0 : diff_all(from, to, &diff);
    for (size_t i = 0; ids && i < n && rc == 0; i++)
        rc = add_change(&diff, ww_fences_get(from, ids[i]), ww_fences_get(to, ids[i]));
    if (rc < 0) {
        ww_fence_diff_done(&diff);
        return ww_fail(err, rc, "out of memory");
    }
    *ret_diff = diff;
    return 0;
}

int ww_fences_apply(struct ww_fences *fences, const struct ww_fence_diff *diff, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < diff->n && rc == 0; i++) {
        if (diff->changes[i].to)
            rc = ww_fences_set(fences, diff->changes[i].to, err);
        else
            ww_fences_remove(fences, diff->changes[i].from->id);
    }
    return rc;
}

void ww_fence_diff_done(struct ww_fence_diff *diff)
{
    for (size_t i = 0; i < diff->n; i++) {
        ww_fence_unref(diff->changes[i].from);
        ww_fence_unref(diff->changes[i].to);
    }
    free(diff->changes);
    *diff = (struct ww_fence_diff){0};
}
