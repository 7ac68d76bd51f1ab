#include "core/ir/plan_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define FIRST_BUCKETS 64

int ww_plan_index_init(struct ww_plan_index *index)
{
    struct ww_plan_claim **buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));
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

static struct ww_plan_claim **bucket_of(const struct ww_plan_index *index, const struct ww_plan_key *key)
{
    unsigned hash;
    HASH_JEN(key, sizeof(*key), hash);
    return &index->buckets[hash & (index->n_buckets - 1)];
}

static struct ww_plan_claim *find(const struct ww_plan_index *index, const struct ww_plan_key *key)
{
    struct ww_plan_claim *claim = *bucket_of(index, key);
    while (claim && memcmp(&claim->key, key, sizeof(*key)) != 0)
        claim = claim->next;
    return claim;
}

const struct ww_plan_claim *ww_plan_index_find(const struct ww_plan_index *index, const struct ww_addr *addr,
                                               uint8_t proto, uint16_t port)
{
    struct ww_plan_key key = make_key(addr, proto, port);
    return find(index, &key);
}

static void put_first(struct ww_plan_index *index, struct ww_plan_claim *claim)
{
    struct ww_plan_claim **bucket = bucket_of(index, &claim->key);
    claim->next = *bucket;
    claim->from = bucket;
    if (claim->next)
        claim->next->from = &claim->next;
    *bucket = claim;
}

static void take_out(struct ww_plan_claim *claim)
{
    *claim->from = claim->next;
    if (claim->next)
        claim->next->from = claim->from;
}

/* The last one first, so that putting each first keeps the order of those with one key. */
static struct ww_plan_claim *reversed(struct ww_plan_claim *claim)
{
    struct ww_plan_claim *done = NULL;
    while (claim) {
        struct ww_plan_claim *next = claim->next;
        claim->next = done;
        done = claim;
        claim = next;
    }
    return done;
}

/* Without memory for more, the chains get longer. */
static void grow(struct ww_plan_index *index)
{
    struct ww_plan_index bigger = {.n_buckets = 2 * index->n_buckets, .n = index->n};
    bigger.buckets = calloc(bigger.n_buckets, sizeof(*bigger.buckets));
    if (!bigger.buckets)
        return;
    for (size_t i = 0; i < index->n_buckets; i++) {
        for (struct ww_plan_claim *claim = reversed(index->buckets[i]), *next; claim; claim = next) {
            next = claim->next;
            put_first(&bigger, claim);
        }
    }
    free(index->buckets);
    *index = bigger;
}

static void claim_key(struct ww_plan_index *index, struct ww_plan_claims *all, const struct ww_addr *addr,
                      const struct ww_publish *publish)
{
    struct ww_plan_claim *claim = &all->list[all->n];
    claim->key = make_key(addr, publish ? publish->proto : 0, publish ? publish->hport : 0);
    claim->all = all;
    claim->publish = publish;
    const struct ww_plan_claim *last = find(index, &claim->key);
    if (last && last->all == all)
        return;
    all->n++;
    if (index->n++ >= index->n_buckets)
        grow(index);
    put_first(index, claim);
}

static void claim_endpoint(struct ww_plan_index *index, struct ww_plan_claims *all, const struct ww_endpoint_addrs *e)
{
    struct ww_addr local = ww_mac_link_local(&e->mac);
    if (e->ipv4.family)
        claim_key(index, all, &e->ipv4, NULL);
    if (e->ipv6.family)
        claim_key(index, all, &e->ipv6, NULL);
    if (!ww_mac_is_zero(&e->mac))
        claim_key(index, all, &local, NULL);
}

struct ww_plan_claims *ww_plan_index_add(struct ww_plan_index *index, struct ww_ruleset *rs)
{
    size_t most = 3 * rs->n_endpoints + rs->n_published;
    struct ww_plan_claims *all = malloc(sizeof(*all) + most * sizeof(all->list[0]));
    if (!all)
        return NULL;
    all->rs = rs;
    all->n = 0;
    for (size_t i = 0; i < rs->n_endpoints; i++)
        claim_endpoint(index, all, &rs->endpoints[i]);
    for (size_t i = 0; i < rs->n_published; i++)
        if (rs->published[i].hport) /* else it is not known yet, and leads nowhere */
            claim_key(index, all, &rs->published[i].host, &rs->published[i]);
    return all;
}

void ww_plan_index_drop(struct ww_plan_index *index, struct ww_plan_claims *claims)
{
    if (!claims)
        return;
    for (size_t i = 0; i < claims->n; i++)
        take_out(&claims->list[i]);
    index->n -= claims->n;
    free(claims);
}
