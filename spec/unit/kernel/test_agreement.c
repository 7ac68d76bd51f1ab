/*
 * The simulator agrees with the kernel: random plans are applied for real, random flows are sent as real packets
 * through them, and what arrives must be what ww_flow_judge allows, also
 * in flows that began under the plan before. WW_SEED=<seed> repeats a run, WW_ROUNDS=<n> makes
 * it longer.
 */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/ir/flow.h"
#include "core/ir/text.h"
#include "core/kernel/kernel.h"
#include "core/kernel/netlink/ask.h"
#include "helper_lab.h"
#include "helper_netns.h"
#include "helper_probe.h"
#include "helper_tracked.h"
#include "spec/unit/ir/helper_generate.h"

#define ROUNDS 60
#define PROBES 150
#define QUIET_MS 40
#define RETRY_QUIET_MS 250
#define SHOWN 12 /* disagreements told in full */

/* Any port of the host leads where the probe's flow says: sources and services of this round -> endpoints. */
#define NAT                                                                                                            \
    "table ip labnat {\n"                                                                                              \
    " map m { type ipv4_addr . inet_service . inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }\n"   \
    " chain pre { type nat hook prerouting priority -100; jump go; }\n"                                                \
    " chain out { type nat hook output priority -100; jump go; }\n"                                                    \
    " chain go { dnat ip addr . port to ip saddr . th sport . meta l4proto . ip daddr . th dport map @m; }\n"          \
    "}\n"                                                                                                              \
    "table ip6 labnat {\n"                                                                                             \
    " map m { type ipv6_addr . inet_service . inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }\n"   \
    " chain pre { type nat hook prerouting priority -100; jump go; }\n"                                                \
    " chain out { type nat hook output priority -100; jump go; }\n"                                                    \
    " chain go { dnat ip6 addr . port to ip6 saddr . th sport . meta l4proto . ip6 daddr . th dport map @m; }\n"       \
    "}\n"

struct trial {
    struct gen gen;
    uint64_t seed;
    unsigned round;
    struct lab lab;
    struct probe_kit kit;
    struct ww_kernel *kernel;
    struct mnl_socket *conntrack;
    struct ww_conntrack *looks;
    struct ww_plan *plan; /* what is applied */
    struct probe probes[PROBES];
    size_t n;
    size_t compared, delivered, disagreed;
};

static bool is_translated(const struct ww_flow *flow)
{
    return ww_addr_cmp(&flow->orig_dst, &flow->dst) != 0 || flow->orig_dport != flow->dport;
}

/* Can it be sent in the lab? Loopback is only for the host to itself, IPv6's to itself; no container gets back to
 * itself. */
static bool is_possible(const struct probe *p)
{
    const struct ww_flow *f = &p->flow;
    bool local = p->from == LAB_HOST && p->to == LAB_HOST;
    if (p->from == p->to && !local)
        return false;
    if (local && f->src.family == AF_INET6)
        return ww_addr_is_loopback(&f->src) == ww_addr_is_loopback(&f->orig_dst);
    return local ||
           !(ww_addr_is_loopback(&f->src) || ww_addr_is_loopback(&f->dst) || ww_addr_is_loopback(&f->orig_dst));
}

/* Of two that publish one port on addresses that overlap, the engine would have refused the second. */
static bool is_ambiguous(const struct trial *t, const struct ww_flow *f)
{
    const struct ww_ruleset *rs = ww_plan_by_publish(t->plan, f->proto, &f->orig_dst, f->orig_dport, NULL);
    unsigned found = 0;
    for (size_t i = 0; rs && i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        found += p->proto == f->proto && p->hport == f->orig_dport &&
                 (!ww_addr_cmp(&p->host, &f->orig_dst) ||
                  (ww_addr_is_any(&p->host) && p->host.family == f->orig_dst.family));
    }
    return found > 1;
}

/* Two flows from one port could meet in one tracked flow. */
static bool is_source_used(const struct trial *t, const struct ww_flow *flow)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct ww_flow *other = &t->probes[i].flow;
        if (flow->sport && other->proto == flow->proto && other->sport == flow->sport &&
            !ww_addr_cmp(&other->src, &flow->src))
            return true;
    }
    return false;
}

static void choose_probes(struct trial *t)
{
    t->n = 0;
    for (unsigned tries = 0; tries < 20 * PROBES && t->n < PROBES; tries++) {
        struct probe p = {.flow = gen_flow(&t->gen, t->plan, LAB_CONTAINERS)};
        p.from = lab_place_of(&p.flow.src);
        p.to = lab_place_of(&p.flow.dst);
        if (is_possible(&p) && !is_ambiguous(t, &p.flow) && !is_source_used(t, &p.flow))
            t->probes[t->n++] = p;
    }
    assert_true(t->n > PROBES / 2);
}

static void translate(const struct trial *t)
{
    FILE *nft = popen("nft -f -", "w");
    assert_non_null(nft);
    fputs("flush map ip labnat m\nflush map ip6 labnat m\n", nft);
    for (size_t i = 0; i < t->n; i++) {
        const struct ww_flow *f = &t->probes[i].flow;
        char src[WW_ADDR_TEXT], orig_dst[WW_ADDR_TEXT], dst[WW_ADDR_TEXT];
        if (is_translated(f))
            fprintf(nft, "add element %s labnat m { %s . %u . %u . %s . %u : %s . %u }\n",
                    f->src.family == AF_INET ? "ip" : "ip6", ww_addr_text(&f->src, src), f->sport, f->proto,
                    ww_addr_text(&f->orig_dst, orig_dst), f->orig_dport, ww_addr_text(&f->dst, dst), f->dport);
    }
    assert_int_equal(pclose(nft), 0);
}

/* In turn by a difference and as a whole, each from what the last round left. */
/* The host's own addresses, as the agent tells them. */
static struct ww_fences *host_fences(void)
{
    static const char *const addrs[] = {"198.51.100.1",    "198.51.101.1",    "192.0.2.1",
                                        "2001:db8:100::1", "2001:db8:101::1", "2001:db8::1"};
    struct ww_fences *fences = ww_fences_new();
    struct ww_fence *f = ww_fence_new("host", "host", "");
    assert_true(fences && f);
    f->host = true;
    for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
        struct ww_addr addr;
        assert_int_equal(ww_addr_parse(addrs[i], &addr, NULL), 0);
        assert_int_equal(ww_fence_add_own(f, &addr), 0);
    }
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    assert_int_equal(ww_fences_set(fences, f, NULL), 0);
    ww_fence_unref(f);
    return fences;
}

static void apply(struct trial *t, struct ww_plan *plan)
{
    struct ww_refusal refusal = {0};
    struct ww_diff diff = {0};
    struct ww_error err = {0};
    int result;
    assert_int_equal(ww_plan_diff(t->plan, plan, NULL, 0, &diff, &err), 0);
    if (t->round % 2)
        result = ww_kernel_apply(t->kernel, &diff, NULL, &refusal, &err);
    else {
        struct ww_fences *fences = host_fences();
        result = ww_kernel_apply_all(t->kernel, plan, fences, &refusal, &err);
        ww_fences_free(fences);
    }
    if (result < 0)
        fail_msg("WW_SEED=%llu round %u: the kernel refuses a plan: %s (%s, %s)", (unsigned long long)t->seed, t->round,
                 err.text, refusal.id ? refusal.id : "-", refusal.origin ? refusal.origin : "-");
    if (helper_remove_flows(t->looks, plan, &diff, &err) < 0)
        fail_msg("cannot remove flows: %s", err.text);
    ww_refusal_done(&refusal);
    ww_diff_done(&diff);
    ww_plan_free(t->plan);
    t->plan = plan;
}

/*
 * What the kernel does by the sender's MAC, which a flow does not have: from the interface of a managed endpoint
 * nothing may come from an address that is not the endpoint's, be it a question or an answer.
 */
static bool is_forged(const struct trial *t, int place, const struct ww_addr *addr)
{
    for (unsigned network = 0; place < LAB_CONTAINERS && network < 2; network++) {
        struct ww_endpoint_addrs e = gen_endpoint((unsigned)place, network);
        struct ww_addr local = ww_mac_link_local(&e.mac);
        if (ww_addr_cmp(&e.ipv4, addr) && ww_addr_cmp(&e.ipv6, addr))
            continue;
        return ww_plan_by_addr(t->plan, &local) && !ww_plan_by_addr(t->plan, addr);
    }
    return false;
}

static bool is_spoofed(const struct trial *t, const struct probe *p)
{
    return is_forged(t, p->from, &p->flow.src);
}

static bool is_expected(const struct trial *t, const struct probe *p)
{
    return !is_spoofed(t, p) && ww_flow_judge(t->plan, &p->flow).allowed;
}

/* Whoever is let in is answered, too, unless from an address that the receiver may not use. */
static bool agrees(const struct trial *t, const struct probe *p)
{
    bool expected = is_expected(t, p);
    bool answered = expected && !is_forged(t, p->to, &p->flow.dst);
    return !p->strayed && p->delivered == expected && p->answered == answered;
}

static const char *place_name(int place)
{
    static const char *const names[LAB_PLACES] = {"c0", "c1", "c2", "c3", "host", "outside"};
    return names[place];
}

static void print_rule(const char *what, const struct ww_rule *rule)
{
    struct ww_buf text = {0};
    if (!rule)
        return;
    ww_rule_write(rule, &text);
    print_message("  %s: %s", what, text.data);
    ww_buf_done(&text);
}

static void print_ruleset(const struct trial *t, const struct ww_addr *addr)
{
    struct ww_buf text = {0};
    const struct ww_ruleset *rs = ww_plan_by_addr(t->plan, addr);
    if (!rs)
        return;
    ww_ruleset_write(rs, &text);
    print_message("%s", text.data);
    ww_buf_done(&text);
}

static void print_publisher(const struct trial *t, const struct ww_flow *f)
{
    const struct ww_ruleset *rs = ww_plan_by_publish(t->plan, f->proto, &f->orig_dst, f->orig_dport, NULL);
    if (rs && rs != ww_plan_by_addr(t->plan, &f->dst))
        print_ruleset(t, rs->endpoints[0].ipv4.family ? &rs->endpoints[0].ipv4 : &rs->endpoints[0].ipv6);
}

/* Everything that is needed to see why. */
static void print_disagreement(const struct trial *t, const struct probe *p)
{
    char src[WW_ADDR_TEXT], orig_dst[WW_ADDR_TEXT], dst[WW_ADDR_TEXT];
    const struct ww_flow *f = &p->flow;
    struct ww_judgement j = ww_flow_judge(t->plan, f);
    print_message("\nWW_SEED=%llu round %u: proto %u, %s %s:%u dials %s:%u -> %s %s:%u%s%s\n",
                  (unsigned long long)t->seed, t->round, f->proto, place_name(p->from), ww_addr_text(&f->src, src),
                  f->sport, ww_addr_text(&f->orig_dst, orig_dst), f->orig_dport, place_name(p->to),
                  ww_addr_text(&f->dst, dst), f->dport, f->from_host ? " from_host" : "", f->to_host ? " to_host" : "");
    print_message("  kernel: %s, %s%s (%s); simulator: %s, %s%s\n", p->delivered ? "delivered" : "not delivered",
                  p->answered ? "answered" : "not answered", p->strayed ? ", strayed" : "",
                  p->send_error ? strerror(p->send_error) : "sent", j.allowed ? "allowed" : "refused", j.reason,
                  is_spoofed(t, p) ? "; spoofed" : "");
    print_rule("sender's rule", j.sender);
    print_rule("receiver's rule", j.receiver);
    print_ruleset(t, &f->src);
    print_ruleset(t, &f->dst);
    print_publisher(t, f);
}

/* A packet may get lost on a busy machine: what disagrees is asked again, alone, and as a new flow. */
static void retry(struct trial *t, struct probe *p)
{
    helper_forget_all(t->conntrack);
    probe_run(&t->kit, p, 1, RETRY_QUIET_MS);
}

static void settle(struct trial *t, struct probe *p)
{
    t->compared++;
    t->delivered += p->delivered;
    if (agrees(t, p))
        return;
    if (t->disagreed++ < SHOWN)
        print_disagreement(t, p);
}

static bool can_go_on(const struct trial *t, const struct probe *p)
{
    return !is_ambiguous(t, &p->flow);
}

/*
 * The flows of the last round go on under the new plan: pings were answered, so they are established and none of their
 * packets is judged any more. What the plan does not allow must have been removed.
 */
static void go_on(struct trial *t)
{
    probe_run(&t->kit, t->probes, t->n, QUIET_MS);
    for (int tries = 0; tries < 2; tries++) {
        bool lost = false;
        for (size_t i = 0; i < t->n; i++)
            lost = lost || (can_go_on(t, &t->probes[i]) && !agrees(t, &t->probes[i]));
        if (!lost)
            break;
        probe_run(&t->kit, t->probes, t->n, RETRY_QUIET_MS);
    }
    for (size_t i = 0; i < t->n; i++)
        if (can_go_on(t, &t->probes[i]))
            settle(t, &t->probes[i]);
}

/* In every third round nothing needs a chain, but a log here and there in half of them: CIDRs are in sets. */
static void run_round(struct trial *t)
{
    t->gen.wish.networks = t->round % 3 == 1;
    t->gen.wish.chains = !t->gen.wish.networks;
    t->gen.wish.logs = t->round % 6 != 1;
    apply(t, gen_plan(&t->gen, LAB_CONTAINERS));
    go_on(t);
    choose_probes(t);
    translate(t);
    helper_forget_all(t->conntrack);
    probe_run(&t->kit, t->probes, t->n, QUIET_MS);
    for (size_t i = 0; i < t->n; i++) {
        if (!agrees(t, &t->probes[i]))
            retry(t, &t->probes[i]);
        settle(t, &t->probes[i]);
    }
}

static void open_trial(struct trial *t)
{
    struct ww_error err = {0};
    if (!lab_open(&t->lab))
        skip();
    probe_open(&t->kit, &t->lab);
    helper_run("nft -f - <<'EOT'\n%sEOT\n", NAT);
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &t->conntrack, &err), 0);
    assert_int_equal(ww_conntrack_new(&t->looks, &err), 0);
    assert_int_equal(ww_kernel_new(&t->kernel, &err), 0);
    ww_kernel_share_table(t->kernel, true);
    if (ww_kernel_adopt(t->kernel, NULL, &err) < 0)
        fail_msg("%s", err.text);
    helper_run("nft 'add chain inet whalewall user_a { accept; }; add chain inet whalewall user_b { accept; }'");
    t->plan = ww_plan_new();
    assert_non_null(t->plan);
    t->seed = gen_seed();
    gen_init(&t->gen, t->seed);
    t->gen.wish.queues = false; /* not every kernel has them */
}

static void close_trial(struct trial *t)
{
    ww_plan_free(t->plan);
    ww_kernel_free(t->kernel);
    ww_conntrack_free(t->looks);
    mnl_socket_close(t->conntrack);
    probe_close(&t->kit);
    lab_close(&t->lab);
}

static void the_simulator_agrees_with_the_kernel(void **state)
{
    (void)state;
    static struct trial t;
    const char *rounds = getenv("WW_ROUNDS");
    unsigned last = rounds ? (unsigned)strtoul(rounds, NULL, 10) : ROUNDS;
    open_trial(&t);
    int64_t start = ww_clock_mono();
    for (t.round = 0; t.round < last; t.round++)
        run_round(&t);
    print_message("%zu flows compared in %d ms, %zu of them delivered, %zu disagreements\n", t.compared,
                  (int)((ww_clock_mono() - start) / WW_NS_PER_MS), t.delivered, t.disagreed);
    assert_int_equal(t.disagreed, 0);
    /* A lab that lets nothing (or everything) through would prove nothing. */
    assert_true(t.delivered > t.compared / 20 && t.delivered < t.compared * 19 / 20);
    close_trial(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulator_agrees_with_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
