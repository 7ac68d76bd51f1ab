#include "core/ir/elements.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/limits.h"
#include "core/model/facts.h"
#include "core/model/protocol.h"

/* A rule, and whose addresses and published ports it is about. */
struct at {
    const struct ww_rule *rule;
    const struct ww_facts_endpoint *endpoints;
    size_t n_endpoints;
    const struct ww_publish *published;
    size_t n_published;
};

/* Of IPv4 and of IPv6. */
struct families {
    uint64_t v4;
    uint64_t v6;
};

static void add_to_families(struct families *sum, int family, uint64_t n)
{
    *(family == AF_INET6 ? &sum->v6 : &sum->v4) += family ? n : 0;
}

static bool port_listed(const struct ww_rule *rule, uint16_t port)
{
    if (!rule->n_dports)
        return true;
    for (size_t i = 0; i < rule->n_dports; i++)
        if (rule->dports[i].lo <= port && port <= rule->dports[i].hi)
            return true;
    return false;
}

bool ww_rule_opens(const struct ww_rule *rule, const struct ww_publish *p)
{
    if (rule->side == WW_EXTERNAL && ww_addr_is_loopback(&p->host))
        return false;
    if (rule->side == WW_OUTPUT || (rule->proto && rule->proto != p->proto))
        return false;
    return port_listed(rule, p->cport);
}

/* How many prefixes the range is; more than sets hold where it is one that they do not. */
static uint64_t count_prefixes(struct ww_addr_range range)
{
    struct ww_addr net;
    unsigned len;
    uint64_t n = 0;
    const unsigned bits = 8 * ww_addr_size(&range.lo);
    while (n <= WW_LIMIT_PREFIXES && ww_addr_range_take(&range, &net, &len))
        n += len == bits || len <= WW_LIMIT_PREFIX_BITS ? 1 : WW_LIMIT_PREFIXES + 1;
    return n;
}

/* Elements for one address of the container and one service, a CIDR takes two; how many prefixes the peers are. 0:
 * sets do not hold them. */
static uint64_t count_peers(const struct ww_rule *rule, struct families *ret_peers)
{
    uint64_t all = rule->n_peers ? 0 : 1;
    *ret_peers = (struct families){all, all};
    for (size_t i = 0; i < rule->n_peers; i++) {
        const struct ww_addr_range *range = &rule->peers[i];
        uint64_t n = ww_addr_range_is_single(range) ? 1 : count_prefixes(*range);
        if (n > WW_LIMIT_PREFIXES)
            return 0;
        add_to_families(ret_peers, range->lo.family, ww_addr_range_is_single(range) ? 1 : 2 * n);
        all += n;
    }
    return all;
}

static struct families count_own(const struct at *at)
{
    struct families own = {0};
    for (size_t i = 0; i < at->rule->n_own; i++)
        add_to_families(&own, at->rule->own[i].family, 1);
    for (size_t i = 0; !at->rule->n_own && i < at->n_endpoints; i++) {
        add_to_families(&own, at->endpoints[i].addrs.ipv4.family, 1);
        add_to_families(&own, at->endpoints[i].addrs.ipv6.family, 1);
    }
    return own;
}

static bool is_published(const struct ww_rule *rule)
{
    return rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL;
}

/* Is it one that no set holds? Then it is in a chain, with its lists as they are. */
static bool is_chained(const struct ww_rule *rule)
{
    bool ranges = false;
    for (size_t i = 0; i < rule->n_dports; i++)
        ranges = ranges || rule->dports[i].lo != rule->dports[i].hi;
    bool whole = ww_protocol_has_ports(rule->proto) ? !rule->n_dports : !rule->proto && rule->peer == WW_PEER_ANY;
    return ww_rule_is_special(rule) || rule->n_sports || ranges || (whole && !is_published(rule));
}

#define GATES (3 * 3) /* what it sends, what peers send it, and what the host sends it have a chain each */

/* In a chain: an entry of a list takes the kernel the time of two elements, and what comes in is tried in two chains.
 */
static uint64_t count_lists(const struct ww_rule *rule)
{
    uint64_t all = 1 + (uint64_t)rule->n_own + rule->n_peers + rule->n_sports + rule->n_dports;
    return all * (rule->side == WW_INPUT || rule->side == WW_EXTERNAL ? 4 : 2);
}

/*
 * What leads into the chains of a container: for each of an endpoint's addresses (IPv4, IPv6, link-local) in each
 * direction, and twice for each port that it publishes.
 */
static uint64_t count_gates(const struct at *at)
{
    return (uint64_t)GATES * at->n_endpoints + 2 * (uint64_t)at->n_published;
}

/* The ways of clients to the host's ports, which have elements of their own. */
static uint64_t count_clients(const struct at *at, struct families peers, struct families own)
{
    uint64_t open = 0;
    for (size_t i = 0; i < at->n_published; i++)
        open += ww_rule_opens(at->rule, &at->published[i]);
    return open * (1 + peers.v4 + peers.v6 + own.v4 + own.v6);
}

/* As core/kernel/lower does it, or more: what is overlapped by a rule of a chain goes there, too. */
static uint64_t count_rule(const struct at *at, bool *ret_chained)
{
    struct families peers;
    struct families own = count_own(at);
    uint64_t ports = is_published(at->rule) ? at->n_published : at->rule->n_dports;
    ports = ports ? ports : 1;
    uint64_t prefixes = count_peers(at->rule, &peers);
    uint64_t atoms = prefixes * ports * (at->rule->n_own ? at->rule->n_own : 2 * at->n_endpoints);
    *ret_chained = is_chained(at->rule) || !prefixes || atoms > WW_LIMIT_ATOMS;
    if (*ret_chained) /* the host, which asks for Docker's proxy, has its elements all the same */
        return count_lists(at->rule) + count_clients(at, (struct families){0}, own);
    return ports * (own.v4 * peers.v4 + own.v6 * peers.v6) + count_clients(at, peers, own);
}

static struct at at_container(const struct ww_facts *f, const struct ww_rule *rule)
{
    return (struct at){rule, f->endpoints, f->n_endpoints, f->published, f->n_published};
}

static struct at at_target(const struct ww_facts *f, const struct ww_consent *consent)
{
    for (size_t i = 0; i < f->n_targets; i++) {
        const struct ww_facts_target *t = &f->targets[i];
        if (t->id && strcmp(t->id, consent->target) == 0)
            return (struct at){&consent->rule, t->endpoints, t->n_endpoints, t->published, t->n_published};
    }
    return (struct at){.rule = &consent->rule};
}

/* All of them; *ret_rule has most, *ret_most. */
static uint64_t count_elements(const struct ww_compiled *c, const struct ww_facts *facts,
                               const struct ww_rule **ret_rule, uint64_t *ret_most)
{
    uint64_t all = 0;
    const char *gated = NULL; /* whose gates were counted last */
    *ret_most = 0;
    *ret_rule = NULL;
    for (size_t i = 0; i < c->n_rules + c->n_consents; i++) {
        const struct at at =
            i < c->n_rules ? at_container(facts, &c->rules[i]) : at_target(facts, &c->consents[i - c->n_rules]);
        const char *home = i < c->n_rules ? facts->id : c->consents[i - c->n_rules].target;
        bool chained;
        uint64_t n = count_rule(&at, &chained);
        if (chained && home != gated && !(home && gated && strcmp(home, gated) == 0)) {
            all += count_gates(&at);
            gated = home;
        }
        all += n;
        if (n > *ret_most) {
            *ret_most = n;
            *ret_rule = at.rule;
        }
    }
    return all;
}

uint64_t ww_compiled_elements(const struct ww_compiled *c, const struct ww_facts *facts)
{
    const struct ww_rule *rule;
    uint64_t most;
    return count_elements(c, facts, &rule, &most);
}

int ww_compiled_check_elements(const struct ww_compiled *c, const struct ww_facts *facts, struct ww_error *err)
{
    const struct ww_rule *rule;
    uint64_t most;
    uint64_t all = count_elements(c, facts, &rule, &most);
    if (all <= WW_LIMIT_ELEMENTS)
        return 0;
    return ww_fail(err, -E2BIG,
                   "the container's rules come to %llu elements of the kernel's sets, the limit is %d "
                   "(WW_LIMIT_ELEMENTS); the rule with most of them, %llu, is '%s': name CIDRs or ranges in place "
                   "of single addresses and ports, or fewer of them",
                   (unsigned long long)all, WW_LIMIT_ELEMENTS, (unsigned long long)most,
                   rule && rule->origin ? rule->origin : "");
}
