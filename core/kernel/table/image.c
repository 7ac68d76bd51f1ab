#include "core/kernel/table/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/table/image_value.h"

void ww_image_done(struct ww_image *image)
{
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e))
        ww_entry_free_values(e);
    ww_pool_done(&image->entries);
    free(image->buckets);
    free(image->changes);
    *image = (struct ww_image){0};
}

static int reserve_changes(struct ww_image *image, size_t more)
{
    size_t cap = image->cap_changes ? image->cap_changes : 64;
    while (cap < image->n_changes + more)
        cap *= 2;
    if (cap == image->cap_changes)
        return 0;
    struct ww_image_change *changes = reallocarray(image->changes, cap, sizeof(*changes));
    if (!changes)
        return -ENOMEM;
    image->changes = changes;
    image->cap_changes = cap;
    return 0;
}

/* There is room for it. */
static void touch(struct ww_image *image, struct ww_entry *e)
{
    if (e->touched)
        return;
    e->touched = true;
    e->change = (uint32_t)image->n_changes;
    image->changes[image->n_changes++] = (struct ww_image_change){.entry = e};
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
    return ww_image_find(image, (uint16_t)WW_CHAINS(ww_entry_table(e)), ww_entry_kernel_value(e),
                         strlen(ww_entry_kernel_value(e)));
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
    if (!e || ww_entry_set_kernel_value(e, value) < 0)
        return -ENOMEM;
    ww_entry_count(e, !e->in_kernel, image->needs);
    e->in_kernel = true;
    return 0;
}

void ww_image_lost(struct ww_image *image, struct ww_entry *e)
{
    ww_entry_count(e, -(int)e->in_kernel, image->needs);
    (void)ww_entry_set_kernel_value(e, NULL);
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

/* NULL: there is no such entry, or no memory for one; for the change there is room. */
static struct ww_entry *change(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value,
                               bool add)
{
    struct ww_entry *e = add ? ww_image_make(image, set, key, len) : ww_image_find(image, set, key, len);
    struct ww_image_count *count = e ? ww_entry_references(e, value, add) : NULL;
    if (e)
        touch(image, e);
    if (!count)
        return NULL;
    if (add)
        count->next++;
    else if (count->next)
        count->next--;
    return e;
}

const struct ww_tag *ww_entry_tag(const struct ww_image *image, const struct ww_entry *e)
{
    static const struct ww_tag no_tag;
    return e->touched ? &image->changes[e->change].tag : &no_tag;
}

static int ref_entry(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value, bool add,
                     const struct ww_tag *what)
{
    struct ww_entry *e = change(image, set, key, len, value, add);
    if (e && add)
        image->changes[e->change].tag = *what;
    return e || !add ? 0 : -ENOMEM;
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
    /* each in both tables; for all of them first, as what is not taken back would stay open */
    int rc = reserve_changes(image, 2 * (lowered->n_chains + lowered->n_elements));
    for (size_t i = 0; i < lowered->n_chains && rc == 0; i++)
        rc = ref_chain(image, &lowered->chains[i], add, id);
    for (size_t i = 0; i < lowered->n_elements && rc == 0; i++)
        rc = ref_element(image, &lowered->elements[i], add, id);
    return rc;
}

int ww_image_unref_all(struct ww_image *image)
{
    if (reserve_changes(image, image->n) < 0)
        return -ENOMEM;
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e)) {
        ww_entry_want_none(e);
        touch(image, e);
    }
    return 0;
}

/* Forget what belonged to the transaction; what is not wanted, and not in the kernel, altogether. */
static void settle_entries(struct ww_image *image, bool commit)
{
    for (size_t i = 0; i < image->n_changes; i++) {
        struct ww_entry *e = image->changes[i].entry;
        ww_entry_settle(e, commit);
        e->touched = false;
        if (!e->count.now && !e->in_kernel) {
            ww_entry_free_values(e);
            ww_image_remove(image, e);
        }
    }
    free(image->changes);
    image->changes = NULL;
    image->n_changes = image->cap_changes = 0;
}

int ww_image_commit(struct ww_image *image)
{
    int rc = 0;
    for (size_t i = 0; i < image->n_changes; i++) {
        struct ww_entry *e = image->changes[i].entry;
        const char *value = NULL;
        bool wanted = ww_entry_wanted(e, &value);
        ww_entry_count(e, (int)wanted - (int)e->in_kernel, image->needs);
        e->in_kernel = wanted;
        if (!ww_image_same(value, ww_entry_kernel_value(e)) && ww_entry_set_kernel_value(e, value) < 0)
            rc = -ENOMEM;
    }
    settle_entries(image, true);
    return rc;
}

void ww_image_rollback(struct ww_image *image)
{
    settle_entries(image, false);
}
