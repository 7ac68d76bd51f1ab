#include "core/ir/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ww_rule_done(struct ww_rule *rule)
{
    free(rule->own);
    free(rule->peers);
    free(rule->sports);
    free(rule->dports);
    free(rule->log);
    free(rule->verdict.chain);
    free(rule->origin);
    *rule = (struct ww_rule){0};
}

/* A copy of `n` elements; *failed is set, and stays set, when memory is short. */
static void *copy_array(const void *from, size_t n, size_t size, bool *failed)
{
    if (n == 0)
        return NULL;
    void *to = malloc(n * size);
    if (to)
        memcpy(to, from, n * size);
    else
        *failed = true;
    return to;
}

static char *copy_string(const char *from, bool *failed)
{
    return from ? copy_array(from, strlen(from) + 1, 1, failed) : NULL;
}

int ww_rule_copy(const struct ww_rule *from, struct ww_rule *ret_to)
{
    bool failed = false;
    struct ww_rule to = *from;
    to.own = copy_array(from->own, from->n_own, sizeof(*from->own), &failed);
    to.peers = copy_array(from->peers, from->n_peers, sizeof(*from->peers), &failed);
    to.sports = copy_array(from->sports, from->n_sports, sizeof(*from->sports), &failed);
    to.dports = copy_array(from->dports, from->n_dports, sizeof(*from->dports), &failed);
    to.log = copy_string(from->log, &failed);
    to.verdict.chain = copy_string(from->verdict.chain, &failed);
    to.origin = copy_string(from->origin, &failed);
    if (failed) {
        ww_rule_done(&to);
        return -ENOMEM;
    }
    *ret_to = to;
    return 0;
}

int ww_rule_add_own(struct ww_rule *rule, const struct ww_addr *addr)
{
    struct ww_addr *own = realloc(rule->own, (rule->n_own + 1) * sizeof(*own));
    if (!own)
        return -ENOMEM;
    own[rule->n_own++] = *addr;
    rule->own = own;
    return 0;
}

int ww_rule_add_peer(struct ww_rule *rule, const struct ww_addr_range *range)
{
    struct ww_addr_range *peers = realloc(rule->peers, (rule->n_peers + 1) * sizeof(*peers));
    if (!peers)
        return -ENOMEM;
    peers[rule->n_peers++] = *range;
    rule->peers = peers;
    return 0;
}

static int add_port_range(struct ww_ports **list, uint32_t *n, uint16_t lo, uint16_t hi)
{
    struct ww_ports *ports = realloc(*list, (*n + 1) * sizeof(*ports));
    if (!ports)
        return -ENOMEM;
    ports[(*n)++] = (struct ww_ports){.lo = lo, .hi = hi};
    *list = ports;
    return 0;
}

int ww_rule_add_sport(struct ww_rule *rule, uint16_t lo, uint16_t hi)
{
    return add_port_range(&rule->sports, &rule->n_sports, lo, hi);
}

int ww_rule_add_dport(struct ww_rule *rule, uint16_t lo, uint16_t hi)
{
    return add_port_range(&rule->dports, &rule->n_dports, lo, hi);
}

static int own_cmp(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

/* Of those that begin together the longest first: so a single one never grows into a range behind one that it did not
 * join. */
static int peer_cmp(const void *a, const void *b)
{
    const struct ww_addr_range *x = a;
    const struct ww_addr_range *y = b;
    int order = ww_addr_cmp(&x->lo, &y->lo);
    return order ? order : ww_addr_cmp(&y->hi, &x->hi);
}

static int ports_cmp(const void *a, const void *b)
{
    const struct ww_ports *x = a;
    const struct ww_ports *y = b;
    return x->lo != y->lo ? x->lo - y->lo : y->hi - x->hi;
}

/* qsort(3) must not be given NULL, not even for no elements. */
static void sort(void *list, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
    if (n > 1)
        qsort(list, n, size, cmp);
}

static void normalize_own(struct ww_rule *rule)
{
    sort(rule->own, rule->n_own, sizeof(*rule->own), own_cmp);
    uint32_t kept = 0;
    for (size_t i = 0; i < rule->n_own; i++) {
        if (kept == 0 || ww_addr_cmp(&rule->own[kept - 1], &rule->own[i]) != 0)
            rule->own[kept++] = rule->own[i];
    }
    rule->n_own = kept;
}

/* Is there no address of the family between a and b? b is not below a. */
static bool is_next(const struct ww_addr *a, const struct ww_addr *b)
{
    if (a->family != b->family)
        return false;
    struct ww_addr next = *a;
    for (unsigned i = ww_addr_size(&next); i-- > 0;) {
        if (++next.bytes[i] != 0)
            return ww_addr_cmp(&next, b) == 0;
    }
    return false;
}

/*
 * Single addresses and ports stay single beside each other: as such they can be elements of the kernel's sets, which
 * cost nothing, as a range they could not. Only what overlaps, and ranges without a gap, become one.
 */
static bool peers_join(const struct ww_addr_range *a, const struct ww_addr_range *b)
{
    if (ww_addr_range_overlaps(a, b))
        return true;
    return !ww_addr_range_is_single(a) && !ww_addr_range_is_single(b) && is_next(&a->hi, &b->lo);
}

static bool ports_join(const struct ww_ports *a, const struct ww_ports *b)
{
    if (b->lo <= a->hi)
        return true;
    return a->lo != a->hi && b->lo != b->hi && b->lo == a->hi + 1U;
}

static void normalize_peers(struct ww_rule *rule)
{
    sort(rule->peers, rule->n_peers, sizeof(*rule->peers), peer_cmp);
    uint32_t kept = 0;
    for (size_t i = 0; i < rule->n_peers; i++) {
        const struct ww_addr_range range = rule->peers[i];
        struct ww_addr_range *last = kept ? &rule->peers[kept - 1] : NULL;
        if (!last || !peers_join(last, &range))
            rule->peers[kept++] = range;
        else if (ww_addr_cmp(&last->hi, &range.hi) < 0)
            last->hi = range.hi;
    }
    rule->n_peers = kept;
}

static void normalize_ports(struct ww_ports *ports, uint32_t *n)
{
    sort(ports, *n, sizeof(*ports), ports_cmp);
    uint32_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct ww_ports *last = kept ? &ports[kept - 1] : NULL;
        if (!last || !ports_join(last, &ports[i]))
            ports[kept++] = ports[i];
        else if (last->hi < ports[i].hi)
            last->hi = ports[i].hi;
    }
    *n = kept;
}

void ww_rule_normalize(struct ww_rule *rule)
{
    normalize_own(rule);
    normalize_peers(rule);
    normalize_ports(rule->sports, &rule->n_sports);
    normalize_ports(rule->dports, &rule->n_dports);
    /* Whichever peer it is that the side `localhost` is about, it is the host. */
    if (rule->side == WW_LOCALHOST && rule->peer == WW_PEER_HOST)
        rule->peer = WW_PEER_ANY;
}

bool ww_rule_is_special(const struct ww_rule *rule)
{
    return rule->log || rule->verdict.kind != WW_ACCEPT;
}
