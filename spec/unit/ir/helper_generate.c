#include "helper_generate.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/model/protocol.h"

static const uint16_t ports[] = {53, 80, 443, 5432, 8000, 8001, 8002, 65535};
#define N_PORTS (sizeof(ports) / sizeof(ports[0]))

uint64_t gen_seed(void)
{
    const char *given = getenv("WW_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)ww_clock_real();
    printf("WW_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

void gen_init(struct gen *g, uint64_t seed)
{
    *g = (struct gen){.state = seed, .wish = {.logs = true, .chains = true, .queues = true}};
}

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do. */
uint64_t gen_next(struct gen *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

unsigned gen_below(struct gen *g, unsigned n)
{
    return (unsigned)(gen_next(g) % n);
}

bool gen_chance(struct gen *g, unsigned percent)
{
    return gen_below(g, 100) < percent;
}

/* Test code has no way on without memory. */
static void must(bool ok)
{
    if (ok)
        return;
    fprintf(stderr, "generator: out of memory, or it made something invalid\n");
    abort();
}

static struct ww_addr addr_of(const char *text)
{
    struct ww_addr addr;
    must(ww_addr_parse(text, &addr, NULL) == 0);
    return addr;
}

struct ww_endpoint_addrs gen_endpoint(unsigned n, unsigned network)
{
    char text[WW_ADDR_TEXT];
    struct ww_endpoint_addrs e = {.mac = {{0x02, 0x42, (uint8_t)network, 0, (uint8_t)(n >> 8), (uint8_t)n}}};
    snprintf(text, sizeof(text), "198.51.%u.%u", 100 + network, 2 + n % 250);
    e.ipv4 = addr_of(text);
    snprintf(text, sizeof(text), "2001:db8:%u::%x", 100 + network, 2 + n);
    e.ipv6 = addr_of(text);
    return e;
}

struct ww_addr gen_host_addr(struct gen *g, uint8_t family)
{
    static const char *const v4[] = {"127.0.0.1", "198.51.100.1", "198.51.101.1", "192.0.2.1"};
    static const char *const v6[] = {"::1", "2001:db8:100::1", "2001:db8:101::1", "2001:db8::1"};
    unsigned i = gen_below(g, 4);
    if (family == AF_INET || (family == 0 && gen_chance(g, 50)))
        return addr_of(v4[i]);
    return addr_of(v6[i]);
}

static struct ww_addr outside_addr(struct gen *g, uint8_t family)
{
    static const char *const v4[] = {"203.0.113.5", "203.0.113.77", "192.0.2.200", "203.0.113.128"};
    static const char *const v6[] = {"2001:db8:ffff::5", "2001:db8:ffff::77", "2001:db8:fffe::1", "2001:db8:ffff:1::"};
    unsigned i = gen_below(g, 4);
    return addr_of(family == AF_INET ? v4[i] : v6[i]);
}

static struct ww_addr container_addr(struct gen *g, uint8_t family, unsigned n)
{
    struct ww_endpoint_addrs e = gen_endpoint(gen_below(g, n), gen_below(g, 2));
    return family == AF_INET ? e.ipv4 : e.ipv6;
}

struct ww_addr gen_addr(struct gen *g, uint8_t family, unsigned n)
{
    if (family == 0)
        family = gen_chance(g, 50) ? AF_INET : AF_INET6;
    unsigned kind = gen_below(g, 10);
    if (kind < 5)
        return container_addr(g, family, n);
    return kind < 7 ? gen_host_addr(g, family) : outside_addr(g, family);
}

static void add_peer(struct gen *g, struct ww_rule *rule, unsigned n)
{
    static const char *const wide[] = {"203.0.113.0/24", "0.0.0.0/0", "198.51.100.0/24", "2001:db8:ffff::/48", "::/0",
                                       "192.0.2.128/25", "2001:db8:100::/64", "198.51.100.3-198.51.100.6",
                                       "198.51.100.2/31", "203.0.0.0/16", "192.0.0.0/6", "2001:db8:100::/40",
                                       "192.0.2.0/29", "2001:db8::/61",
                                       /* too many prefixes, or too long ones */
                                       "203.0.113.64-203.0.113.128", "203.0.112.3-203.0.113.77", "2001:db8:100::/126",
                                       "2001:db8:100::3-2001:db8:101::5"};
    const unsigned kinds = sizeof(wide) / sizeof(wide[0]) - (g->wish.networks ? 4 : 0);
    struct ww_addr_range range;
    if (gen_chance(g, g->wish.networks ? 70 : 35)) {
        must(ww_addr_range_parse(wide[gen_below(g, kinds)], &range, NULL) == 0);
    } else {
        range.lo = gen_addr(g, 0, n);
        range.hi = range.lo;
    }
    must(ww_rule_add_peer(rule, &range) == 0);
}

static void add_ports(struct gen *g, struct ww_rule *rule, int (*add)(struct ww_rule *, uint16_t, uint16_t))
{
    for (unsigned i = 1 + gen_below(g, 3); i > 0; i--) {
        uint16_t lo = ports[gen_below(g, N_PORTS)];
        uint16_t hi = lo;
        if (!g->wish.networks && gen_chance(g, 25) && lo < 65000)
            hi = (uint16_t)(lo + 1 + gen_below(g, 400));
        must(add(rule, lo, hi) == 0);
    }
}

static void pick_own(struct gen *g, struct ww_rule *rule, unsigned self)
{
    if (gen_chance(g, 60))
        return;
    struct ww_endpoint_addrs e = gen_endpoint(self, gen_below(g, 2));
    must(ww_rule_add_own(rule, &e.ipv4) == 0);
    if (gen_chance(g, 70))
        must(ww_rule_add_own(rule, &e.ipv6) == 0);
}

static void pick_verdict(struct gen *g, struct ww_rule *rule)
{
    static const char *const prefixes[] = {"", "seen", "a longer one: ", "with 'quotes' and \\", "~!#"};
    if (g->wish.logs && gen_chance(g, 15))
        must((rule->log = strdup(prefixes[gen_below(g, 5)])) != NULL);
    if (g->wish.chains && gen_chance(g, 8)) {
        rule->verdict.kind = WW_CHAIN;
        must((rule->verdict.chain = strdup(gen_chance(g, 50) ? "user_a" : "user_b")) != NULL);
    } else if (g->wish.queues && gen_chance(g, 5)) {
        rule->verdict = (struct ww_verdict){.kind = WW_QUEUE, .queue = (uint16_t)(1 + gen_below(g, 9))};
        rule->verdict.est_in = (uint16_t)gen_below(g, 3);
        rule->verdict.est_out = (uint16_t)gen_below(g, 3);
    }
}

static bool is_in_rules(const struct ww_protocol *p)
{
    return p->in_rules;
}

static bool is_published(const struct ww_protocol *p)
{
    return p->published;
}

/* One of the table's that fits; TCP more often than other protocols. */
static uint8_t pick_protocol(struct gen *g, bool (*fits)(const struct ww_protocol *p))
{
    size_t n;
    const struct ww_protocol *protocols = ww_protocols(&n);
    if (gen_chance(g, 50))
        return IPPROTO_TCP;
    for (;;) {
        const struct ww_protocol *p = &protocols[gen_below(g, (unsigned)n)];
        if (fits(p))
            return p->number;
    }
}

static void pick_ports(struct gen *g, struct ww_rule *rule)
{
    if (gen_chance(g, 15) && !(g->wish.networks && rule->peer == WW_PEER_ANY))
        return;
    rule->proto = pick_protocol(g, is_in_rules);
    if (!ww_protocol_has_ports(rule->proto))
        return;
    if (g->wish.networks || gen_chance(g, 90))
        add_ports(g, rule, ww_rule_add_dport);
    if (!g->wish.networks && gen_chance(g, 10))
        add_ports(g, rule, ww_rule_add_sport);
}

static void pick_peer(struct gen *g, struct ww_rule *rule, unsigned n)
{
    unsigned kind = gen_below(g, 10);
    if (rule->side == WW_LOCALHOST || kind < 3)
        return;
    if (kind < 4 && rule->side != WW_EXTERNAL && !rule->consent) {
        rule->peer = WW_PEER_HOST;
        return;
    }
    rule->peer = WW_PEER_ADDRS;
    for (unsigned i = 1 + gen_below(g, 4); i > 0; i--)
        add_peer(g, rule, n);
}

struct ww_rule gen_rule(struct gen *g, unsigned self, unsigned n)
{
    static const enum ww_side sides[] = {WW_LOCALHOST, WW_EXTERNAL, WW_INPUT, WW_INPUT,
                                         WW_OUTPUT,    WW_OUTPUT,   WW_OUTPUT};
    char origin[32];
    struct ww_rule rule = {.side = sides[gen_below(g, sizeof(sides) / sizeof(sides[0]))]};
    rule.consent = rule.side == WW_INPUT && gen_chance(g, 40);
    pick_peer(g, &rule, n);
    if (rule.side == WW_INPUT || rule.side == WW_OUTPUT) {
        pick_own(g, &rule, self);
        pick_ports(g, &rule);
    }
    if (!rule.consent)
        pick_verdict(g, &rule);
    snprintf(origin, sizeof(origin), "%s[%u]", rule.side == WW_OUTPUT ? "output" : "input", gen_below(g, 8));
    must((rule.origin = strdup(origin)) != NULL);
    must(ww_rule_validate(&rule, NULL) == 0);
    return rule;
}

static void add_published(struct gen *g, struct ww_ruleset *rs, unsigned self)
{
    static const char *const hosts[] = {"0.0.0.0", "::", "127.0.0.1", "192.0.2.1", "::1"};
    for (unsigned i = gen_below(g, 4); i > 0; i--) {
        struct ww_publish p = {
            .proto = pick_protocol(g, is_published),
            .cport = ports[gen_below(g, N_PORTS)],
            .host = addr_of(hosts[gen_below(g, 5)]),
            .hport = (uint16_t)(10000 + self * 10 + gen_below(g, 4)), /* no other container's */
        };
        must(ww_ruleset_add_publish(rs, &p) == 0);
    }
}

struct ww_ruleset *gen_ruleset(struct gen *g, unsigned self, unsigned n)
{
    char id[65];
    char name[16];
    snprintf(id, sizeof(id), "%064x", self);
    snprintf(name, sizeof(name), "c%u", self);
    struct ww_ruleset *rs = ww_ruleset_new(id, name);
    must(rs != NULL);
    rs->quarantined = gen_chance(g, 5);
    for (unsigned network = 0; network < 2; network++) {
        struct ww_endpoint_addrs e = gen_endpoint(self, network);
        if (gen_chance(g, 15))
            e.ipv6 = (struct ww_addr){0};
        if (network == 0 || gen_chance(g, 50))
            must(ww_ruleset_add_endpoint(rs, &e) == 0);
    }
    add_published(g, rs, self);
    for (unsigned i = gen_below(g, 9); i > 0; i--) {
        struct ww_rule rule = gen_rule(g, self, n);
        must(ww_ruleset_add_rule(rs, &rule) == 0);
        ww_rule_done(&rule);
    }
    return rs;
}

struct ww_ruleset *gen_sealed(struct gen *g, unsigned self, unsigned n)
{
    struct ww_ruleset *rs = gen_ruleset(g, self, n);
    must(ww_ruleset_seal(rs, NULL) == 0);
    return rs;
}

struct ww_plan *gen_plan(struct gen *g, unsigned n)
{
    struct ww_plan *plan = ww_plan_new();
    must(plan != NULL);
    for (unsigned self = 0; self < n; self++) {
        if (!gen_chance(g, 75))
            continue;
        struct ww_ruleset *rs = gen_sealed(g, self, n);
        must(ww_plan_set(plan, rs, NULL) == 0);
        ww_ruleset_unref(rs);
    }
    return plan;
}

/* What rules name, and pings, whether they name them or not. */
static uint8_t pick_proto(struct gen *g)
{
    return gen_chance(g, 10) ? IPPROTO_ICMP : pick_protocol(g, is_in_rules);
}

static uint16_t pick_port(struct gen *g)
{
    uint16_t port = ports[gen_below(g, N_PORTS)];
    return gen_chance(g, 10) && port < 65000 ? (uint16_t)(port + gen_below(g, 400)) : port;
}

/* Let the flow dial a port that a container publishes: either it leads there, or to the userland proxy on the host. */
static bool dial_published(struct gen *g, const struct ww_plan *plan, unsigned n, struct ww_flow *flow)
{
    char id[65];
    snprintf(id, sizeof(id), "%064x", gen_below(g, n));
    const struct ww_ruleset *rs = ww_plan_get(plan, id);
    if (!rs || rs->n_published == 0)
        return false;
    const struct ww_publish *p = &rs->published[gen_below(g, (unsigned)rs->n_published)];
    const struct ww_endpoint_addrs *e = &rs->endpoints[gen_below(g, (unsigned)rs->n_endpoints)];
    const struct ww_addr *inside = p->host.family == AF_INET ? &e->ipv4 : &e->ipv6;
    bool translated = gen_chance(g, 50) && inside->family;
    flow->proto = p->proto;
    flow->orig_dst = ww_addr_is_any(&p->host) ? gen_host_addr(g, p->host.family) : p->host;
    flow->orig_dport = p->hport;
    flow->to_host = !translated;
    flow->orig_dst_host = true;
    flow->dst = translated ? *inside : flow->orig_dst;
    flow->dport = translated ? p->cport : p->hport;
    return true;
}

static void dial_any(struct gen *g, unsigned n, struct ww_flow *flow)
{
    unsigned kind = gen_below(g, 10);
    uint8_t family = gen_chance(g, 50) ? AF_INET : AF_INET6;
    flow->proto = pick_proto(g);
    flow->to_host = kind >= 8;
    if (kind < 6)
        flow->dst = container_addr(g, family, n);
    else
        flow->dst = flow->to_host ? gen_host_addr(g, family) : outside_addr(g, family);
    flow->proto = ww_protocol_in(flow->proto, family);
    flow->question = ww_protocol_question(flow->proto);
    if (flow->proto == IPPROTO_ICMP && gen_chance(g, 30))
        flow->question = ICMP_TIMESTAMP << 8; /* answered, too, and no ping */
    if (ww_protocol_has_ports(flow->proto))
        flow->dport = pick_port(g);
    flow->orig_dst_host = flow->to_host;
    flow->orig_dst = flow->dst;
    flow->orig_dport = flow->dport;
}

struct ww_flow gen_flow(struct gen *g, const struct ww_plan *plan, unsigned n)
{
    struct ww_flow flow = {0};
    unsigned kind = gen_below(g, 10);
    if (!gen_chance(g, 40) || !dial_published(g, plan, n, &flow))
        dial_any(g, n, &flow);
    flow.from_host = kind >= 8;
    if (flow.from_host)
        flow.src = gen_host_addr(g, flow.dst.family);
    else
        flow.src = kind < 5 ? container_addr(g, flow.dst.family, n) : outside_addr(g, flow.dst.family);
    if (ww_protocol_has_ports(flow.proto))
        flow.sport = gen_chance(g, 20) ? pick_port(g) : (uint16_t)(32768 + gen_below(g, 1000));
    return flow;
}
