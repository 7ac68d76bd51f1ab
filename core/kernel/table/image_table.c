/* The entries by set and key: a table of chains that grows. */
#include <stdlib.h>
#include <string.h>

#include "core/kernel/table/image.h"

#define FIRST_BUCKETS 256
#define ENTRIES 2 /* in a chain, on average, before there are more: a bucket takes as much memory as a short key */

/* FNV-1a, with its upper half mixed into the lower one. */
static size_t hash(uint16_t set, const uint8_t *key, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u ^ set;
    for (size_t i = 0; i < len; i++)
        h = (h ^ key[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static struct ww_entry **bucket(const struct ww_image *image, uint16_t set, const void *key, size_t len)
{
    return &image->buckets[hash(set, key, len) & (image->n_buckets - 1)];
}

static struct ww_entry **bucket_of(const struct ww_image *image, const struct ww_entry *e)
{
    return bucket(image, e->set, e->key, e->len);
}

struct ww_entry *ww_image_find(const struct ww_image *image, uint16_t set, const void *key, size_t len)
{
    if (!image->n)
        return NULL;
    for (struct ww_entry *e = *bucket(image, set, key, len); e; e = e->next)
        if (e->set == set && e->len == len && !memcmp(e->key, key, len))
            return e;
    return NULL;
}

/* Without memory for more, the chains get longer. */
static void grow_image(struct ww_image *image)
{
    struct ww_image bigger = {.n_buckets = FIRST_BUCKETS};
    while (bigger.n_buckets <= image->n_buckets)
        bigger.n_buckets *= 2;
    bigger.buckets = calloc(bigger.n_buckets, sizeof(struct ww_entry *));
    if (!bigger.buckets)
        return;
    for (size_t i = 0; i < image->n_buckets; i++) {
        for (struct ww_entry *e = image->buckets[i], *next; e; e = next) {
            struct ww_entry **to = bucket_of(&bigger, e);
            next = e->next;
            e->next = *to;
            *to = e;
        }
    }
    free(image->buckets);
    image->buckets = bigger.buckets;
    image->n_buckets = bigger.n_buckets;
}

struct ww_entry *ww_image_make(struct ww_image *image, uint16_t set, const void *key, size_t len)
{
    struct ww_entry *e = ww_image_find(image, set, key, len);
    if (e || len > UINT8_MAX)
        return e;
    if (image->n >= ENTRIES * image->n_buckets)
        grow_image(image);
    e = image->n_buckets ? ww_pool_alloc(&image->entries, NULL, 0, sizeof(*e) + len) : NULL;
    if (!e)
        return NULL;
    *e = (struct ww_entry){.set = set};
    e->len = (uint8_t)len;
    memcpy(e->key, key, len);
    struct ww_entry **to = bucket_of(image, e);
    e->next = *to;
    *to = e;
    image->n++;
    return e;
}

void ww_image_remove(struct ww_image *image, struct ww_entry *e)
{
    for (struct ww_entry **link = bucket_of(image, e); *link; link = &(*link)->next) {
        if (*link != e)
            continue;
        *link = e->next;
        image->n--;
        ww_pool_alloc(&image->entries, e, sizeof(*e) + e->len, 0);
        return;
    }
}

static struct ww_entry *first_from(const struct ww_image *image, size_t i)
{
    while (i < image->n_buckets && !image->buckets[i])
        i++;
    return i < image->n_buckets ? image->buckets[i] : NULL;
}

struct ww_entry *ww_image_first(const struct ww_image *image)
{
    return first_from(image, 0);
}

struct ww_entry *ww_image_next(const struct ww_image *image, const struct ww_entry *e)
{
    return e->next ? e->next : first_from(image, (size_t)(bucket_of(image, e) - image->buckets) + 1);
}
