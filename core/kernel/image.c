/* uthash aborts when it cannot allocate, unless told to leave the item out. */
#define HASH_NONFATAL_OOM 1
#include "core/kernel/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/skeleton.h"

static void free_claims(struct ww_claim *claims)
{
    while (claims) {
        struct ww_claim *more = claims->more;
        free(claims->value);
        free(claims);
        claims = more;
    }
}

static void free_entry(struct ww_image *image, struct ww_entry *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an entry is in the table, so there is a table */
    HASH_DEL(image->entries, e);
    free_claims(e->claims);
    free(e->kernel_value);
    free(e);
}

void ww_image_done(struct ww_image *image)
{
    struct ww_entry *e;
    struct ww_entry *tmp;
    HASH_ITER (hh, image->entries, e, tmp)
        free_entry(image, e);
    *image = (struct ww_image){0};
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

#define FULL_KEY (sizeof(uint16_t) + UINT8_MAX)

static size_t full_key(uint8_t *ret, uint16_t set, const void *key, size_t len)
{
    memcpy(ret, &set, sizeof(set));
    memcpy(ret + sizeof(set), key, len);
    return sizeof(set) + len;
}

struct ww_entry *ww_image_find(const struct ww_image *image, uint16_t set, const void *key, size_t len)
{
    uint8_t full[FULL_KEY];
    struct ww_entry *e = NULL;
    if (len > UINT8_MAX)
        return NULL;
    size_t n = full_key(full, set, key, len);
    HASH_FIND(hh, image->entries, full, n, e);
    return e;
}

/* Find it or make it; NULL when out of memory. */
static struct ww_entry *make(struct ww_image *image, uint16_t set, const void *key, size_t len)
{
    struct ww_entry *e = ww_image_find(image, set, key, len);
    if (e || len > UINT8_MAX)
        return e;
    e = calloc(1, sizeof(*e) + sizeof(set) + len);
    if (!e)
        return NULL;
    e->set = set;
    e->len = (uint8_t)len;
    size_t n = full_key(e->key, set, key, len);
    HASH_ADD_KEYPTR(hh, image->entries, e->key, n, e);
    if (e->hh.tbl)
        return e;
    free(e);
    return NULL;
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

enum ww_part ww_entry_part(const struct ww_entry *e)
{
    return e->set < WW_SETS ? ww_set_schema(e->set)->part : WW_PART_ALWAYS;
}

int ww_image_found(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value)
{
    struct ww_entry *e = make(image, set, key, len);
    char *copy = e && value ? strdup(value) : NULL;
    if (!e || (value && !copy))
        return -ENOMEM;
    image->needs[ww_entry_part(e)] += !e->in_kernel;
    free(e->kernel_value);
    e->kernel_value = copy;
    e->in_kernel = true;
    return 0;
}

void ww_image_lost(struct ww_image *image, struct ww_entry *e)
{
    image->needs[ww_entry_part(e)] -= e->in_kernel;
    free(e->kernel_value);
    e->kernel_value = NULL;
    e->in_kernel = false;
}

void ww_image_lost_table(struct ww_image *image, enum ww_table_id table)
{
    for (struct ww_entry *e = image->entries; e; e = e->hh.next)
        if ((e->set < WW_SETS ? ww_set_table(e->set) : WW_INET) == table)
            ww_image_lost(image, e);
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (ww_part_table(part) == table)
            image->parts &= ~WW_PART_BIT(part);
}

const uint8_t *ww_entry_key(const struct ww_entry *e)
{
    return e->key + sizeof(e->set);
}

bool ww_entry_wanted(const struct ww_entry *e, const char **ret_value)
{
    for (const struct ww_claim *c = e->claims; c; c = c->more) {
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

/* The claim with this value; made if `add`. */
static struct ww_claim *claim(struct ww_entry *e, const char *value, bool add)
{
    for (struct ww_claim *c = e->claims; c; c = c->more)
        if (same(c->value, value))
            return c;
    struct ww_claim *c = add ? calloc(1, sizeof(*c)) : NULL;
    if (!c)
        return NULL;
    c->value = value ? strdup(value) : NULL;
    if (value && !c->value) {
        free(c);
        return NULL;
    }
    c->more = e->claims;
    e->claims = c;
    return c;
}

static struct ww_entry *change(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value,
                               bool add)
{
    struct ww_entry *e = add ? make(image, set, key, len) : ww_image_find(image, set, key, len);
    struct ww_claim *c = e ? claim(e, value, add) : NULL;
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

int ww_image_claim(struct ww_image *image, const struct ww_lowered *lowered, bool add, const char *id)
{
    for (size_t i = 0; i < lowered->n_chains; i++) {
        const struct ww_chain *chain = &lowered->chains[i];
        struct ww_entry *e = change(image, WW_CHAINS, chain->name, strlen(chain->name), chain->hash, add);
        if (!e && add)
            return -ENOMEM;
        if (!e || !add)
            continue;
        e->chain = chain;
        e->id = id;
    }
    for (size_t i = 0; i < lowered->n_elements; i++) {
        const struct ww_element *element = &lowered->elements[i];
        struct ww_entry *e = change(image, element->set, element->key, element->len, element->value, add);
        if (!e && add)
            return -ENOMEM;
        if (!e || !add)
            continue;
        e->id = id;
        e->origin = element->origin;
    }
    return 0;
}

void ww_image_unclaim_all(struct ww_image *image)
{
    for (struct ww_entry *e = image->entries; e; e = e->hh.next) {
        for (struct ww_claim *c = e->claims; c; c = c->more)
            c->next = 0;
        touch(image, e);
    }
}

static void settle_claims(struct ww_entry *e, bool commit)
{
    struct ww_claim **link = &e->claims;
    while (*link) {
        struct ww_claim *c = *link;
        if (commit)
            c->refs = c->next;
        else
            c->next = c->refs;
        if (c->refs) {
            link = &c->more;
            continue;
        }
        *link = c->more;
        c->more = NULL;
        free_claims(c);
    }
}

/* Forget what belonged to the transaction; what nobody wants and the kernel has not, altogether. */
static void settle(struct ww_image *image, bool commit)
{
    struct ww_entry *e = image->touched;
    image->touched = image->last_touched = NULL;
    while (e) {
        struct ww_entry *next = e->next_touched;
        settle_claims(e, commit);
        e->touched = false;
        e->next_touched = NULL;
        e->chain = NULL;
        e->id = e->origin = NULL;
        if (!e->claims && !e->in_kernel)
            free_entry(image, e);
        e = next;
    }
}

int ww_image_commit(struct ww_image *image)
{
    int rc = 0;
    for (struct ww_entry *e = image->touched; e; e = e->next_touched) {
        const char *value = NULL;
        bool wanted = ww_entry_wanted(e, &value);
        image->needs[ww_entry_part(e)] += (size_t)wanted - (size_t)e->in_kernel;
        e->in_kernel = wanted;
        if (same(value, e->kernel_value))
            continue;
        free(e->kernel_value);
        e->kernel_value = value ? strdup(value) : NULL;
        if (value && !e->kernel_value)
            rc = -ENOMEM;
    }
    settle(image, true);
    return rc;
}

void ww_image_rollback(struct ww_image *image)
{
    settle(image, false);
}
