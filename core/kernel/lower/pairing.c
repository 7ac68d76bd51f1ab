#include "core/kernel/lower/pairing.h"

#include "core/base/limits.h"
#include "core/ir/span.h"
#include "core/model/protocol.h"

bool ww_rule_applies(const struct ww_rule *rule, enum ww_dir dir)
{
    switch (rule->side) {
    case WW_OUTPUT:
        return dir == WW_DIR_OUT;
    case WW_LOCALHOST:
        return dir == WW_DIR_HOST;
    case WW_EXTERNAL:
        return dir == WW_DIR_IN || dir == WW_DIR_PUB;
    case WW_INPUT:
        return dir == WW_DIR_HOST || (dir != WW_DIR_OUT && rule->peer != WW_PEER_HOST);
    }
    return false;
}

bool ww_rule_for_proxy(const struct ww_rule *rule)
{
    return ww_rule_applies(rule, WW_DIR_PUB);
}

static bool ports_single(const struct ww_ports *ports, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ports[i].lo != ports[i].hi)
            return false;
    return true;
}

bool ww_rule_has_nets(const struct ww_rule *rule)
{
    for (size_t i = 0; i < rule->n_peers; i++)
        if (!ww_addr_range_is_single(&rule->peers[i]))
            return true;
    return false;
}

/* How many prefixes the range is; too many where it is one that sets do not hold. */
static size_t count_prefixes(struct ww_addr_range range)
{
    struct ww_addr net;
    unsigned len;
    size_t n = 0;
    const unsigned bits = 8 * ww_addr_size(&range.lo);
    if (ww_addr_range_is_single(&range))
        return 1;
    while (n <= WW_LIMIT_PREFIXES && ww_addr_range_take(&range, &net, &len))
        n += len == bits || len < WW_WIDTHS ? 1 : WW_LIMIT_PREFIXES + 1;
    return n;
}

/* Elements for each of the container's addresses and services: one where the peers are not listed. 0: it must not be.
 */
static size_t count_peers(const struct ww_rule *rule)
{
    size_t all = rule->n_peers ? 0 : 1;
    for (size_t i = 0; i < rule->n_peers; i++) {
        size_t n = count_prefixes(rule->peers[i]);
        if (n > WW_LIMIT_PREFIXES)
            return 0;
        all += n;
    }
    return all;
}

/* There are sets for a service (protocol and port), and for all of a single peer; not for anything else. */
static bool has_set(const struct ww_rule *rule)
{
    if (rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL)
        return true;
    if (ww_protocol_has_ports(rule->proto))
        return rule->n_dports > 0;
    if (rule->proto)
        return true;
    return rule->peer != WW_PEER_ANY;
}

static size_t at_least_one(size_t n)
{
    return n ? n : 1;
}

bool ww_rule_is_exact(const struct ww_ruleset *rs, const struct ww_rule *rule)
{
    if (ww_rule_is_special(rule) || rule->n_sports || !has_set(rule))
        return false;
    size_t peers = count_peers(rule);
    if (!ports_single(rule->dports, rule->n_dports) || !peers)
        return false;
    bool published = rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL;
    size_t ports = at_least_one(published ? rs->n_published : rule->n_dports);
    size_t own = at_least_one(rule->n_own ? rule->n_own : 2 * rs->n_endpoints);
    return peers * own * ports <= WW_LIMIT_ATOMS;
}

static bool own_overlap(const struct ww_rule *a, const struct ww_rule *b)
{
    if (!a->n_own || !b->n_own)
        return true;
    for (size_t i = 0; i < a->n_own; i++)
        for (size_t j = 0; j < b->n_own; j++)
            if (ww_addr_cmp(&a->own[i], &b->own[j]) == 0)
                return true;
    return false;
}

/* Lists of a sealed ruleset are sorted, and the shorter one is looked up. The host may have any address: it overlaps
 * every peer. */
static bool peers_overlap(const struct ww_rule *a, const struct ww_rule *b)
{
    if (a->peer != WW_PEER_ADDRS || b->peer != WW_PEER_ADDRS)
        return true;
    if (a->n_peers > b->n_peers)
        return ww_span_addrs_meet(b->peers, b->n_peers, a->peers, a->n_peers);
    return ww_span_addrs_meet(a->peers, a->n_peers, b->peers, b->n_peers);
}

static bool ports_overlap(const struct ww_ports *a, size_t na, const struct ww_ports *b, size_t nb)
{
    if (!na || !nb)
        return true;
    return na > nb ? ww_span_ports_meet(b, nb, a, na) : ww_span_ports_meet(a, na, b, nb);
}

/* Rules about the published ports have no ports of their own. */
static bool share_published(const struct ww_ruleset *rs, const struct ww_rule *a, const struct ww_rule *b)
{
    if (a->side > WW_EXTERNAL && b->side > WW_EXTERNAL)
        return true;
    for (size_t i = 0; i < rs->n_published; i++)
        if (ww_rule_opens(a, &rs->published[i]) && ww_rule_opens(b, &rs->published[i]))
            return true;
    return false;
}

/* At a published port the host's address was the original destination, whichever of the container's own it leads to. */
bool ww_rule_overlaps(const struct ww_ruleset *rs, const struct ww_rule *a, const struct ww_rule *b, enum ww_dir dir)
{
    return (!a->proto || !b->proto || a->proto == b->proto) && (dir == WW_DIR_PUB || own_overlap(a, b)) &&
           peers_overlap(a, b) && ports_overlap(a->sports, a->n_sports, b->sports, b->n_sports) &&
           ports_overlap(a->dports, a->n_dports, b->dports, b->n_dports) && share_published(rs, a, b);
}

bool ww_rule_is_overlapped(const struct ww_ruleset *rs, size_t n, const struct ww_rule *rule, enum ww_dir dir)
{
    for (size_t i = 0; i < rs->n_special && rs->special[i] < n; i++) {
        const struct ww_rule *special = &rs->rules[rs->special[i]];
        if (ww_rule_applies(special, dir) && ww_rule_overlaps(rs, special, rule, dir))
            return true;
    }
    return false;
}

bool ww_rule_owns(const struct ww_rule *rule, const struct ww_addr *addr)
{
    if (!rule->n_own)
        return true;
    for (size_t i = 0; i < rule->n_own; i++)
        if (ww_addr_cmp(&rule->own[i], addr) == 0)
            return true;
    return false;
}

bool ww_rule_owns_any(const struct ww_ruleset *rs, const struct ww_rule *rule)
{
    const struct ww_addr *addr;
    for (size_t i = 0; (addr = ww_ruleset_addr(rs, i)); i++)
        if (addr->family && ww_rule_owns(rule, addr))
            return true;
    return false;
}

const struct ww_addr *ww_ruleset_addr(const struct ww_ruleset *rs, size_t i)
{
    if (i / 2 >= rs->n_endpoints)
        return NULL;
    const struct ww_endpoint_addrs *e = &rs->endpoints[i / 2];
    return i % 2 ? &e->ipv6 : &e->ipv4;
}

bool ww_rule_has_peer_family(const struct ww_rule *rule, int family)
{
    if (rule->peer != WW_PEER_ADDRS)
        return true;
    for (size_t i = 0; i < rule->n_peers; i++)
        if (rule->peers[i].lo.family == family)
            return true;
    return false;
}
