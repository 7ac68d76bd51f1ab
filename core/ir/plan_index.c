#include "core/ir/plan_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define FIRST_BUCKETS 64

int ww_plan_index_init(struct ww_plan_index *index)
{
    struct ww_plan_ref **buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));
    if (!buckets)
        return -ENOMEM;
    *index = (struct ww_plan_index){.buckets = buckets, .n_buckets = FIRST_BUCKETS};
    return 0;
}

void ww_plan_index_done(struct ww_plan_index *index)
{
    free(index->buckets);
    *index = (struct ww_plan_index){0};
}

/* Bytes are compared: neither padding nor unused bytes of the address may differ. */
static struct ww_plan_key make_key(const struct ww_addr *addr, uint8_t proto, uint16_t port)
{
    struct ww_plan_key key;
    memset(&key, 0, sizeof(key));
    key.addr.family = addr->family;
    memcpy(key.addr.bytes, addr->bytes, ww_addr_size(addr));
    key.proto = proto;
    key.port = port;
    return key;
}

static struct ww_plan_ref **bucket_of(const struct ww_plan_index *index, const struct ww_plan_key *key)
{
    unsigned hash;
    HASH_JEN(key, sizeof(*key), hash);
    return &index->buckets[hash & (index->n_buckets - 1)];
}

static struct ww_plan_ref *find_ref(const struct ww_plan_index *index, const struct ww_plan_key *key)
{
    struct ww_plan_ref *ref = *bucket_of(index, key);
    while (ref && memcmp(&ref->key, key, sizeof(*key)) != 0)
        ref = ref->next;
    return ref;
}

const struct ww_plan_ref *ww_plan_index_find(const struct ww_plan_index *index, const struct ww_addr *addr,
                                             uint8_t proto, uint16_t port)
{
    struct ww_plan_key key = make_key(addr, proto, port);
    return find_ref(index, &key);
}

static void put_first(struct ww_plan_index *index, struct ww_plan_ref *ref)
{
    struct ww_plan_ref **bucket = bucket_of(index, &ref->key);
    ref->next = *bucket;
    ref->from = bucket;
    if (ref->next)
        ref->next->from = &ref->next;
    *bucket = ref;
}

static void take_out(struct ww_plan_ref *ref)
{
    *ref->from = ref->next;
    if (ref->next)
        ref->next->from = ref->from;
}

/* The last one first, so that putting each first keeps the order of those with one key. */
static struct ww_plan_ref *reversed(struct ww_plan_ref *ref)
{
    struct ww_plan_ref *done = NULL;
    while (ref) {
        struct ww_plan_ref *next = ref->next;
        ref->next = done;
        done = ref;
        ref = next;
    }
    return done;
}

/* Without memory for more, the chains get longer. */
static void grow_index(struct ww_plan_index *index)
{
    struct ww_plan_index bigger = {.n_buckets = 2 * index->n_buckets, .n = index->n};
    bigger.buckets = calloc(bigger.n_buckets, sizeof(*bigger.buckets));
    if (!bigger.buckets)
        return;
    for (size_t i = 0; i < index->n_buckets; i++) {
        for (struct ww_plan_ref *ref = reversed(index->buckets[i]), *next; ref; ref = next) {
            next = ref->next;
            put_first(&bigger, ref);
        }
    }
    free(index->buckets);
    *index = bigger;
}

static void ref_key(struct ww_plan_index *index, struct ww_plan_refs *all, const struct ww_addr *addr,
                    const struct ww_publish *publish)
{
    struct ww_plan_ref *ref = &all->list[all->n];
    ref->key = make_key(addr, publish ? publish->proto : 0, publish ? publish->hport : 0);
    ref->all = all;
    ref->publish = publish;
    const struct ww_plan_ref *last = find_ref(index, &ref->key);
    if (last && last->all == all)
        return;
    all->n++;
    if (index->n++ >= index->n_buckets)
        grow_index(index);
    put_first(index, ref);
}

static void ref_endpoint(struct ww_plan_index *index, struct ww_plan_refs *all, const struct ww_endpoint_addrs *e)
{
    struct ww_addr local = ww_mac_link_local(&e->mac);
    if (e->ipv4.family)
        ref_key(index, all, &e->ipv4, NULL);
    if (e->ipv6.family)
        ref_key(index, all, &e->ipv6, NULL);
    if (!ww_mac_is_zero(&e->mac))
        ref_key(index, all, &local, NULL);
}

struct ww_plan_refs *ww_plan_index_add(struct ww_plan_index *index, struct ww_ruleset *rs)
{
    size_t most = 3 * rs->n_endpoints + rs->n_published;
    struct ww_plan_refs *all = malloc(sizeof(*all) + most * sizeof(all->list[0]));
    if (!all)
        return NULL;
    all->rs = rs;
    all->n = 0;
    for (size_t i = 0; i < rs->n_endpoints; i++)
        ref_endpoint(index, all, &rs->endpoints[i]);
    for (size_t i = 0; i < rs->n_published; i++)
        if (rs->published[i].hport) /* else it is not known yet, and leads nowhere */
            ref_key(index, all, &rs->published[i].host, &rs->published[i]);
    return all;
}

void ww_plan_index_drop(struct ww_plan_index *index, struct ww_plan_refs *refs)
{
    if (!refs)
        return;
    for (size_t i = 0; i < refs->n; i++)
        take_out(&refs->list[i]);
    index->n -= refs->n;
    free(refs);
}
