/*
 * Of an audited container nothing is dropped, with real packets: what would be is counted once, and each flow is
 * reported, however many packets another one has. The other end's rules hold.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/protocol.h"
#include "helper_dropped.h"
#include "helper_netns.h"
#include "helper_stage.h"
#include "spec/unit/addr.h"

#define SENT 200 /* of them each tenth is of another flow */
#define HEAD(n) "ruleset 000000000000000000000000000000000000000000000000000000000000000" #n " \"c" #n "\""
#define ENDPOINT0 "\nendpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
#define ENDPOINT1 "\nendpoint 198.51.100.3 2001:db8:100::3 02:42:00:00:00:01\n"
#define PUBLISHED                                                                                                      \
    "publish udp 80 on 0.0.0.0 port 8080\npublish udp 80 on :: port 8080\n"                                            \
    "publish udp 81 on 192.0.2.1 port 8081\npublish udp 81 on 2001:db8::1 port 8081\n"
#define CHAINS                                                                                                         \
    "output to any udp dport 90 chain \"back\" origin \"output[0]\"\n"                                                 \
    "input from any udp dport 91 chain \"back\" origin \"input[0]\"\n"                                                 \
    "input from any tcp dport 92 origin \"input[1]\"\n"
#define AUDITED0 HEAD(0) " audited" ENDPOINT0 CHAINS
#define AUDITED1 HEAD(1) " audited" ENDPOINT1 PUBLISHED CHAINS
#define ENFORCED1 HEAD(1) ENDPOINT1 PUBLISHED CHAINS

static struct stage stage;

static int open_stage(void **state)
{
    stage_set(&stage, true); /* a rule with a verdict needs a chain of the test's own */
    dropped_open(&stage.bench);
    lab_enter(&stage.lab, 0);
    helper_run("ip addr add 198.51.100.99/32 dev eth0");
    lab_enter(&stage.lab, LAB_HOST);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_strike(&stage);
    return 0;
}

static void start_anew(struct ww_plan *plan)
{
    bench_go(&stage.bench, bench_plan(NULL));
    bench_go(&stage.bench, plan);
    assert_int_equal(counters_read(&stage.bench).n, 0);
    (void)reports_read(&stage.bench);
}

struct row {
    const char *what;
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t dport;
    enum ww_drop_reason reasons[2]; /* in the order of the counting sets */
    size_t n;
    const char *counted[2];
};

#define OUT WW_REASON_OUT
#define IN WW_REASON_IN
#define HOST WW_REASON_HOST
#define PORT WW_REASON_PORT
#define CHAIN WW_REASON_CHAIN

static const struct row rows[] = {
    {"sent", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 53, {OUT}, 1, {"198.51.100.2"}},
    {"sent, IPv6", 0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", 53, {OUT}, 1, {"2001:db8:100::2"}},
    {"sent to the host", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", 53, {OUT}, 1, {"198.51.100.2"}},
    {"from a neighbour", 2, 1, "198.51.100.4", "198.51.100.3", 80, {IN}, 1, {"198.51.100.3"}},
    {"from a neighbour, IPv6", 2, 1, "2001:db8:100::4", "2001:db8:100::3", 80, {IN}, 1, {"2001:db8:100::3"}},
    {"from one to the other", 0, 1, "198.51.100.2", "198.51.100.3", 80, {OUT, IN}, 2, {"198.51.100.2", "198.51.100.3"}},
    {"from the host", LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, {HOST}, 1, {"198.51.100.3"}},
    {"from the host, IPv6", LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", 80, {HOST}, 1, {"2001:db8:100::3"}},
    {"to a published port", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 8080, {PORT}, 1, {"-"}},
    {"the same, IPv6", LAB_OUTSIDE, LAB_HOST, "2001:db8:ffff::5", "2001:db8::1", 8080, {PORT}, 1, {"-"}},
    {"to one of one address", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 8081, {PORT}, 1, {"192.0.2.1"}},
    {"the same, IPv6", LAB_OUTSIDE, LAB_HOST, "2001:db8:ffff::5", "2001:db8::1", 8081, {PORT}, 1, {"2001:db8::1"}},
    {"returned by the sender's chain", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 90, {CHAIN}, 1, {"198.51.100.2"}},
    {"by the receiver's", 2, 1, "2001:db8:100::4", "2001:db8:100::3", 91, {CHAIN}, 1, {"2001:db8:100::3"}},
};

static void check_counters(const struct row *row, const struct counters *c)
{
    char text[WW_ADDR_TEXT];
    /* the answer of a flow that goes to a chain goes there, too */
    const uint64_t most = row->reasons[0] == CHAIN ? 2 : 1;
    for (size_t i = 0; i < c->n; i++)
        if (c->n != row->n || !c->v[i].audited || c->v[i].packets > most || c->v[i].reason != row->reasons[i] ||
            strcmp(ww_addr_text(&c->v[i].addr, text), row->counted[i]) != 0)
            fail_msg("%s: counter %zu of %zu: %s of %s", row->what, i, c->n, ww_drop_reason_name(c->v[i].reason), text);
    assert_int_equal(c->n, row->n);
}

/* Within a minute it is not reported again, and that is no loss. */
static void check_again(const struct row *row)
{
    if (row->reasons[0] == CHAIN)
        return;
    assert_true(stage_send(&stage, row->from, row->to, row->src, row->dst, 0, row->dport).delivered);
    struct reports r = reports_read(&stage.bench);
    struct counters c = counters_read(&stage.bench);
    for (size_t i = 0; i < c.n; i++)
        if (c.v[i].lost || r.n)
            fail_msg("%s, once more: %zu reports, lost %d", row->what, r.n, c.v[i].lost);
}

static void what_would_be_dropped_passes_and_is_counted_and_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        start_anew(bench_plan(AUDITED0, AUDITED1, NULL));
        if (!stage_send(&stage, row->from, row->to, row->src, row->dst, 0, row->dport).delivered)
            fail_msg("%s: dropped", row->what);
        struct counters c = counters_read(&stage.bench);
        check_counters(row, &c);
        struct reports r = reports_read(&stage.bench);
        if (r.n < row->n || (row->reasons[0] != CHAIN && r.n > row->n) || !r.v[0].audited ||
            r.v[0].reason != row->reasons[0] || r.v[0].dport != row->dport)
            fail_msg("%s: %zu reports", row->what, r.n);
        check_again(row);
    }
}

static bool ping_arrives(int from, int to, const char *src, const char *dst)
{
    struct probe p = {.from = from, .to = to};
    assert_int_equal(ww_addr_parse(src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    p.flow.proto = ww_protocol_in(IPPROTO_ICMP, p.flow.src.family);
    p.flow.question = ww_protocol_question(p.flow.proto);
    probe_run(&stage.kit, &p, 1, 100);
    return p.delivered;
}

static void pings_are_counted_and_reported_too(void **state)
{
    (void)state;
    static const struct {
        int from, to;
        const char *src, *dst;
        enum ww_drop_reason reason;
    } pings[] = {
        {0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", OUT},
        {0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", OUT},
        {2, 1, "198.51.100.4", "198.51.100.3", IN},
        {2, 1, "2001:db8:100::4", "2001:db8:100::3", IN},
        {LAB_HOST, 1, "198.51.100.1", "198.51.100.3", HOST},
        {LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", HOST},
    };
    sleep(1); /* the samples' budgets have room again */
    for (size_t i = 0; i < sizeof(pings) / sizeof(pings[0]); i++) {
        start_anew(bench_plan(AUDITED0, AUDITED1, NULL));
        if (!ping_arrives(pings[i].from, pings[i].to, pings[i].src, pings[i].dst))
            fail_msg("ping %zu: dropped", i);
        struct counters c = counters_read(&stage.bench);
        struct reports r = reports_read(&stage.bench);
        if (c.n != 1 || !c.v[0].audited || c.v[0].reason != pings[i].reason || r.n != 1 || !r.v[0].audited ||
            !r.v[0].has_icmp)
            fail_msg("ping %zu: %zu counters, %zu reports", i, c.n, r.n);
    }
}

/* As many elements as the set takes, none of which is a packet's. */
static void fill(const char *set, const char *element)
{
    helper_run(
        "python3 -c \"print('add element inet whalewall %s { ' + ', '.join(%s for i in range(65535)) + ' }')\" | "
        "nft -f -",
        set, element);
}

/* What stands in the sets: of one family, by flow or by end. */
static const struct full {
    const char *set;
    const char *element; /* in Python */
    bool out;            /* the sender's; else the receiver's */
    bool v6;
} fulls[] = {
    {"audit_s4", "'10.9.%d.%d' % (i // 256, i % 256)", true, false},
    {"audit_s6", "'2001:db8:9::%x' % (i + 1)", true, true},
    {"audit_d4", "'10.9.%d.%d' % (i // 256, i % 256)", false, false},
    {"audit_d6", "'2001:db8:9::%x' % (i + 1)", false, true},
    {"audit_sent4", "'10.9.0.1 . 10.9.0.2 . udp . %d' % (i + 1)", true, false},
    {"audit_sent6", "'2001:db8:9::1 . 2001:db8:9::2 . udp . %d' % (i + 1)", true, true},
    {"audit_got4", "'10.9.0.1 . 10.9.0.2 . udp . %d' % (i + 1)", false, false},
    {"audit_got6", "'2001:db8:9::1 . 2001:db8:9::2 . udp . %d' % (i + 1)", false, true},
};

/* So many, of which the first may be of a flow that is tracked; its identifier is its place. */
static void send_pings(size_t n, int v6)
{
    static struct probe probes[32];
    for (size_t i = 0; i < n; i++) {
        struct probe *p = &probes[i];
        *p = (struct probe){.from = 0, .to = LAB_OUTSIDE};
        p->flow.src = addr_of(v6 ? "2001:db8:100::2" : "198.51.100.2");
        p->flow.dst = p->flow.orig_dst = addr_of(v6 ? "2001:db8:ffff::5" : "203.0.113.5");
        p->flow.proto = ww_protocol_in(IPPROTO_ICMP, p->flow.src.family);
        p->flow.question = ww_protocol_question(p->flow.proto);
    }
    probe_run(&stage.kit, probes, n, 200);
    for (size_t i = 0; i < n; i++)
        assert_true(probes[i].delivered);
}

/* As other flows are: once, and however often it is sent it is no loss; but it is one where there is no room for it. */
static void each_ping_is_a_flow(void **state)
{
    (void)state;
    sleep(1);
    for (int v6 = 0; v6 < 2; v6++) {
        start_anew(bench_plan(AUDITED0, NULL));
        helper_run("nft 'flush set inet whalewall audit_sent4; flush set inet whalewall audit_sent6'");
        send_pings(12, v6);
        struct counters c = counters_read(&stage.bench);
        struct reports r = reports_read(&stage.bench);
        if (c.n != 1 || c.v[0].lost || c.v[0].packets < 11 || r.n != 1)
            fail_msg("12 pings: %zu counters, %zu reports", c.n, r.n);
        helper_run("nft 'flush set inet whalewall audit_s%d; flush set inet whalewall audit_sent%d'", v6 ? 6 : 4,
                   v6 ? 6 : 4);
        fill(fulls[v6].set, fulls[v6].element);
        send_pings(20, v6);
        uint64_t lost = 0;
        c = counters_read(&stage.bench);
        r = reports_read(&stage.bench);
        for (size_t i = 0; i < c.n; i++)
            lost += c.v[i].lost ? c.v[i].packets : 0;
        helper_run("nft 'flush set inet whalewall audit_s%d; flush set inet whalewall audit_lost%d'", v6 ? 6 : 4,
                   v6 ? 6 : 4);
        if (lost != 8 || r.n)
            fail_msg("8 pings without room: %zu lost, %zu reports", (size_t)lost, r.n);
    }
}

static void an_end_that_is_enforced_drops(void **state)
{
    (void)state;
    start_anew(bench_plan(AUDITED0, ENFORCED1, NULL));
    assert_false(stage_send(&stage, 0, 1, "198.51.100.2", "198.51.100.3", 0, 80).delivered);
    assert_false(stage_send(&stage, 1, 0, "2001:db8:100::3", "2001:db8:100::2", 0, 80).delivered);
    struct counters c = counters_read(&stage.bench);
    assert_int_equal(c.n, 3);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(c.v[i].audited, c.v[i].addr.bytes[3] == 2 && c.v[i].family == AF_INET);
}

/* What one container sends much of hides nothing of what it sends once. */
static void each_flow_is_reported(void **state)
{
    (void)state;
    bool seen[24] = {false};
    start_anew(bench_plan(AUDITED0, NULL));
    static struct probe probes[SENT];
    for (uint16_t i = 0; i < SENT; i++) {
        uint16_t port = i % 10 ? 999 : (uint16_t)(1000 + i / 10);
        probes[i] = (struct probe){.from = 0, .to = LAB_OUTSIDE};
        probes[i].flow =
            (struct ww_flow){.proto = IPPROTO_UDP, .sport = (uint16_t)(30000 + i), .dport = port, .orig_dport = port};
        assert_int_equal(ww_addr_parse("198.51.100.2", &probes[i].flow.src, NULL), 0);
        assert_int_equal(ww_addr_parse("203.0.113.5", &probes[i].flow.dst, NULL), 0);
        probes[i].flow.orig_dst = probes[i].flow.dst;
    }
    probe_run(&stage.kit, probes, SENT, 200);
    struct reports r = reports_read(&stage.bench);
    for (size_t i = 0; i < r.n && i < REPORTS_MAX; i++)
        if (r.v[i].dport >= 1000 && r.v[i].dport < 1020)
            seen[r.v[i].dport - 1000] = true;
    for (size_t i = 0; i < 20; i++)
        if (!seen[i])
            fail_msg("port %zu is not reported, of %zu reports", 1000 + i, r.n);
    struct counters c = counters_read(&stage.bench);
    assert_int_equal(c.v[0].packets, SENT);
    assert_true(r.n < 60);
}

/* A segment of no flow, to that port: does it arrive? */
static bool segment_arrives(int from, int to, const char *src, const char *dst, uint16_t port)
{
    lab_enter(&stage.lab, to);
    helper_run("nft 'add table inet probe; flush table inet probe; "
               "add chain inet probe in { type filter hook prerouting priority -400; }; "
               "add rule inet probe in tcp dport %u tcp flags ack counter'",
               port);
    lab_enter(&stage.lab, from);
    helper_run(
        "python3 -c \"import socket, struct; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)\n"
        "s.bind(('%s', 0))\ns.sendto(struct.pack('!HHIIBBHHH', 7, %u, 1, 1, 0x50, 0x10, 512, 0, 0), ('%s', 0))\"",
        src, port, dst);
    usleep(50000);
    lab_enter(&stage.lab, to);
    char *text = helper_output("nft list table inet probe");
    bool arrived = strstr(text, "packets 1") != NULL;
    free(text);
    lab_enter(&stage.lab, LAB_HOST);
    return arrived;
}

/* Begins no flow, and then no rule allows it: how often that was counted, and for which address. 0: it was not
 * reported. */
static uint64_t counted_invalid(char counted[static WW_ADDR_TEXT])
{
    struct counters c = counters_read(&stage.bench);
    struct reports r = reports_read(&stage.bench);
    uint64_t packets = 0;
    for (size_t i = 0; i < c.n; i++) {
        assert_true(c.v[i].audited);
        if (c.v[i].reason == WW_REASON_INVALID)
            packets += c.v[i].packets;
        if (c.v[i].reason == WW_REASON_INVALID)
            ww_addr_text(&c.v[i].addr, counted);
    }
    for (size_t i = 0; i < r.n && i < REPORTS_MAX; i++)
        if (r.v[i].reason == WW_REASON_INVALID && r.v[i].audited)
            return packets;
    return 0;
}

static void what_belongs_to_no_flow_passes_too(void **state)
{
    (void)state;
    char counted[WW_ADDR_TEXT] = "";
    sleep(1);
    start_anew(bench_plan(AUDITED0, AUDITED1, NULL));
    assert_true(segment_arrives(0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 70));
    assert_int_equal(counted_invalid(counted), 1);
    assert_string_equal(counted, "198.51.100.2");
    assert_true(segment_arrives(0, 1, "198.51.100.2", "198.51.100.3", 71));
    assert_true(segment_arrives(0, 1, "198.51.100.2", "198.51.100.3", 92));
    start_anew(bench_plan(HEAD(1) " audited" ENDPOINT1 "input from any tcp dport 92 origin \"input[0]\"\n", NULL));
    assert_true(segment_arrives(LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 73));
    assert_true(counted_invalid(counted) > 0);
    assert_string_equal(counted, "198.51.100.3");
    assert_true(segment_arrives(LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 92));
}

/* An enforced container's sender would be told by a reset that nothing is at the port any more. */
static void a_segment_that_its_rules_would_have_answered_by_a_reset_passes(void **state)
{
    (void)state;
    char counted[WW_ADDR_TEXT] = "";
    static const char *const srcs[] = {"203.0.113.5", "2001:db8:ffff::5"};
    static const char *const dsts[] = {"198.51.100.3", "2001:db8:100::3"};
    for (int v6 = 0; v6 < 2; v6++) {
        start_anew(bench_plan(HEAD(1) " audited" ENDPOINT1 "input from any tcp dport 92 origin \"input[0]\"\n", NULL));
        struct probe p = {.from = LAB_OUTSIDE, .to = 1, .kind = PROBE_ACK};
        p.flow = (struct ww_flow){.proto = IPPROTO_TCP, .sport = stage.port++, .dport = 92, .orig_dport = 92};
        p.flow.src = addr_of(srcs[v6]);
        p.flow.dst = p.flow.orig_dst = addr_of(dsts[v6]);
        probe_run(&stage.kit, &p, 1, 100);
        assert_true(p.delivered);
        assert_int_equal(counted_invalid(counted), 1);
        assert_string_equal(counted, dsts[v6]);
    }
}

static void but_not_to_or_from_an_end_that_is_enforced(void **state)
{
    (void)state;
    start_anew(bench_plan(AUDITED0, ENFORCED1, NULL));
    assert_false(segment_arrives(0, 1, "198.51.100.2", "198.51.100.3", 74));
    struct counters c = counters_read(&stage.bench);
    assert_int_equal(c.n, 1); /* the other end's */
    assert_false(c.v[0].audited);
    assert_int_equal(c.v[0].addr.bytes[3], 3);
    struct reports r = reports_read(&stage.bench);
    assert_int_equal(r.n, 1);
    assert_false(r.v[0].audited);
    assert_false(segment_arrives(1, 0, "198.51.100.3", "198.51.100.2", 75));
}

/* What a published port sends that answers nothing. */
static void its_published_ports_may_begin_flows(void **state)
{
    (void)state;
    start_anew(bench_plan(AUDITED1, NULL));
    assert_true(stage_send(&stage, LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", 8080, 7000).delivered);
    assert_true(stage_send(&stage, LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", 8081, 7000).delivered);
    assert_true(stage_send(&stage, LAB_HOST, LAB_OUTSIDE, "2001:db8::1", "2001:db8:ffff::5", 8081, 7000).delivered);
}

static void it_may_send_from_any_address(void **state)
{
    (void)state;
    start_anew(bench_plan(AUDITED0, NULL));
    assert_true(stage_send(&stage, 0, LAB_OUTSIDE, "198.51.100.99", "203.0.113.5", 0, 53).delivered);
}

/* What is counted as lost is counted for the row's container. */
static void check_lost(const struct row *row, const char *set)
{
    char text[WW_ADDR_TEXT];
    struct counters c = counters_read(&stage.bench);
    struct reports r = reports_read(&stage.bench);
    uint64_t lost = 0;
    for (size_t i = 0; i < c.n; i++) {
        if (!c.v[i].lost)
            continue;
        lost += c.v[i].packets;
        const char *counted = row->reasons[0] != PORT ? row->counted[0] : row->dst;
        assert_string_equal(ww_addr_text(&c.v[i].addr, text), counted);
    }
    if (lost != 1 || r.n)
        fail_msg("%s, with %s full: %zu counted as lost, %zu reported", row->what, set, (size_t)lost, r.n);
}

/* What was reported of late, but in this set. */
static void forget_flows(const char *but)
{
    static const char *const sets[] = {"audit_sent4", "audit_sent6", "audit_got4", "audit_got6"};
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (strcmp(sets[i], but) != 0)
            helper_run("nft flush set inet whalewall %s", sets[i]);
}

static void what_there_is_no_room_to_report_is_counted(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof(fulls) / sizeof(fulls[0]); f++) {
        helper_run("nft flush set inet whalewall %s", fulls[f].set);
        fill(fulls[f].set, fulls[f].element);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const struct row *row = &rows[i];
            if (row->n != 1 || row->reasons[0] == CHAIN || (row->reasons[0] == OUT) != fulls[f].out ||
                (strchr(row->src, ':') != NULL) != fulls[f].v6)
                continue;
            start_anew(bench_plan(AUDITED0, AUDITED1, NULL));
            forget_flows(fulls[f].set);
            assert_true(stage_send(&stage, row->from, row->to, row->src, row->dst, 0, row->dport).delivered);
            check_lost(row, fulls[f].set);
            helper_run("nft 'flush set inet whalewall audit_lost4; flush set inet whalewall audit_lost6'");
        }
        helper_run("nft flush set inet whalewall %s", fulls[f].set);
    }
}

/* With -docker-user: how many of the host's forwarded packets have the mark that wins over Docker's own drops. */
static void count_marked(const char *of)
{
    helper_run("nft 'add table inet marks; delete table inet marks; add table inet marks; "
               "add chain inet marks f { type filter hook forward priority 0; }; "
               "add rule inet marks f %s meta mark & 0x10000000 != 0 counter'",
               of);
}

static unsigned marked(void)
{
    unsigned packets = 0;
    char *text = helper_output("nft list chain inet marks f");
    const char *at = strstr(text, "counter packets ");
    assert_true(at && sscanf(at, "counter packets %u", &packets) == 1);
    free(text);
    return packets;
}

#define MAY                                                                                                            \
    "output to any udp dport 93 origin \"output[1]\"\ninput from any udp dport 93 origin \"input[2]\"\n"               \
    "output to any tcp dport 94 origin \"output[2]\"\n"

static const struct {
    int from, to;
    const char *src, *dst;
    uint16_t dport;
    unsigned marked; /* the first packet */
} marks[] = {
    {0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 93, 1},
    {0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", 93, 1},
    {LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 93, 1},
    {LAB_OUTSIDE, 1, "2001:db8:ffff::5", "2001:db8:100::3", 93, 1},
    {0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 53, 0},
    {0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", 53, 0},
    {LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 53, 0},
    {LAB_OUTSIDE, 1, "2001:db8:ffff::5", "2001:db8:100::3", 53, 0},
    {0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 90, 0},
    {LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 91, 0},
};

static void what_only_audit_lets_pass_does_not_win_over_docker(void **state)
{
    (void)state;
    ww_kernel_mark_allowed(stage.bench.kernel, true);
    assert_int_equal(ww_kernel_adopt(stage.bench.kernel, NULL, &stage.bench.err), 0);
    start_anew(bench_plan(AUDITED0 MAY, AUDITED1 MAY, NULL));
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        count_marked("ct state new");
        if (!stage_send(&stage, marks[i].from, marks[i].to, marks[i].src, marks[i].dst, 0, marks[i].dport).delivered)
            fail_msg("mark %zu: dropped", i);
        if (marked() != marks[i].marked)
            fail_msg("mark %zu: %u packets", i, marked());
    }
    count_marked(""); /* of no flow, where no rule is about it, and where one is */
    assert_true(segment_arrives(0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 70));
    assert_true(segment_arrives(0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 94));
    assert_int_equal(marked(), 0);
    helper_run("nft delete table inet marks");
    ww_kernel_mark_allowed(stage.bench.kernel, false);
    assert_int_equal(ww_kernel_adopt(stage.bench.kernel, NULL, &stage.bench.err), 0);
}

static void counts_go_when_audit_ends(void **state)
{
    (void)state;
    start_anew(bench_plan(AUDITED1, NULL));
    assert_true(stage_send(&stage, 2, 1, "198.51.100.4", "198.51.100.3", 0, 80).delivered);
    assert_true(stage_send(&stage, LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 0, 8080).delivered);
    assert_true(stage_send(&stage, LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 0, 8081).delivered);
    assert_int_equal(counters_read(&stage.bench).n, 3);
    bench_go(&stage.bench, bench_plan(ENFORCED1, NULL));
    assert_int_equal(counters_read(&stage.bench).n, 0);
    assert_false(stage_send(&stage, 2, 1, "198.51.100.4", "198.51.100.3", 0, 80).delivered);
    assert_false(stage_send(&stage, LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 0, 8081).delivered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_be_dropped_passes_and_is_counted_and_reported),
        cmocka_unit_test(pings_are_counted_and_reported_too),
        cmocka_unit_test(each_ping_is_a_flow),
        cmocka_unit_test(an_end_that_is_enforced_drops),
        cmocka_unit_test(each_flow_is_reported),
        cmocka_unit_test(what_belongs_to_no_flow_passes_too),
        cmocka_unit_test(a_segment_that_its_rules_would_have_answered_by_a_reset_passes),
        cmocka_unit_test(but_not_to_or_from_an_end_that_is_enforced),
        cmocka_unit_test(its_published_ports_may_begin_flows),
        cmocka_unit_test(it_may_send_from_any_address),
        cmocka_unit_test(what_there_is_no_room_to_report_is_counted),
        cmocka_unit_test(what_only_audit_lets_pass_does_not_win_over_docker),
        cmocka_unit_test(counts_go_when_audit_ends),
    };
    return cmocka_run_group_tests_name("audit", tests, open_stage, close_stage);
}
