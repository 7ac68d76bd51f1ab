#include "core/kernel/table/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/base_ruleset/base_rules.h"

static void free_refs(struct ww_image_ref *refs)
{
    while (refs) {
        struct ww_image_ref *more = refs->more;
        free(refs->value);
        free(refs);
        refs = more;
    }
}

static void free_values(struct ww_entry *e)
{
    free_refs(e->ref.more);
    free(e->ref.value);
    free(e->kernel_value);
}

void ww_image_done(struct ww_image *image)
{
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e))
        free_values(e);
    ww_pool_done(&image->entries);
    free(image->buckets);
    free(image->tags);
    *image = (struct ww_image){0};
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void touch(struct ww_image *image, struct ww_entry *e)
{
    if (e->touched)
        return;
    e->touched = true;
    e->next_touched = NULL;
    if (image->last_touched)
        image->last_touched->next_touched = e;
    else
        image->touched = e;
    image->last_touched = e;
}

bool ww_entry_is_chain(const struct ww_entry *e)
{
    return e->set >= WW_SETS;
}

enum ww_table_id ww_entry_table(const struct ww_entry *e)
{
    return ww_entry_is_chain(e) ? (enum ww_table_id)(e->set - WW_SETS) : ww_set_table(e->set);
}

struct ww_entry *ww_image_target(const struct ww_image *image, const struct ww_entry *e)
{
    if (ww_entry_is_chain(e) || !ww_set_is_map(e->set))
        return NULL;
    return ww_image_find(image, (uint16_t)WW_CHAINS(ww_entry_table(e)), e->kernel_value, strlen(e->kernel_value));
}

/* One that another program put there may have any width. */
static void count_width(const struct ww_entry *e, int n, long needs[static WW_NEEDS])
{
    int nets = ww_set_nets(e->set);
    unsigned width = nets < 0 ? WW_WIDTHS : ww_set_width(e->set, e->key);
    if (width < WW_WIDTHS)
        needs[WW_PARTS + (unsigned)nets * WW_WIDTHS + width] += n;
}

void ww_entry_count(const struct ww_entry *e, int n, long needs[static WW_NEEDS])
{
    if (e->set >= WW_SETS)
        return;
    count_width(e, n, needs);
    needs[ww_set_needs(e->set)] += n;
    needs[ww_set_spares(e->set)] -= n;
}

int ww_image_found(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value)
{
    struct ww_entry *e = ww_image_make(image, set, key, len);
    char *copy = e && value ? strdup(value) : NULL;
    if (!e || (value && !copy))
        return -ENOMEM;
    ww_entry_count(e, !e->in_kernel, image->needs);
    free(e->kernel_value);
    e->kernel_value = copy;
    e->in_kernel = true;
    return 0;
}

void ww_image_lost(struct ww_image *image, struct ww_entry *e)
{
    ww_entry_count(e, -(int)e->in_kernel, image->needs);
    free(e->kernel_value);
    e->kernel_value = NULL;
    e->in_kernel = false;
}

void ww_image_lost_table(struct ww_image *image, enum ww_table_id table)
{
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e))
        if (ww_entry_table(e) == table)
            ww_image_lost(image, e);
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (ww_part_table(part) == table)
            image->parts &= ~WW_PART_BIT(part);
}

const uint8_t *ww_entry_key(const struct ww_entry *e)
{
    return e->key;
}

bool ww_entry_wanted(const struct ww_entry *e, const char **ret_value)
{
    for (const struct ww_image_ref *c = &e->ref; c; c = c->more) {
        if (!c->next)
            continue;
        *ret_value = c->value;
        return true;
    }
    return false;
}

bool ww_entry_differs(const struct ww_entry *e)
{
    const char *value = NULL;
    bool wanted = ww_entry_wanted(e, &value);
    return wanted != e->in_kernel || (wanted && !same(value, e->kernel_value));
}

static bool is_free(const struct ww_image_ref *c)
{
    return !c->refs && !c->next;
}

/* The entry's own reference takes over a value that has none yet; what it was goes into the list. */
static int push_ref(struct ww_entry *e)
{
    if (is_free(&e->ref)) {
        free(e->ref.value);
        e->ref.value = NULL;
        return 0;
    }
    struct ww_image_ref *older = malloc(sizeof(*older));
    if (!older)
        return -ENOMEM;
    *older = e->ref;
    e->ref = (struct ww_image_ref){.more = older};
    return 0;
}

/* The reference with this value; made if `add`. */
static struct ww_image_ref *ref(struct ww_entry *e, const char *value, bool add)
{
    for (struct ww_image_ref *c = &e->ref; c; c = c->more)
        if (!is_free(c) && same(c->value, value))
            return c;
    char *copy = add && value ? strdup(value) : NULL;
    if (!add || (value && !copy))
        return NULL;
    if (push_ref(e) < 0) {
        free(copy);
        return NULL;
    }
    e->ref.value = copy;
    return &e->ref;
}

static struct ww_entry *change(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value,
                               bool add)
{
    struct ww_entry *e = add ? ww_image_make(image, set, key, len) : ww_image_find(image, set, key, len);
    struct ww_image_ref *c = e ? ref(e, value, add) : NULL;
    if (e)
        touch(image, e);
    if (!c)
        return NULL;
    if (add)
        c->next++;
    else if (c->next)
        c->next--;
    return e;
}

const struct ww_tag *ww_entry_tag(const struct ww_image *image, const struct ww_entry *e)
{
    static const struct ww_tag no_tag;
    return e->tag ? &image->tags[e->tag] : &no_tag;
}

static int tag(struct ww_image *image, struct ww_entry *e, const struct ww_tag *what)
{
    if (image->n_tags == image->cap_tags) {
        size_t cap = image->cap_tags ? 2 * image->cap_tags : 64;
        struct ww_tag *tags = reallocarray(image->tags, cap, sizeof(*tags));
        if (!tags)
            return -ENOMEM;
        image->tags = tags;
        image->cap_tags = cap;
        image->n_tags += !image->n_tags;
    }
    if (!e->tag)
        e->tag = (uint32_t)image->n_tags++;
    image->tags[e->tag] = *what;
    return 0;
}

static int ref_entry(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value, bool add,
                     const struct ww_tag *what)
{
    struct ww_entry *e = change(image, set, key, len, value, add);
    if (!add)
        return 0;
    return e ? tag(image, e, what) : -ENOMEM;
}

/* What containers and other machines send to the container, and it sends; its other chains are about the host. */
static bool is_mirrored(const char *chain)
{
    return !strncmp(chain, "out-", 4) || !strncmp(chain, "in-", 3);
}

static int ref_chain(struct ww_image *image, const struct ww_chain *chain, bool add, const char *id)
{
    const struct ww_tag what = {.chain = chain, .id = id};
    int rc = ref_entry(image, WW_CHAINS(WW_INET), chain->name, strlen(chain->name), chain->hash, add, &what);
    if (rc == 0 && image->mirror && is_mirrored(chain->name))
        rc = ref_entry(image, WW_CHAINS(WW_BRIDGE), chain->name, strlen(chain->name), chain->hash, add, &what);
    return rc;
}

/* The copy of the element's set in table bridge, where it is needed; -1: it is not. */
static int mirror_of(const struct ww_image *image, unsigned set)
{
    int family = ww_set_family(set);
    unsigned needed = family ? image->mirror & WW_FAMILY_BIT(family) : image->unseen;
    return needed ? ww_set_mirror(set) : -1;
}

static int ref_element(struct ww_image *image, const struct ww_element *e, bool add, const char *id)
{
    const struct ww_tag what = {.id = id, .origin = e->origin};
    if (!image->unseen && (e->set == ww_set_id(WW_FENCED, 0) || e->set == ww_set_id(WW_WALLED, 0)))
        return 0;
    int copy = mirror_of(image, e->set);
    int rc = ref_entry(image, e->set, e->key, e->len, e->value, add, &what);
    if (rc == 0 && copy >= 0)
        rc = ref_entry(image, (uint16_t)copy, e->key, e->len, e->value, add, &what);
    return rc;
}

int ww_image_refer(struct ww_image *image, const struct ww_lowered *lowered, bool add, const char *id)
{
    int rc = 0;
    for (size_t i = 0; i < lowered->n_chains && rc == 0; i++)
        rc = ref_chain(image, &lowered->chains[i], add, id);
    for (size_t i = 0; i < lowered->n_elements && rc == 0; i++)
        rc = ref_element(image, &lowered->elements[i], add, id);
    return rc;
}

void ww_image_unref_all(struct ww_image *image)
{
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e)) {
        for (struct ww_image_ref *c = &e->ref; c; c = c->more)
            c->next = 0;
        touch(image, e);
    }
}

/* The entry's own reference is free: the next older one takes its place. */
static void pop_ref(struct ww_entry *e)
{
    struct ww_image_ref *older = e->ref.more;
    free(e->ref.value);
    e->ref = older ? *older : (struct ww_image_ref){0};
    free(older);
}

/* References that no ruleset or fence has any more go. */
static void settle_refs(struct ww_entry *e, bool commit)
{
    for (struct ww_image_ref **link = &e->ref.more; *link;) {
        struct ww_image_ref *c = *link;
        c->refs = c->next = commit ? c->next : c->refs;
        if (c->refs) {
            link = &c->more;
            continue;
        }
        *link = c->more;
        c->more = NULL;
        free_refs(c);
    }
    e->ref.refs = e->ref.next = commit ? e->ref.next : e->ref.refs;
    if (!e->ref.refs)
        pop_ref(e);
}

/* Forget what belonged to the transaction; what is not wanted, and not in the kernel, altogether. */
static void settle_entries(struct ww_image *image, bool commit)
{
    struct ww_entry *e = image->touched;
    image->touched = image->last_touched = NULL;
    while (e) {
        struct ww_entry *next = e->next_touched;
        settle_refs(e, commit);
        e->touched = false;
        e->next_touched = NULL;
        e->tag = 0;
        if (is_free(&e->ref) && !e->in_kernel) {
            free_values(e);
            ww_image_remove(image, e);
        }
        e = next;
    }
    free(image->tags);
    image->tags = NULL;
    image->n_tags = image->cap_tags = 0;
}

int ww_image_commit(struct ww_image *image)
{
    int rc = 0;
    for (struct ww_entry *e = image->touched; e; e = e->next_touched) {
        const char *value = NULL;
        bool wanted = ww_entry_wanted(e, &value);
        ww_entry_count(e, (int)wanted - (int)e->in_kernel, image->needs);
        e->in_kernel = wanted;
        if (same(value, e->kernel_value))
            continue;
        free(e->kernel_value);
        e->kernel_value = value ? strdup(value) : NULL;
        if (value && !e->kernel_value)
            rc = -ENOMEM;
    }
    settle_entries(image, true);
    return rc;
}

void ww_image_rollback(struct ww_image *image)
{
    settle_entries(image, false);
}
