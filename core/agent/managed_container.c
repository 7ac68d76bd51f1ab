#include "core/agent/managed_container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/base/keyed.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

/* One naming container of a target. */
struct ww_opener {
    struct ww_managed_container *managed;
    struct ww_opener *prev, *next; /* of the same target */
};

struct ww_opened {
    char *target;
    struct ww_opener *openers;
    UT_hash_handle hh;
};

struct ww_managed_container *ww_managed_container_find(const struct ww_managed_containers *all, const char *id)
{
    struct ww_managed_container *s;
    HASH_FIND_STR(all->by_id, id, s);
    return s;
}

int ww_managed_container_make(struct ww_managed_containers *all, const char *id,
                              struct ww_managed_container **ret_managed, struct ww_error *err)
{
    struct ww_managed_container *s = ww_managed_container_find(all, id);
    if (!s)
        ww_keyed_add(all->by_id, s, id, id);
    if (!s)
        return ww_fail(err, -ENOMEM, "out of memory");
    *ret_managed = s;
    return 0;
}

static void opened_drop(struct ww_managed_containers *all, const struct ww_managed_container *s, const char *target)
{
    struct ww_opened *opened;
    HASH_FIND_STR(all->by_target, target, opened);
    if (!opened)
        return;
    struct ww_opener *o, *next;
    DL_FOREACH_SAFE(opened->openers, o, next)
    {
        if (o->managed != s)
            continue;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the list shows that there is a list */
        DL_DELETE(opened->openers, o);
        free(o);
    }
    if (opened->openers)
        return;
    ww_keyed_drop(all->by_target, opened, target);
}

static int opened_make(struct ww_managed_containers *all, const char *target, struct ww_opened **ret_opened)
{
    struct ww_opened *opened;
    HASH_FIND_STR(all->by_target, target, opened);
    if (!opened)
        ww_keyed_add(all->by_target, opened, target, target);
    if (!opened)
        return -ENOMEM;
    *ret_opened = opened;
    return 0;
}

static int opened_add(struct ww_managed_containers *all, struct ww_managed_container *s, const char *target)
{
    struct ww_opened *opened;
    int rc = opened_make(all, target, &opened);
    if (rc < 0)
        return rc;
    /* It is put in after all that it had was taken out: if it is there, then it is the last one. */
    if (opened->openers && opened->openers->prev->managed == s)
        return 0;
    struct ww_opener *o = calloc(1, sizeof(*o));
    if (!o)
        return -ENOMEM;
    o->managed = s;
    DL_APPEND(opened->openers, o);
    return 0;
}

static void clear_compiled(struct ww_managed_containers *all, struct ww_managed_container *s)
{
    for (size_t i = 0; i < s->compiled.n_consents; i++)
        opened_drop(all, s, s->compiled.consents[i].target);
    all->texts -= ww_compiled_texts(&s->compiled);
    ww_compiled_done(&s->compiled);
    s->compiled = (struct ww_compiled){0};
}

/* What is said of rules may be as much as labels and policies make of it: there is a limit to what is kept, and the
 * rules are the same above it. */
static int limit_texts(struct ww_managed_containers *all, struct ww_compiled *compiled)
{
    const size_t bytes = ww_compiled_texts(compiled);
    int rc = 0;
    if (bytes > WW_LIMIT_TEXTS)
        rc = ww_compiled_shorten(compiled, "WW_LIMIT_TEXTS");
    else if (all->texts + bytes > WW_LIMIT_ALL_TEXTS)
        rc = ww_compiled_shorten(compiled, "WW_LIMIT_ALL_TEXTS");
    all->texts += ww_compiled_texts(compiled);
    return rc;
}

int ww_managed_container_set_compiled(struct ww_managed_containers *all, struct ww_managed_container *s,
                                      struct ww_compiled *compiled, struct ww_error *err)
{
    clear_compiled(all, s);
    int rc = limit_texts(all, compiled);
    s->compiled = *compiled;
    *compiled = (struct ww_compiled){0};
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    for (size_t i = 0; i < s->compiled.n_consents; i++) {
        if (opened_add(all, s, s->compiled.consents[i].target) < 0)
            return ww_fail(err, -ENOMEM, "out of memory");
    }
    return 0;
}

int ww_managed_container_set_fault(struct ww_managed_container *s, const char *fault, struct ww_error *err)
{
    char *copy = NULL;
    if (fault) {
        copy = strdup(fault);
        if (!copy)
            return ww_fail(err, -ENOMEM, "out of memory");
    }
    free(s->fault);
    s->fault = copy;
    return 0;
}

void ww_managed_container_remove(struct ww_managed_containers *all, struct ww_managed_container *s)
{
    clear_compiled(all, s);
    free(s->head);
    free(s->fault);
    free(s->said_fault);
    free(s->said_networks);
    free(s->said_notes);
    ww_keyed_drop(all->by_id, s, id);
}

void ww_managed_containers_done(struct ww_managed_containers *all)
{
    struct ww_managed_container *s, *next;
    HASH_ITER (hh, all->by_id, s, next) {
        ww_managed_container_remove(all, s);
    }
}

int ww_managed_container_each_opener(const struct ww_managed_containers *all, const char *target,
                                     int (*fn)(const struct ww_managed_container *s, void *arg), void *arg)
{
    struct ww_opened *opened;
    HASH_FIND_STR(all->by_target, target, opened);
    if (!opened)
        return 0;
    struct ww_opener *o;
    DL_FOREACH (opened->openers, o) {
        int rc = fn(o->managed, arg);
        if (rc)
            return rc;
    }
    return 0;
}
