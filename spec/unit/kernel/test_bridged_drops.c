/*
 * What is dropped within a bridge where the IP hooks do not see it (bridge-nf 0), and what passes there for the sake of
 * an audited container, is counted for the end that it concerns and reported, as in table inet. c0 and c1 are managed,
 * c2 is not.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "core/model/protocol.h"
#include "helper_bound.h"
#include "helper_dropped.h"
#include "helper_netns.h"
#include "helper_tracked.h"
#include "spec/unit/addr.h"

#define QUIET_MS 100
#define HEAD(n) "ruleset 000000000000000000000000000000000000000000000000000000000000000" #n " \"c" #n "\""
#define ENDPOINT0 "\nendpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
#define ENDPOINT1 "\nendpoint 198.51.100.3 2001:db8:100::3 02:42:00:00:00:01\n"
#define ENFORCED0 HEAD(0) ENDPOINT0
#define ENFORCED1 HEAD(1) ENDPOINT1
#define AUDITED0 HEAD(0) " audited" ENDPOINT0
#define AUDITED1 HEAD(1) " audited" ENDPOINT1
#define OUT WW_REASON_OUT
#define IN WW_REASON_IN
#define INVALID WW_REASON_INVALID

enum packet {
    DATAGRAM,
    PING,
    SEGMENT, /* of no connection */
    BROKEN,  /* begins one, with a wrong checksum; IPv4 only */
};

struct seen {
    enum ww_drop_reason reason;
    int of; /* the container for which it is counted; -1: none */
    bool audited;
};

static const struct row {
    const char *name;
    const char *rules0;
    const char *rules1;
    int from, to;
    enum packet packet;
    bool passes;
    struct seen seen[2]; /* in the order of the reports */
    size_t n;
} rows[] = {
    {"no output rule", ENFORCED0, ENFORCED1, 0, 2, DATAGRAM, false, {{OUT, 0, false}}, 1},
    {"no output rule, a ping", ENFORCED0, ENFORCED1, 0, 2, PING, false, {{OUT, 0, false}}, 1},
    {"no inbound rule", ENFORCED0, ENFORCED1, 2, 1, DATAGRAM, false, {{IN, 1, false}}, 1},
    {"no inbound rule, a ping", ENFORCED0, ENFORCED1, 2, 1, PING, false, {{IN, 1, false}}, 1},
    {"no flow, sent", ENFORCED0, ENFORCED1, 0, 2, SEGMENT, false, {{INVALID, 0, false}}, 1},
    {"no flow, sent to a managed one", ENFORCED0, ENFORCED1, 0, 1, SEGMENT, false, {{INVALID, 0, false}}, 1},
    {"no flow, received", ENFORCED0, ENFORCED1, 2, 1, SEGMENT, false, {{INVALID, 1, false}}, 1},
    {"audited, no output rule", AUDITED0, AUDITED1, 0, 2, DATAGRAM, true, {{OUT, 0, true}}, 1},
    {"audited, no output rule, a ping", AUDITED0, AUDITED1, 0, 2, PING, true, {{OUT, 0, true}}, 1},
    {"audited, no inbound rule", AUDITED0, AUDITED1, 2, 1, DATAGRAM, true, {{IN, 1, true}}, 1},
    {"audited, no inbound rule, a ping", AUDITED0, AUDITED1, 2, 1, PING, true, {{IN, 1, true}}, 1},
    {"from one audited to another", AUDITED0, AUDITED1, 0, 1, DATAGRAM, true, {{OUT, 0, true}, {IN, 1, true}}, 2},
    /* it begins no flow, and then no rule allows it */
    {"audited, no flow, sent", AUDITED0, ENFORCED1, 0, 2, SEGMENT, true, {{INVALID, 0, true}, {OUT, 0, true}}, 2},
    {"audited, no flow, received", ENFORCED0, AUDITED1, 2, 1, SEGMENT, true, {{INVALID, 1, true}, {IN, 1, true}}, 2},
    {"broken, sent",
     ENFORCED0 "output to any tcp dport 53 origin \"output[0]\"\n",
     ENFORCED1,
     0,
     2,
     BROKEN,
     false,
     {{INVALID, 0, false}},
     1},
    {"no flow, from an audited to an enforced one",
     AUDITED0,
     ENFORCED1,
     0,
     1,
     SEGMENT,
     false,
     {{INVALID, 1, false}},
     1},
};

static const char *addr_of_container(int n, bool v6)
{
    static const char *const addrs[][2] = {
        {"198.51.100.2", "2001:db8:100::2"}, {"198.51.100.3", "2001:db8:100::3"}, {"198.51.100.4", "2001:db8:100::4"}};
    return addrs[n][v6];
}

static int open_reporting(void **state)
{
    int rc = stage_open(state);
    dropped_open(&stage.bench);
    return rc;
}

static void apply(struct ww_plan *plan)
{
    struct bench *b = &stage.bench;
    if (ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(plan);
}

/* No counts survive that, no flows, and nothing that samples and reports are limited by. */
static void start_anew(const char *rules0, const char *rules1)
{
    struct mnl_socket *conntrack;
    apply(ww_plan_new());
    apply(bench_plan(rules0, rules1, NULL));
    helper_run("for set in sample_s sample_d audit_s audit_d audit_sent audit_got; do "
               "echo flush set bridge whalewall ${set}4; echo flush set bridge whalewall ${set}6; done | nft -f -");
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &stage.bench.err), 0);
    helper_forget_all(conntrack);
    mnl_socket_close(conntrack);
    assert_int_equal(counters_read(&stage.bench).n, 0);
    (void)reports_read(&stage.bench);
}

static bool is_delivered(const struct row *row, bool v6)
{
    struct probe p = {.from = row->from, .to = row->to};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .sport = 4000, .dport = 53, .orig_dport = 53};
    p.flow.src = addr_of(addr_of_container(row->from, v6));
    p.flow.dst = addr_of(addr_of_container(row->to, v6));
    p.flow.orig_dst = p.flow.dst;
    if (row->packet == PING) {
        p.flow.proto = ww_protocol_in(IPPROTO_ICMP, p.flow.src.family);
        p.flow.question = ww_protocol_question(p.flow.proto);
        p.flow.sport = p.flow.dport = p.flow.orig_dport = 0;
    }
    if (row->packet == SEGMENT || row->packet == BROKEN)
        p.flow.proto = IPPROTO_TCP;
    p.kind = row->packet == SEGMENT ? PROBE_ACK : 0;
    p.checksum = row->packet == BROKEN ? 1 : 0;
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    return p.delivered;
}

static bool is_of(const struct ww_addr *addr, int container, bool v6)
{
    struct ww_addr wanted = addr_of(addr_of_container(container, v6));
    return ww_addr_cmp(&wanted, addr) == 0;
}

static void expect_counted(const struct row *row, bool v6, uint64_t packets)
{
    struct counters c = counters_read(&stage.bench);
    if (c.n != row->n)
        fail_msg("%s, IPv%d: %zu counters", row->name, v6 ? 6 : 4, c.n);
    for (size_t i = 0; i < c.n; i++) {
        const struct ww_drop_counter *at = &c.v[i];
        bool found = false;
        for (size_t k = 0; k < row->n; k++)
            found = found || (at->reason == row->seen[k].reason && at->audited == row->seen[k].audited && !at->lost &&
                              is_of(&at->addr, row->seen[k].of, v6));
        if (!found || at->packets != packets)
            fail_msg("%s, IPv%d: %lu packets are counted as %s%s", row->name, v6 ? 6 : 4, (unsigned long)at->packets,
                     at->audited ? "audited, " : "", ww_drop_reason_name(at->reason));
    }
}

static void expect_reported(const struct row *row, bool v6)
{
    struct reports r = reports_read(&stage.bench);
    if (r.n != row->n)
        fail_msg("%s, IPv%d: %zu reports", row->name, v6 ? 6 : 4, r.n);
    for (size_t i = 0; i < r.n; i++)
        if (r.v[i].reason != row->seen[i].reason || r.v[i].audited != row->seen[i].audited ||
            !is_of(&r.v[i].src, row->from, v6) || !is_of(&r.v[i].dst, row->to, v6))
            fail_msg("%s, IPv%d: reported as %s%s", row->name, v6 ? 6 : 4, r.v[i].audited ? "audited, " : "",
                     ww_drop_reason_name(r.v[i].reason));
}

/* A flow that passes because of audit is reported once: sent again it is no report, and no loss. */
static void expect_no_more(const struct row *row, bool v6)
{
    struct mnl_socket *conntrack;
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &stage.bench.err), 0);
    helper_forget_all(conntrack);
    mnl_socket_close(conntrack);
    assert_true(is_delivered(row, v6));
    expect_counted(row, v6, 2);
    struct reports r = reports_read(&stage.bench);
    if (r.n)
        fail_msg("%s, IPv%d, once more: %zu reports", row->name, v6 ? 6 : 4, r.n);
}

static void expect_rows(enum packet packet)
{
    stage_start_past_the_ip_hooks();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int v6 = 0; v6 < (packet == BROKEN ? 1 : 2) && rows[i].packet == packet; v6++) {
            start_anew(rows[i].rules0, rows[i].rules1);
            if (is_delivered(&rows[i], v6) != rows[i].passes)
                fail_msg("%s, IPv%d: it %s", rows[i].name, v6 ? 6 : 4, rows[i].passes ? "does not pass" : "passes");
            expect_counted(&rows[i], v6, 1);
            expect_reported(&rows[i], v6);
            if (rows[i].passes && packet != SEGMENT)
                expect_no_more(&rows[i], v6);
        }
    }
    apply(ww_plan_new());
    stage_start_with(1, 1);
}

static void a_datagram_is_counted_and_reported(void **state)
{
    (void)state;
    expect_rows(DATAGRAM);
}

static void a_ping_is_counted_and_reported(void **state)
{
    (void)state;
    expect_rows(PING);
}

static void a_segment_of_no_flow_is_counted_and_reported(void **state)
{
    (void)state;
    expect_rows(SEGMENT);
}

static void a_packet_that_cannot_be_tracked_is_counted_and_reported(void **state)
{
    (void)state;
    expect_rows(BROKEN);
}

/* At both sides it begins no flow: that is counted for its sender, and drops nothing at the receiver's. */
static void a_segment_of_no_flow_passes_from_one_audited_container_to_another(void **state)
{
    (void)state;
    static const struct row between = {.name = "from one audited to another", .from = 0, .to = 1, .packet = SEGMENT};
    stage_start_past_the_ip_hooks();
    for (int v6 = 0; v6 < 2; v6++) {
        start_anew(AUDITED0, AUDITED1);
        if (!is_delivered(&between, v6))
            fail_msg("IPv%d: it does not pass", v6 ? 6 : 4);
    }
    apply(ww_plan_new());
    stage_start_with(1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_is_counted_and_reported),
        cmocka_unit_test(a_ping_is_counted_and_reported),
        cmocka_unit_test(a_segment_of_no_flow_is_counted_and_reported),
        cmocka_unit_test(a_packet_that_cannot_be_tracked_is_counted_and_reported),
        cmocka_unit_test(a_segment_of_no_flow_passes_from_one_audited_container_to_another),
    };
    return cmocka_run_group_tests(tests, open_reporting, stage_close);
}
