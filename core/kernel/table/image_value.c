/* The values of an entry: which are wanted, by how many, and what the kernel has. */
#include "core/kernel/table/image_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void free_refs(struct ww_image_ref *refs)
{
    while (refs) {
        struct ww_image_ref *older = refs->older;
        free(refs->value);
        free(refs);
        refs = older;
    }
}

void ww_entry_free_values(struct ww_entry *e)
{
    if (!e->values)
        return;
    free_refs(e->values->older);
    free(e->values->latest);
    free(e->values->kernel);
    free(e->values);
    e->values = NULL;
}

/* Where it has none any more. */
static void drop_values(struct ww_entry *e)
{
    if (e->values && !e->values->latest && !e->values->kernel && !e->values->older)
        ww_entry_free_values(e);
}

static bool need_values(struct ww_entry *e)
{
    if (!e->values)
        e->values = calloc(1, sizeof(*e->values));
    return e->values;
}

bool ww_image_same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

int ww_entry_set_kernel_value(struct ww_entry *e, const char *value)
{
    char *copy = value ? strdup(value) : NULL;
    if (value && (!copy || !need_values(e))) {
        free(copy);
        return -ENOMEM;
    }
    if (e->values) {
        free(e->values->kernel);
        e->values->kernel = copy;
    }
    drop_values(e);
    return 0;
}

const char *ww_entry_kernel_value(const struct ww_entry *e)
{
    return e->values ? e->values->kernel : NULL;
}

static const char *latest_value(const struct ww_entry *e)
{
    return e->values ? e->values->latest : NULL;
}

static struct ww_image_ref *older_refs(const struct ww_entry *e)
{
    return e->values ? e->values->older : NULL;
}

bool ww_entry_wanted(const struct ww_entry *e, const char **ret_value)
{
    if (e->count.next) {
        *ret_value = latest_value(e);
        return true;
    }
    for (const struct ww_image_ref *ref = older_refs(e); ref; ref = ref->older) {
        if (!ref->count.next)
            continue;
        *ret_value = ref->value;
        return true;
    }
    return false;
}

bool ww_entry_differs(const struct ww_entry *e)
{
    const char *value = NULL;
    bool wanted = ww_entry_wanted(e, &value);
    return wanted != e->in_kernel || (wanted && !ww_image_same(value, ww_entry_kernel_value(e)));
}

static bool is_free(const struct ww_image_count *count)
{
    return !count->now && !count->next;
}

/* The latest value, which is wanted, makes place for another one. */
static int push_latest(struct ww_entry *e)
{
    struct ww_image_ref *ref = need_values(e) ? malloc(sizeof(*ref)) : NULL;
    if (!ref)
        return -ENOMEM;
    *ref = (struct ww_image_ref){.older = e->values->older, .value = e->values->latest, .count = e->count};
    e->values->older = ref;
    e->values->latest = NULL;
    e->count = (struct ww_image_count){0};
    return 0;
}

/* Nothing wants the latest value: this one takes its place. */
static int set_latest(struct ww_entry *e, const char *value)
{
    char *copy = value ? strdup(value) : NULL;
    if (value && (!copy || !need_values(e))) {
        free(copy);
        return -ENOMEM;
    }
    if (e->values) {
        free(e->values->latest);
        e->values->latest = copy;
    }
    return 0;
}

struct ww_image_count *ww_entry_references(struct ww_entry *e, const char *value, bool add)
{
    if (!is_free(&e->count) && ww_image_same(latest_value(e), value))
        return &e->count;
    for (struct ww_image_ref *ref = older_refs(e); ref; ref = ref->older)
        if (!is_free(&ref->count) && ww_image_same(ref->value, value))
            return &ref->count;
    if (!add || (!is_free(&e->count) && push_latest(e) < 0) || set_latest(e, value) < 0)
        return NULL;
    return &e->count;
}

void ww_entry_want_none(struct ww_entry *e)
{
    e->count.next = 0;
    for (struct ww_image_ref *ref = older_refs(e); ref; ref = ref->older)
        ref->count.next = 0;
}

static void settle_count(struct ww_image_count *count, bool commit)
{
    count->now = count->next = commit ? count->next : count->now;
}

/* Nothing wants the latest value: the next older one takes its place. */
static void pop_latest(struct ww_entry *e)
{
    struct ww_image_ref *older = older_refs(e);
    e->count = older ? older->count : (struct ww_image_count){0};
    if (!e->values)
        return;
    free(e->values->latest);
    e->values->latest = older ? older->value : NULL;
    e->values->older = older ? older->older : NULL;
    free(older);
}

void ww_entry_settle(struct ww_entry *e, bool commit)
{
    for (struct ww_image_ref **link = e->values ? &e->values->older : NULL; link && *link;) {
        struct ww_image_ref *ref = *link;
        settle_count(&ref->count, commit);
        if (ref->count.now) {
            link = &ref->older;
            continue;
        }
        *link = ref->older;
        ref->older = NULL;
        free_refs(ref);
    }
    settle_count(&e->count, commit);
    if (!e->count.now)
        pop_latest(e);
    drop_values(e);
}
