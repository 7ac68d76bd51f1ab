#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/ir/text.h"
#include "core/kernel/conntrack/conntrack.h"
#include "core/kernel/conntrack/conntrack_filter.h"
#include "core/kernel/netlink/ask.h"
#include "helper_netns.h"
#include "helper_tracked.h"

#define MAX_FLOWS 8
#define MAX_RULESETS 4

/* web: 192.0.2.10 and 2001:db8::10; db: 192.0.2.11 and 2001:db8::11. The host: 192.0.2.1, 2001:db8::1, 198.51.100.1. */
#define WEB "ruleset web \"web\"\nendpoint 192.0.2.10 2001:db8::10 02:42:c0:00:02:0a\n"
#define DB "ruleset db \"db\"\nendpoint 192.0.2.11 2001:db8::11 02:42:c0:00:02:0b\n"
#define PUBLISH "publish tcp 80 on 0.0.0.0 port 8080\npublish tcp 80 on :: port 8080\n"
#define OUT_DNS "output to 203.0.113.53 udp dport 53 origin \"output[0]\"\n"

struct test_flow {
    struct helper_flow flow;
    bool removed;
};

struct test_case {
    const char *name;
    const char *from[MAX_RULESETS]; /* texts of rulesets */
    const char *to[MAX_RULESETS];
    struct test_flow flows[MAX_FLOWS]; /* to the first without a source */
};

#define UDP IPPROTO_UDP
#define TCP IPPROTO_TCP
#define NAT(proto, src, sport, orig_dst, orig_dport, dst, dport)                                                       \
    {                                                                                                                  \
        proto, src, sport, orig_dst, orig_dport, dst, dport, 0, 0                                                      \
    }
#define ZONE(zone, proto, src, sport, dst, dport)                                                                      \
    {                                                                                                                  \
        proto, src, sport, dst, dport, NULL, 0, zone, 0                                                                \
    }
#define NOTED(label, src, sport, dst, dport)                                                                           \
    {                                                                                                                  \
        IPPROTO_UDP, src, sport, dst, dport, NULL, 0, 0, label                                                         \
    }
#define FLOW(proto, src, sport, dst, dport) ZONE(0, proto, src, sport, dst, dport)

static const struct test_case cases[] = {
    {"a withdrawn rule removes its flows and no others",
     {WEB OUT_DNS "output to 203.0.113.80 tcp dport 80 origin \"output[1]\"\n"},
     {WEB OUT_DNS},
     {{FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), false},
      {FLOW(TCP, "192.0.2.10", 4002, "203.0.113.80", 80), true},
      {FLOW(TCP, "192.0.2.99", 4002, "203.0.113.80", 80), false},
      {FLOW(UDP, "192.0.2.10", 4001, "203.0.113.54", 53), true}}},
    {"a container that becomes managed loses the flows that it may not have",
     {0},
     {WEB OUT_DNS},
     {{FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), false},
      {FLOW(UDP, "2001:db8::10", 4001, "2001:db8:1::53", 53), true},
      {FLOW(TCP, "203.0.113.9", 4003, "192.0.2.10", 80), true},
      {FLOW(TCP, "2001:db8:1::9", 4003, "2001:db8::10", 80), true}}},
    {"a quarantined container loses all, pings and forwarded ports too",
     {WEB OUT_DNS PUBLISH},
     {"ruleset web \"web\" quarantined\nendpoint 192.0.2.10 2001:db8::10 02:42:c0:00:02:0a\n"},
     {{FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), true},
      {FLOW(IPPROTO_ICMP, "192.0.2.10", 0, "203.0.113.53", 0), true},
      {FLOW(IPPROTO_ICMPV6, "2001:db8:1::9", 0, "2001:db8::10", 0), true},
      {NAT(TCP, "203.0.113.9", 4003, "198.51.100.1", 8080, "192.0.2.10", 80), true},
      {FLOW(TCP, "192.0.2.1", 4004, "192.0.2.10", 80), true}}},
    {"a container that is gone loses even what was allowed, the host and other containers lose nothing",
     {WEB OUT_DNS "external from any\n" PUBLISH, DB OUT_DNS},
     {DB OUT_DNS},
     {{FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), true},
      {NAT(TCP, "203.0.113.9", 4003, "198.51.100.1", 8080, "192.0.2.10", 80), true},
      {FLOW(TCP, "192.0.2.99", 4003, "192.0.2.10", 80), true},
      {FLOW(UDP, "fe80::42:c0ff:fe00:20a", 5353, "ff02::fb", 5353), true},
      {FLOW(UDP, "192.0.2.1", 4004, "203.0.113.53", 53), false},
      {FLOW(TCP, "203.0.113.9", 4005, "198.51.100.1", 22), false},
      {FLOW(UDP, "192.0.2.11", 4006, "203.0.113.53", 53), false}}},
    {"a rule about ICMP keeps pings, and nothing else of it",
     {WEB "output to any origin \"output[0]\"\n"},
     {WEB "output to any icmp origin \"output[0]\"\n"},
     {{FLOW(IPPROTO_ICMP, "192.0.2.10", 0, "203.0.113.53", 0), false},
      {FLOW(IPPROTO_ICMPV6, "2001:db8::10", 0, "2001:db8:1::9", 0), false},
      {FLOW(IPPROTO_ICMP, "192.0.2.10", 0, "203.0.113.53", 0x0d00), true},
      {FLOW(IPPROTO_ICMPV6, "2001:db8::10", 0, "2001:db8:1::9", 0x8b00), true},
      {FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), true}}},
    {"a withdrawn rule about ICMP removes pings",
     {WEB "output to any icmp origin \"output[0]\"\n" OUT_DNS},
     {WEB OUT_DNS},
     {{FLOW(IPPROTO_ICMP, "192.0.2.10", 0, "203.0.113.53", 0), true},
      {FLOW(IPPROTO_ICMPV6, "2001:db8::10", 0, "2001:db8:1::9", 0), true},
      {FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), false}}},
    {"SCTP is removed by its ports",
     {WEB "output to any origin \"output[0]\"\n"},
     {WEB "output to any sctp dport 3868 origin \"output[0]\"\n"},
     {{FLOW(IPPROTO_SCTP, "192.0.2.10", 4001, "203.0.113.53", 3868), false},
      {FLOW(IPPROTO_SCTP, "192.0.2.10", 4001, "203.0.113.53", 3869), true},
      {FLOW(IPPROTO_SCTP, "2001:db8::10", 4001, "2001:db8:1::9", 3868), false},
      {FLOW(TCP, "192.0.2.10", 4001, "203.0.113.53", 3868), true}}},
    {"a flow translated on both ways is judged by its real ends",
     {WEB "external from any\n" PUBLISH},
     {WEB "external from 203.0.113.9\n" PUBLISH},
     {{NAT(TCP, "203.0.113.9", 4003, "198.51.100.1", 8080, "192.0.2.10", 80), false},
      {NAT(TCP, "203.0.113.8", 4003, "198.51.100.1", 8080, "192.0.2.10", 80), true}}},
    {"the way through the userland proxy is removed at the host's port",
     {WEB "external from any\n" PUBLISH},
     {WEB "external from 203.0.113.9\n" PUBLISH},
     {{FLOW(TCP, "192.0.2.1", 4003, "192.0.2.10", 80), false},
      {FLOW(TCP, "203.0.113.8", 4003, "198.51.100.1", 8080), true},
      {FLOW(TCP, "203.0.113.9", 4003, "198.51.100.1", 8080), false},
      {FLOW(TCP, "203.0.113.8", 4003, "198.51.100.1", 8081), false},
      {FLOW(TCP, "2001:db8:1::9", 4003, "2001:db8::1", 8080), true}}},
    {"the port dialled is as good as the endpoint it leads to",
     {WEB
      "output to 198.51.100.1 tcp dport 9090 origin \"output[0]\"\noutput to any udp dport 1 origin \"output[1]\"\n"},
     {WEB "output to 198.51.100.1 tcp dport 9090 origin \"output[0]\"\n"},
     {{NAT(TCP, "192.0.2.10", 4003, "198.51.100.1", 9090, "192.0.2.99", 80), false},
      {NAT(TCP, "192.0.2.10", 4004, "198.51.100.1", 9091, "192.0.2.99", 80), true}}},
    {"both sides' rulesets count",
     {WEB "output to 192.0.2.11 tcp dport 5432 origin \"output[0]\"\n",
      DB "input consent from 192.0.2.10 tcp dport 5432 origin \"output[0] of web\"\n"},
     {WEB "output to 192.0.2.11 tcp dport 5432 origin \"output[0]\"\n", DB},
     {{FLOW(TCP, "192.0.2.10", 4003, "192.0.2.11", 5432), true}}},
    {"an address that changes hands keeps what its new holder may have",
     {WEB OUT_DNS},
     {"ruleset other \"other\"\nendpoint 192.0.2.10 - 02:42:c0:00:02:0a\n" OUT_DNS},
     {{FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), false},
      {FLOW(UDP, "2001:db8::10", 4001, "2001:db8:1::53", 53), true},
      {FLOW(UDP, "192.0.2.10", 4001, "203.0.113.54", 53), true}}},
    {"what is under another chain than now goes, what is noted right stays",
     {WEB "output to 203.0.113.1 udp origin \"o[0]\"\n"
          "output to 203.0.113.2 udp chain \"a\" origin \"o[1]\"\n"
          "output to 203.0.113.3 udp chain \"a\" origin \"o[2]\"\n"
          "output to 203.0.113.4 udp chain \"a\" origin \"o[3]\"\n"},
     {WEB "output to 203.0.113.1 udp chain \"a\" origin \"o[0]\"\n"
          "output to 203.0.113.2 udp origin \"o[1]\"\n"
          "output to 203.0.113.3 udp chain \"b\" origin \"o[2]\"\n"
          "output to 203.0.113.4 udp chain \"a\" origin \"o[3]\"\n"},
     {{NOTED(0, "192.0.2.10", 1, "203.0.113.1", 1), true},   /* began before */
      {NOTED(1, "192.0.2.10", 2, "203.0.113.1", 1), false},  /* began after */
      {NOTED(0, "192.0.2.10", 1, "203.0.113.2", 2), false},  /* began after */
      {NOTED(1, "192.0.2.10", 2, "203.0.113.2", 2), true},   /* began before */
      {NOTED(1, "192.0.2.10", 1, "203.0.113.3", 3), true},   /* of unknown ends */
      {NOTED(1, "192.0.2.10", 1, "203.0.113.4", 4), false},  /* all the same */
      {NOTED(0, "192.0.2.10", 2, "203.0.113.4", 4), true}}}, /* began before both */
    {"a chain on the receiver's side is noted in the other half of the label",
     {WEB "input from any udp dport 1 chain \"a\" origin \"i[0]\"\n"},
     {WEB "input from any udp dport 1 chain \"b\" origin \"i[0]\"\ninput from any udp dport 2 origin \"i[1]\"\n"},
     {{NOTED(2, "203.0.113.1", 1, "192.0.2.10", 1), true}, {NOTED(2, "203.0.113.1", 1, "192.0.2.10", 2), false}}},
    {"a chain that moves to another place among the rules is another chain",
     {WEB "output to 203.0.113.2 udp chain \"a\" origin \"o[1]\"\n"},
     {WEB "output to 203.0.113.9 tcp origin \"o[0]\"\noutput to 203.0.113.2 udp chain \"a\" origin \"o[1]\"\n"},
     {{NOTED(1, "192.0.2.10", 1, "203.0.113.2", 2), true}}},
    {"a flow in a conntrack zone is found there",
     {WEB OUT_DNS},
     {WEB},
     {{ZONE(7, UDP, "192.0.2.10", 4001, "203.0.113.53", 53), true},
      {FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53), true}}},
    {"a container with the host's own address leaves the host's flows alone when it goes",
     {"ruleset odd \"odd\"\nendpoint 198.51.100.1 - -\n"},
     {0},
     {{FLOW(UDP, "198.51.100.1", 4001, "203.0.113.53", 53), false}}},
};

static struct ww_plan *read_plan(const char *const *texts)
{
    struct ww_plan *plan = ww_plan_new();
    assert_non_null(plan);
    for (size_t i = 0; i < MAX_RULESETS && texts[i]; i++) {
        struct ww_ruleset *rs = NULL;
        struct ww_error err = {0};
        if (ww_ruleset_read(texts[i], &rs, &err) < 0)
            fail_msg("%s in:\n%s", err.text, texts[i]);
        assert_int_equal(ww_plan_set(plan, rs, &err), 0);
        ww_ruleset_unref(rs);
    }
    return plan;
}

static void enter_host(void)
{
    if (!helper_netns_enter())
        skip();
    helper_run("ip link add br0 type bridge && ip link set br0 up && ip addr add 192.0.2.1/24 dev br0 && "
               "ip addr add 198.51.100.1/24 dev br0 && ip addr add 2001:db8::1/64 dev br0 nodad && "
               "nft 'add table ip labels; add chain ip labels c; add rule ip labels c ct label set 1'");
}

static void run_case(const struct test_case *c, unsigned crowd)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_conntrack *ct = NULL;
    struct ww_diff diff = {0};
    struct ww_error err = {0};
    int expected = 0;
    enter_host();
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    assert_int_equal(ww_conntrack_new(&ct, &err), 0);
    helper_track_many(socket, crowd);
    struct ww_plan *from = read_plan(c->from), *to = read_plan(c->to);
    assert_int_equal(ww_plan_diff(from, to, NULL, 0, &diff, &err), 0);
    for (const struct test_flow *f = c->flows; f->flow.src; f++) {
        helper_track(socket, &f->flow);
        expected += f->removed;
    }
    int removed = helper_remove_flows(ct, to, &diff, &err);
    for (const struct test_flow *f = c->flows; f->flow.src; f++)
        if (helper_is_tracked(socket, &f->flow) == f->removed)
            fail_msg("%s: %s:%u -> %s:%u is %s", c->name, f->flow.src, f->flow.sport, f->flow.orig_dst,
                     f->flow.orig_dport, f->removed ? "still there" : "gone");
    if (removed != expected)
        fail_msg("%s: returned %d instead of %d (%s)", c->name, removed, expected, err.text);
    assert_int_equal(helper_remove_flows(ct, to, &diff, &err), 0);
    ww_diff_done(&diff);
    ww_plan_free(from);
    ww_plan_free(to);
    ww_conntrack_free(ct);
}

static void cuts_what_is_not_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(&cases[i], 0);
}

/* The same, where the table is so full that the kernel is asked for the addresses one by one. */
static void cuts_the_same_in_a_crowded_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(&cases[i], 30000);
}

static void the_kernels_filter_finds_exactly_what_is_asked_for(void **state)
{
    (void)state;
    static const struct helper_flow flows[] = {
        FLOW(UDP, "192.0.2.10", 4001, "203.0.113.53", 53),
        NAT(TCP, "203.0.113.9", 4003, "198.51.100.1", 8080, "192.0.2.10", 80),
        FLOW(TCP, "2001:db8::10", 4003, "2001:db8:1::9", 80),
        NAT(TCP, "2001:db8:1::9", 4003, "2001:db8::1", 8080, "2001:db8::10", 80),
        FLOW(UDP, "2001:db8::11", 4003, "2001:db8:1::9", 8080),
    };
    static const struct {
        const char *addr;
        size_t as_source, as_reply;
    } wanted[] = {
        {"192.0.2.10", 1, 1},
        {"203.0.113.9", 1, 0},
        {"203.0.113.53", 0, 1},
        {"192.0.2.11", 0, 0},
    };
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_error err = {0};
    char bytes[WW_CT_QUESTION_BYTES] = {0};
    enter_host();
    if (!ww_ct_can_filter())
        skip();
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
        helper_track(socket, &flows[i]);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct ww_addr addr;
        assert_int_equal(ww_addr_parse(wanted[i].addr, &addr, NULL), 0);
        size_t source = helper_count(socket, ww_ct_ask_source(bytes, &addr, false));
        size_t reply = helper_count(socket, ww_ct_ask_source(bytes, &addr, true));
        if (source != wanted[i].as_source || reply != wanted[i].as_reply)
            fail_msg("%s: %zu as the source, %zu as the reply's", wanted[i].addr, source, reply);
    }
    assert_int_equal(helper_count(socket, ww_ct_ask_port(bytes, TCP, 8080, false)), 1);
    assert_int_equal(helper_count(socket, ww_ct_ask_port(bytes, UDP, 8080, false)), 0);
    /* The host's own membership reports may be among them. */
    size_t all = helper_count(socket, ww_ct_ask_family(bytes, AF_UNSPEC));
    size_t v6 = helper_count(socket, ww_ct_ask_family(bytes, AF_INET6));
    assert_true(v6 >= 3 && all >= v6 + 2);
}

static void the_cheapest_way_to_look_is_chosen(void **state)
{
    (void)state;
    static const struct {
        struct ww_ct_load load;
        bool filter;
    } table[] = {
        {{true, true, 262144, 0, 0, 2}, false},           /* an empty table: one dump */
        {{true, true, 262144, 1000, 0, 2}, false},        /* and a small one */
        {{true, false, 262144, 100000, 0, 2}, true},      /* one IPv4 address: two filtered dumps */
        {{true, true, 262144, 100000, 0, 2}, true},       /* and little IPv6 apart */
        {{true, true, 262144, 100000, 90000, 2}, false},  /* mostly IPv6: one dump */
        {{true, false, 262144, 100000, 90000, 8}, false}, /* mostly IPv6, which does not matter: one dump of IPv4 */
        {{true, true, 262144, 100000, 0, 20}, false},     /* ten containers: one dump */
        {{false, true, 262144, 100000, 0, 2}, false},     /* an old kernel: one dump */
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (ww_ct_prefers_filter(&table[i].load) != table[i].filter)
            fail_msg("row %zu: %s", i, table[i].filter ? "whole" : "filtered");
}

/* More flows than acks fit into the socket's buffer at once. */
static void thousands_of_flows_of_one_container_are_removed(void **state)
{
    (void)state;
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_conntrack *ct = NULL;
    struct ww_diff diff = {0};
    struct ww_error err = {0};
    struct helper_flow flow = FLOW(UDP, "192.0.2.10", 0, "203.0.113.53", 53);
    enter_host();
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    assert_int_equal(ww_conntrack_new(&ct, &err), 0);
    for (flow.sport = 1; flow.sport <= 3000; flow.sport++)
        helper_track(socket, &flow);
    static const char *const web[MAX_RULESETS] = {WEB};
    struct ww_plan *none = read_plan((const char *const[MAX_RULESETS]){0}), *plan = read_plan(web);
    assert_int_equal(ww_plan_diff(none, plan, NULL, 0, &diff, &err), 0);
    assert_int_equal(helper_remove_flows(ct, plan, &diff, &err), 3000);
    ww_diff_done(&diff);
    ww_plan_free(none);
    ww_plan_free(plan);
    ww_conntrack_free(ct);
}

/* The bound is wide, for slow and busy machines; the figure is what counts (goal: 100 ms). */
static void a_hundred_thousand_flows_are_looked_through_in_time(void **state)
{
    (void)state;
    static const char *const web[MAX_RULESETS] = {WEB PUBLISH};
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_conntrack *ct = NULL;
    struct ww_diff diff = {0};
    struct ww_error err = {0};
    enter_host();
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    assert_int_equal(ww_conntrack_new(&ct, &err), 0);
    helper_track_many(socket, 100000);
    helper_track(socket, &(struct helper_flow)FLOW(UDP, "192.0.2.10", 1, "203.0.113.53", 53));
    struct ww_plan *none = read_plan((const char *const[MAX_RULESETS]){0}), *plan = read_plan(web);
    assert_int_equal(ww_plan_diff(none, plan, NULL, 0, &diff, &err), 0);
    int64_t start = ww_clock_mono();
    assert_int_equal(helper_remove_flows(ct, plan, &diff, &err), 1);
    int64_t ms = (ww_clock_mono() - start) / WW_NS_PER_MS;
    print_message("100000 flows, one dual-stack container: %d ms\n", (int)ms);
    assert_true(ms < 1000);
    ww_diff_done(&diff);
    ww_plan_free(none);
    ww_plan_free(plan);
    ww_conntrack_free(ct);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_what_is_not_allowed),
        cmocka_unit_test(cuts_the_same_in_a_crowded_table),
        cmocka_unit_test(the_kernels_filter_finds_exactly_what_is_asked_for),
        cmocka_unit_test(the_cheapest_way_to_look_is_chosen),
        cmocka_unit_test(thousands_of_flows_of_one_container_are_removed),
        cmocka_unit_test(a_hundred_thousand_flows_are_looked_through_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
