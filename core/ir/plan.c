#include "core/ir/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

/* What leads to a ruleset: an address (proto and port 0), or a published port on a host's address. */
struct plan_key {
    struct ww_addr addr;
    uint8_t proto;
    uint16_t port;
};

/* One ruleset's claim to a key. A ruleset makes each claim once. */
struct plan_claim {
    struct plan_entry *entry;
    struct plan_slot *slot;
    const struct ww_publish *publish; /* NULL for an address; the ruleset's */
    struct plan_claim *prev;
    struct plan_claim *next;
};

/* All who claim a key, the last one put first. Never without a claim. */
struct plan_slot {
    struct plan_key key;
    struct plan_claim *claims;
    UT_hash_handle hh;
};

struct plan_entry {
    struct ww_ruleset *rs;
    struct plan_claim *claims; /* array; those with a slot are linked there */
    size_t n_claims;
    UT_hash_handle hh;
};

struct ww_plan {
    struct plan_entry *entries; /* by id; in the order of ids if `sorted` */
    struct plan_slot *slots;
    bool sorted;
    bool plain; /* no claims, no slots */
};

struct ww_plan *ww_plan_new(void)
{
    return calloc(1, sizeof(struct ww_plan));
}

struct ww_plan *ww_plan_new_plain(void)
{
    struct ww_plan *plan = ww_plan_new();
    if (plan)
        plan->plain = true;
    return plan;
}

/* Bytes are compared: neither padding nor unused bytes of the address may differ. */
static struct plan_key make_key(const struct ww_addr *addr, uint8_t proto, uint16_t port)
{
    struct plan_key key;
    memset(&key, 0, sizeof(key));
    key.addr.family = addr->family;
    memcpy(key.addr.bytes, addr->bytes, ww_addr_size(addr));
    key.proto = proto;
    key.port = port;
    return key;
}

static struct plan_slot *find_slot(const struct ww_plan *plan, const struct plan_key *key)
{
    struct plan_slot *slot = NULL;
    HASH_FIND(hh, plan->slots, key, sizeof(*key), slot);
    return slot;
}

static struct plan_slot *need_slot(struct ww_plan *plan, const struct plan_key *key)
{
    struct plan_slot *slot = find_slot(plan, key);
    if (slot)
        return slot;
    slot = calloc(1, sizeof(*slot));
    if (!slot)
        return NULL;
    slot->key = *key;
    HASH_ADD(hh, plan->slots, key, sizeof(slot->key), slot);
    if (slot->hh.tbl)
        return slot;
    free(slot);
    return NULL;
}

/* Claim the key for the entry, before all others. -ENOMEM. */
static int claim_key(struct ww_plan *plan, struct plan_entry *entry, const struct plan_key *key,
                     const struct ww_publish *publish)
{
    struct plan_slot *slot = need_slot(plan, key);
    if (!slot)
        return -ENOMEM;
    if (slot->claims && slot->claims->entry == entry)
        return 0;
    struct plan_claim *claim = &entry->claims[entry->n_claims++];
    *claim = (struct plan_claim){.entry = entry, .slot = slot, .publish = publish};
    DL_PREPEND(slot->claims, claim);
    return 0;
}

static void drop_claims(struct ww_plan *plan, struct plan_entry *entry)
{
    for (size_t i = 0; i < entry->n_claims; i++) {
        struct plan_slot *slot = entry->claims[i].slot;
        DL_DELETE(slot->claims, &entry->claims[i]);
        if (slot->claims || !plan->slots)
            continue;
        HASH_DEL(plan->slots, slot);
        free(slot);
    }
    entry->n_claims = 0;
}

static int claim_addr(struct ww_plan *plan, struct plan_entry *entry, const struct ww_addr *addr)
{
    if (!addr->family)
        return 0;
    struct plan_key key = make_key(addr, 0, 0);
    return claim_key(plan, entry, &key, NULL);
}

static int claim_endpoint(struct ww_plan *plan, struct plan_entry *entry, const struct ww_endpoint_addrs *e)
{
    struct ww_addr local = ww_mac_link_local(&e->mac);
    int rc = claim_addr(plan, entry, &e->ipv4);
    if (rc == 0)
        rc = claim_addr(plan, entry, &e->ipv6);
    if (rc == 0 && !ww_mac_is_zero(&e->mac))
        rc = claim_addr(plan, entry, &local);
    return rc;
}

static int claim_publish(struct ww_plan *plan, struct plan_entry *entry, const struct ww_publish *p)
{
    if (!p->hport)
        return 0; /* not known yet: leads nowhere */
    struct plan_key key = make_key(&p->host, p->proto, p->hport);
    return claim_key(plan, entry, &key, p);
}

static int claim_all(struct ww_plan *plan, struct plan_entry *entry)
{
    const struct ww_ruleset *rs = entry->rs;
    int rc = 0;
    if (plan->plain)
        return 0;
    entry->claims = calloc(3 * rs->n_endpoints + rs->n_published + 1, sizeof(*entry->claims));
    if (!entry->claims)
        return -ENOMEM;
    for (size_t i = 0; rc == 0 && i < rs->n_endpoints; i++)
        rc = claim_endpoint(plan, entry, &rs->endpoints[i]);
    for (size_t i = 0; rc == 0 && i < rs->n_published; i++)
        rc = claim_publish(plan, entry, &rs->published[i]);
    return rc;
}

static void free_entry(struct ww_plan *plan, struct plan_entry *entry)
{
    drop_claims(plan, entry);
    free(entry->claims);
    ww_ruleset_unref(entry->rs);
    free(entry);
}

void ww_plan_free(struct ww_plan *plan)
{
    if (!plan)
        return;
    struct plan_entry *entry = NULL;
    struct plan_entry *next = NULL;
    HASH_ITER (hh, plan->entries, entry, next) {
        HASH_DEL(plan->entries, entry);
        free_entry(plan, entry);
    }
    free(plan);
}

static struct plan_entry *find_entry(const struct ww_plan *plan, const char *id)
{
    struct plan_entry *entry = NULL;
    HASH_FIND_STR(plan->entries, id, entry);
    return entry;
}

static void remove_entry(struct ww_plan *plan, struct plan_entry *entry)
{
    HASH_DEL(plan->entries, entry);
    free_entry(plan, entry);
}

/* Is the last entry in the list the one with the greatest id? Cheap for who adds in order. */
static bool stays_sorted(const struct ww_plan *plan, const char *id)
{
    if (!plan->entries)
        return true;
    const struct plan_entry *last = ELMT_FROM_HH(plan->entries->hh.tbl, plan->entries->hh.tbl->tail);
    return plan->sorted && strcmp(last->rs->id, id) < 0;
}

/* On failure the plan is as it was. */
static int add_entry(struct ww_plan *plan, struct ww_ruleset *rs, struct plan_entry **ret_entry)
{
    struct plan_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    entry->rs = ww_ruleset_ref(rs);
    if (claim_all(plan, entry) < 0) {
        free_entry(plan, entry);
        return -ENOMEM;
    }
    *ret_entry = entry;
    return 0;
}

int ww_plan_set(struct ww_plan *plan, struct ww_ruleset *rs, struct ww_error *err)
{
    if (!rs->sealed)
        return ww_fail(err, -EINVAL, "ruleset of %s is not sealed", rs->id);
    struct plan_entry *entry;
    if (add_entry(plan, rs, &entry) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    struct plan_entry *old = find_entry(plan, rs->id);
    bool sorted = stays_sorted(plan, rs->id);
    HASH_ADD_KEYPTR(hh, plan->entries, rs->id, strlen(rs->id), entry);
    if (!entry->hh.tbl) {
        free_entry(plan, entry);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    plan->sorted = sorted;
    if (old)
        remove_entry(plan, old);
    return 0;
}

void ww_plan_remove(struct ww_plan *plan, const char *id)
{
    struct plan_entry *entry = find_entry(plan, id);
    if (entry)
        remove_entry(plan, entry);
}

struct ww_ruleset *ww_plan_get(const struct ww_plan *plan, const char *id)
{
    const struct plan_entry *entry = find_entry(plan, id);
    return entry ? entry->rs : NULL;
}

size_t ww_plan_count(const struct ww_plan *plan)
{
    return HASH_COUNT(plan->entries);
}

static int entry_cmp(const struct plan_entry *a, const struct plan_entry *b)
{
    return strcmp(a->rs->id, b->rs->id);
}

int ww_plan_each(const struct ww_plan *plan, int (*fn)(struct ww_ruleset *rs, void *arg), void *arg)
{
    if (!plan->sorted) {
        struct ww_plan *same = (struct ww_plan *)plan; /* what it holds stays the same, but for the order of the list */
        HASH_SORT(same->entries, entry_cmp);
        same->sorted = true;
    }
    struct plan_entry *entry = NULL;
    struct plan_entry *next = NULL;
    HASH_ITER (hh, plan->entries, entry, next) {
        int rc = fn(entry->rs, arg);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static struct ww_ruleset *scan_addr(const struct ww_plan *plan, const struct ww_addr *addr)
{
    for (const struct plan_entry *entry = plan->entries; entry; entry = entry->hh.next)
        if (ww_ruleset_has_addr(entry->rs, addr))
            return entry->rs;
    return NULL;
}

static struct ww_ruleset *scan_publish(const struct ww_plan *plan, uint8_t proto, const struct ww_addr *host,
                                       uint16_t hport, const struct ww_publish **ret_publish)
{
    for (const struct plan_entry *entry = plan->entries; entry; entry = entry->hh.next) {
        for (size_t i = 0; i < entry->rs->n_published; i++) {
            const struct ww_publish *p = &entry->rs->published[i];
            if (p->proto != proto || p->hport != hport || ww_addr_cmp(&p->host, host) != 0)
                continue;
            if (ret_publish)
                *ret_publish = p;
            return entry->rs;
        }
    }
    return NULL;
}

struct ww_ruleset *ww_plan_by_addr(const struct ww_plan *plan, const struct ww_addr *addr)
{
    if (!addr->family)
        return NULL;
    if (plan->plain)
        return scan_addr(plan, addr);
    struct plan_key key = make_key(addr, 0, 0);
    const struct plan_slot *slot = find_slot(plan, &key);
    return slot ? slot->claims->entry->rs : NULL;
}

struct ww_ruleset *ww_plan_by_publish(const struct ww_plan *plan, uint8_t proto, const struct ww_addr *host,
                                      uint16_t hport, const struct ww_publish **ret_publish)
{
    const struct ww_addr any = {.family = host->family};
    struct plan_key exact_key = make_key(host, proto, hport);
    struct plan_key any_key = make_key(&any, proto, hport);
    if (!host->family || !hport)
        return NULL;
    if (plan->plain) {
        struct ww_ruleset *rs = scan_publish(plan, proto, host, hport, ret_publish);
        return rs ? rs : scan_publish(plan, proto, &any, hport, ret_publish);
    }
    const struct plan_slot *slot = find_slot(plan, &exact_key);
    if (!slot)
        slot = find_slot(plan, &any_key);
    if (!slot)
        return NULL;
    if (ret_publish)
        *ret_publish = slot->claims->publish;
    return slot->claims->entry->rs;
}
