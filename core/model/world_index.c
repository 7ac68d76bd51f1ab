#include "core/model/world_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct ww_bucket {
    UT_hash_handle hh;
    struct ww_members members;
    enum ww_index_kind kind;
    struct ww_bucket *unserved; /* of CT_MENTIONS: its CT_CLIENTS buckets whose project has no such service, … */
    struct ww_bucket *prev;     /* … which are in that list */
    struct ww_bucket *next;
    struct ww_bucket *mention; /* of CT_CLIENTS: where that list is; keeps it */
    size_t keepers;            /* of CT_MENTIONS */
    bool listed;               /* of CT_CLIENTS */
    char key[];
};

void ww_index_key2(struct ww_buf *out, const char *a, const char *b)
{
    ww_buf_fmt(out, "%zu:", strlen(a));
    ww_buf_str(out, a);
    ww_buf_str(out, b);
}

/* The second of the two texts. */
static const char *key2_second(const char *key)
{
    char *colon;
    size_t len = strtoul(key, &colon, 10);
    return colon + 1 + len;
}

static void keys_begin(struct ww_keys *keys, enum ww_index_kind kind)
{
    char byte = (char)kind;
    ww_buf_add(&keys->text, &byte, 1);
    keys->n++;
}

void ww_keys_add(struct ww_keys *keys, enum ww_index_kind kind, const char *text)
{
    if (!text)
        return;
    keys_begin(keys, kind);
    ww_buf_str(&keys->text, text);
    ww_buf_add(&keys->text, "", 1);
}

void ww_keys_add2(struct ww_keys *keys, enum ww_index_kind kind, const char *a, const char *b)
{
    if (!a || !b)
        return;
    keys_begin(keys, kind);
    ww_index_key2(&keys->text, a, b);
    ww_buf_add(&keys->text, "", 1);
}

void ww_keys_add_mention(struct ww_keys *keys, const char *project, const char *name)
{
    ww_keys_add(keys, CT_MENTIONS, name); /* first: the other one's bucket needs this one's */
    if (project) {
        ww_keys_add2(keys, CT_CLIENTS, project, name);
        return;
    }
    keys_begin(keys, CT_CLIENTS);
    ww_buf_str(&keys->text, ":"); /* no key of two texts begins so */
    ww_buf_str(&keys->text, name);
    ww_buf_add(&keys->text, "", 1);
}

void ww_keys_done(struct ww_keys *keys)
{
    ww_buf_done(&keys->text);
    keys->n = 0;
}

/* Where the id is, or would be. */
static size_t members_position(const struct ww_members *set, const char *id, bool *ret_found)
{
    size_t lo = 0;
    size_t hi = set->n;
    *ret_found = false;
    while (lo < hi && !*ret_found) {
        size_t middle = lo + (hi - lo) / 2;
        int order = strcmp(set->items[middle]->id, id);
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
        if (order == 0) {
            *ret_found = true;
            lo = middle;
        }
    }
    return lo;
}

int ww_members_add(struct ww_members *set, struct ww_member *member)
{
    bool found;
    size_t at = members_position(set, member->id, &found);
    if (found)
        return 0;
    if (set->n == set->cap) {
        size_t cap = set->cap ? set->cap * 2 : 2;
        struct ww_member **items = realloc(set->items, cap * sizeof(*items));
        if (!items)
            return -ENOMEM;
        set->items = items;
        set->cap = cap;
    }
    memmove(set->items + at + 1, set->items + at, (set->n - at) * sizeof(*set->items));
    set->items[at] = member;
    set->n++;
    return 0;
}

void ww_members_remove(struct ww_members *set, const struct ww_member *member)
{
    bool found;
    size_t at = members_position(set, member->id, &found);
    if (!found)
        return;
    set->n--;
    memmove(set->items + at, set->items + at + 1, (set->n - at) * sizeof(*set->items));
}

void ww_members_done(struct ww_members *set)
{
    free(set->items);
    *set = (struct ww_members){0};
}

static struct ww_bucket *bucket_find(const struct ww_index *index, enum ww_index_kind kind, const char *text)
{
    struct ww_bucket *bucket;
    HASH_FIND_STR(index->buckets[kind], text, bucket);
    return bucket;
}

static void clients_list(struct ww_bucket *clients)
{
    struct ww_bucket *mention = clients->mention;
    clients->listed = true;
    clients->prev = NULL;
    clients->next = mention->unserved;
    if (clients->next)
        clients->next->prev = clients;
    mention->unserved = clients;
}

static void clients_unlist(struct ww_bucket *clients)
{
    if (!clients->listed)
        return;
    clients->listed = false;
    if (clients->prev)
        clients->prev->next = clients->next;
    else
        clients->mention->unserved = clients->next;
    if (clients->next)
        clients->next->prev = clients->prev;
}

static void bucket_prune(struct ww_index *index, struct ww_bucket *bucket);

static void clients_end(struct ww_index *index, struct ww_bucket *clients)
{
    clients_unlist(clients);
    clients->mention->keepers--;
    bucket_prune(index, clients->mention);
}

/* Free it when it stands for no container any more. */
static void bucket_prune(struct ww_index *index, struct ww_bucket *bucket)
{
    if (bucket->members.n || bucket->keepers)
        return;
    HASH_DEL(index->buckets[bucket->kind], bucket);
    if (bucket->kind == CT_CLIENTS)
        clients_end(index, bucket);
    struct ww_bucket *clients = bucket->kind == CT_SERVES ? bucket_find(index, CT_CLIENTS, bucket->key) : NULL;
    if (clients)
        clients_list(clients);
    ww_members_done(&bucket->members);
    free(bucket);
}

static void bucket_leave(struct ww_index *index, struct ww_bucket *bucket, const struct ww_member *member)
{
    ww_members_remove(&bucket->members, member);
    bucket_prune(index, bucket);
}

/* What the first one that serves, or wants to be served, means for the lists. */
static void bucket_begin(struct ww_index *index, struct ww_bucket *bucket)
{
    if (bucket->kind == CT_SERVES) {
        struct ww_bucket *clients = bucket_find(index, CT_CLIENTS, bucket->key);
        if (clients)
            clients_unlist(clients);
    } else if (bucket->kind == CT_CLIENTS) {
        bucket->mention = bucket_find(index, CT_MENTIONS, key2_second(bucket->key));
        bucket->mention->keepers++;
        if (!bucket_find(index, CT_SERVES, bucket->key))
            clients_list(bucket);
    }
}

static struct ww_bucket *bucket_new(struct ww_index *index, enum ww_index_kind kind, const char *text)
{
    size_t len = strlen(text);
    struct ww_bucket *bucket = calloc(1, sizeof(*bucket) + len + 1);
    if (!bucket)
        return NULL;
    memcpy(bucket->key, text, len);
    bucket->kind = kind;
    HASH_ADD_KEYPTR(hh, index->buckets[kind], bucket->key, len, bucket);
    if (!bucket->hh.tbl) {
        free(bucket);
        return NULL;
    }
    bucket_begin(index, bucket);
    return bucket;
}

/* NULL when out of memory: nothing is different then. */
static struct ww_bucket *bucket_join(struct ww_index *index, enum ww_index_kind kind, const char *text,
                                     struct ww_member *member)
{
    struct ww_bucket *bucket = bucket_find(index, kind, text);
    if (!bucket)
        bucket = bucket_new(index, kind, text);
    if (!bucket)
        return NULL;
    if (ww_members_add(&bucket->members, member) < 0) {
        bucket_leave(index, bucket, member);
        return NULL;
    }
    return bucket;
}

static int bucket_order(const void *a, const void *b)
{
    const struct ww_bucket *x = *(struct ww_bucket *const *)a;
    const struct ww_bucket *y = *(struct ww_bucket *const *)b;
    return (x > y) - (x < y);
}

/* Sort by address, drop doubles; the number that is left. */
static size_t buckets_sort(struct ww_bucket **list, size_t n)
{
    size_t kept = 0;
    qsort(list, n, sizeof(struct ww_bucket *), bucket_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || list[i] != list[kept - 1])
            list[kept++] = list[i];
    return kept;
}

/* Leave those buckets of `list` that are not in `stay`. Both are sorted. */
static void buckets_leave(struct ww_index *index, const struct ww_member *member, struct ww_bucket *const *list,
                          size_t n, struct ww_bucket *const *stay, size_t n_stay)
{
    size_t j = 0;
    for (size_t i = 0; i < n; i++) {
        while (j < n_stay && stay[j] < list[i])
            j++;
        if (j == n_stay || stay[j] != list[i])
            bucket_leave(index, list[i], member);
    }
}

int ww_index_set(struct ww_index *index, struct ww_member *member, const struct ww_keys *keys)
{
    struct ww_bucket **in = ww_buf_ok(&keys->text) ? calloc(keys->n + 1, sizeof(struct ww_bucket *)) : NULL;
    if (!in)
        return -ENOMEM;
    const char *key = keys->text.data;
    size_t n = 0;
    for (; n < keys->n; n++, key += strlen(key + 1) + 2) {
        in[n] = bucket_join(index, (enum ww_index_kind) * key, key + 1, member);
        if (!in[n])
            break;
    }
    bool whole = n == keys->n;
    n = buckets_sort(in, n);
    if (!whole) {
        buckets_leave(index, member, in, n, member->in, member->n_in);
        free(in);
        return -ENOMEM;
    }
    buckets_leave(index, member, member->in, member->n_in, in, n);
    free(member->in);
    member->in = in;
    member->n_in = n;
    return 0;
}

void ww_index_drop(struct ww_index *index, struct ww_member *member)
{
    buckets_leave(index, member, member->in, member->n_in, NULL, 0);
    free(member->in);
    member->in = NULL;
    member->n_in = 0;
}

const struct ww_members *ww_index_find(const struct ww_index *index, enum ww_index_kind kind, const char *text)
{
    static const struct ww_members no_members;
    const struct ww_bucket *bucket = text ? bucket_find(index, kind, text) : NULL;
    return bucket ? &bucket->members : &no_members;
}

int ww_index_join(struct ww_index *index, enum ww_index_kind kind, const char *text, struct ww_member *member)
{
    return bucket_join(index, kind, text, member) ? 0 : -ENOMEM;
}

void ww_index_leave(struct ww_index *index, enum ww_index_kind kind, const char *text, const struct ww_member *member)
{
    struct ww_bucket *bucket = bucket_find(index, kind, text);
    if (bucket)
        bucket_leave(index, bucket, member);
}

void ww_index_each_unserved(const struct ww_index *index, const char *name,
                            void (*fn)(const struct ww_members *clients, void *arg), void *arg)
{
    const struct ww_bucket *mention = bucket_find(index, CT_MENTIONS, name);
    for (const struct ww_bucket *clients = mention ? mention->unserved : NULL; clients; clients = clients->next)
        fn(&clients->members, arg);
}
