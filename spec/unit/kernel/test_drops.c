/*
 * What is dropped, with real packets: each is counted once, for the right container and reason, in both families, and
 * a sample of them is reported as it was.
 */
#include <errno.h>
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

#include "core/base/clock.h"
#include "helper_dropped.h"
#include "helper_frame.h"
#include "helper_heads.h"
#include "helper_netns.h"
#include "helper_stage.h"

#define C0 C0_HEAD "output to any udp dport 90 chain \"back\" origin \"output[0]\"\n"
#define C1                                                                                                             \
    C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\npublish udp 80 on :: port 8080\n"                                    \
            "publish udp 81 on 192.0.2.1 port 8081\npublish udp 81 on 2001:db8::1 port 8081\n"                         \
            "input from any udp dport 91 chain \"back\" origin \"input[0]\"\n"                                         \
            "input from any tcp dport 92 origin \"input[1]\"\n"

static struct stage stage;

static int open_stage(void **state)
{
    stage_set(&stage, true); /* the tests put rules of their own into the table */
    dropped_open(&stage.bench);
    lab_enter(&stage.lab, 0);
    helper_run("ip addr add 198.51.100.99/32 dev eth0 && ip addr add 2001:db8:100::99/128 dev eth0 nodad");
    lab_enter(&stage.lab, 2);
    helper_run("ip addr add 198.51.100.2/32 dev eth0 && ip addr add 2001:db8:100::2/128 dev eth0 nodad");
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

/* The container or port that a counter counts for, as text. */
static void counted_for(const struct ww_drop_counter *c, char ret[static 96])
{
    char addr[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    if (c->reason == WW_REASON_SPOOF)
        snprintf(ret, 96, "%s", ww_mac_text(&c->mac, mac));
    else if (c->reason == WW_REASON_PORT)
        snprintf(ret, 96, "%s %u", ww_addr_text(&c->addr, addr), c->port);
    else
        snprintf(ret, 96, "%s", ww_addr_text(&c->addr, addr));
}

struct row {
    const char *name;
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t sport; /* 0: any */
    uint16_t dport;
    enum ww_drop_reason counted;
    enum ww_drop_reason reported;
    const char *counted_for;
};

static const struct row rows[] = {
    {"sent, and no output rule", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 0, 53, WW_REASON_OUT, WW_REASON_OUT,
     "198.51.100.2"},
    {"the same, IPv6", 0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", 0, 53, WW_REASON_OUT, WW_REASON_OUT,
     "2001:db8:100::2"},
    {"sent to the host", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", 0, 53, WW_REASON_OUT, WW_REASON_OUT,
     "198.51.100.2"},
    {"from a neighbour, and no inbound rule", 2, 1, "198.51.100.4", "198.51.100.3", 0, 80, WW_REASON_IN, WW_REASON_IN,
     "198.51.100.3"},
    {"the same, IPv6", 2, 1, "2001:db8:100::4", "2001:db8:100::3", 0, 80, WW_REASON_IN, WW_REASON_IN,
     "2001:db8:100::3"},
    {"from the outside", LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 0, 80, WW_REASON_IN, WW_REASON_IN,
     "198.51.100.3"},
    {"at both sides: the sender's counts", 0, 1, "198.51.100.2", "198.51.100.3", 0, 80, WW_REASON_OUT, WW_REASON_OUT,
     "198.51.100.2"},
    {"from the host", LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 0, 80, WW_REASON_HOST, WW_REASON_HOST,
     "198.51.100.3"},
    {"the same, IPv6", LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", 0, 80, WW_REASON_HOST, WW_REASON_HOST,
     "2001:db8:100::3"},
    {"to a published port", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 0, 8080, WW_REASON_PORT, WW_REASON_PORT,
     "- 8080"},
    {"the same, IPv6", LAB_OUTSIDE, LAB_HOST, "2001:db8:ffff::5", "2001:db8::1", 0, 8080, WW_REASON_PORT,
     WW_REASON_PORT, "- 8080"},
    {"to one published on one address", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", 0, 8081, WW_REASON_PORT,
     WW_REASON_PORT, "192.0.2.1 8081"},
    {"the same, IPv6", LAB_OUTSIDE, LAB_HOST, "2001:db8:ffff::5", "2001:db8::1", 0, 8081, WW_REASON_PORT,
     WW_REASON_PORT, "2001:db8::1 8081"},
    {"from a published port, to a client that did not ask", LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", 8080,
     7000, WW_REASON_PORT, WW_REASON_STALE, "- 8080"},
    {"the same, one address, IPv6", LAB_HOST, LAB_OUTSIDE, "2001:db8::1", "2001:db8:ffff::5", 8081, 7000,
     WW_REASON_PORT, WW_REASON_STALE, "2001:db8::1 8081"},
    {"from an address that no node has", 0, 1, "198.51.100.99", "198.51.100.3", 0, 80, WW_REASON_SPOOF, WW_REASON_SPOOF,
     "02:42:00:00:00:00"},
    {"the same, IPv6", 0, 1, "2001:db8:100::99", "2001:db8:100::3", 0, 80, WW_REASON_SPOOF, WW_REASON_SPOOF,
     "02:42:00:00:00:00"},
    {"from a container's address by another", 2, 1, "198.51.100.2", "198.51.100.3", 0, 80, WW_REASON_FORGED,
     WW_REASON_FORGED, "198.51.100.2"},
    {"the same, IPv6", 2, 1, "2001:db8:100::2", "2001:db8:100::3", 0, 80, WW_REASON_FORGED, WW_REASON_FORGED,
     "2001:db8:100::2"},
    {"returned by the sender's chain", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 0, 90, WW_REASON_CHAIN,
     WW_REASON_CHAIN, "198.51.100.2"},
    {"returned by the receiver's chain", 2, 1, "2001:db8:100::4", "2001:db8:100::3", 0, 91, WW_REASON_CHAIN,
     WW_REASON_CHAIN, "2001:db8:100::3"},
};

static const struct row *row_named(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    fail_msg("there is no row '%s'", name);
    return NULL;
}

static void send_one(const struct row *row)
{
    if (stage_send(&stage, row->from, row->to, row->src, row->dst, row->sport, row->dport).delivered)
        fail_msg("%s: delivered", row->name);
}

static struct ww_plan *plan(void)
{
    return bench_plan(C0, C1, NULL);
}

/* No counts survive that. */
static void start_anew(void)
{
    bench_go(&stage.bench, bench_plan(NULL));
    bench_go(&stage.bench, plan());
    assert_int_equal(counters_read(&stage.bench).n, 0);
}

static void each_packet_is_counted_once_for_its_container_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[96] = "";
        start_anew();
        send_one(&rows[i]);
        struct counters c = counters_read(&stage.bench);
        if (c.n)
            counted_for(&c.v[0], text);
        if (c.n != 1 || c.v[0].packets != 1 || c.v[0].reason != rows[i].counted ||
            strcmp(text, rows[i].counted_for) != 0)
            fail_msg("%s: %zu counters; %s '%s' %lu packets", rows[i].name, c.n,
                     c.n ? ww_drop_reason_name(c.v[0].reason) : "", text, (unsigned long)c.v[0].packets);
        assert_in_range(c.v[0].bytes, 32, 52); /* a datagram of four bytes */
    }
}

static void check_report(const struct row *row, const struct ww_drop *drop, uint16_t sport)
{
    char src[WW_ADDR_TEXT], dst[WW_ADDR_TEXT];
    ww_addr_text(&drop->src, src);
    ww_addr_text(&drop->dst, dst);
    if (drop->reason != row->reported || strcmp(src, row->src) != 0 || strcmp(dst, row->dst) != 0)
        fail_msg("%s: reported as %s, from %s to %s", row->name, ww_drop_reason_name(drop->reason), src, dst);
    assert_int_equal(drop->proto, IPPROTO_UDP);
    assert_true(drop->has_ports);
    assert_false(drop->has_icmp);
    assert_int_equal(drop->sport, sport);
    assert_int_equal(drop->dport, row->dport);
    assert_int_equal(drop->in == 0, row->from == LAB_HOST);
    assert_int_equal(drop->out == 0, row->to == LAB_HOST);
    if (row->from < LAB_CONTAINERS)
        assert_int_equal(drop->mac.bytes[5], row->from);
    if (drop->reason == WW_REASON_CHAIN)
        assert_int_equal(drop->sender, row->from == 0);
}

static void each_packet_is_reported_as_it_was(void **state)
{
    (void)state;
    bench_go(&stage.bench, plan());
    sleep(2); /* the samples' budgets are full again */
    (void)reports_read(&stage.bench);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        send_one(&rows[i]);
        struct reports r = reports_read(&stage.bench);
        if (r.n != 1)
            fail_msg("%s: %zu reports", rows[i].name, r.n);
        check_report(&rows[i], &r.v[0], rows[i].sport ? rows[i].sport : (uint16_t)(stage.port - 1));
    }
}

static void expect_invalid(int place, const char *family, const char *from, const char *to, uint16_t dport,
                           const char *container)
{
    char text[96] = "";
    start_anew();
    (void)reports_read(&stage.bench);
    lab_enter(&stage.lab, place);
    /* an ACK of no connection */
    helper_run("python3 -c \"import socket, struct; s = socket.socket(socket.%s, socket.SOCK_RAW, socket.IPPROTO_TCP)\n"
               "if socket.%s == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, 7, 16)\n"
               "s.bind(('%s', 0))\n"
               "s.sendto(struct.pack('!HHIIBBHHH', 7, %u, 1, 1, 0x50, 0x10, 512, 0, 0), ('%s', 0))\"",
               family, family, from, dport, to);
    lab_enter(&stage.lab, LAB_HOST);
    usleep(50000);
    struct counters c = counters_read(&stage.bench);
    if (c.n)
        counted_for(&c.v[0], text);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.v[0].reason, WW_REASON_INVALID);
    assert_int_equal(c.v[0].packets, 1);
    assert_string_equal(text, container);
    struct reports r = reports_read(&stage.bench);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.v[0].reason, WW_REASON_INVALID);
    assert_int_equal(r.v[0].dport, dport);
}

static void what_belongs_to_no_flow_is_counted_for_the_end_that_is_managed(void **state)
{
    (void)state;
    expect_invalid(0, "AF_INET", "198.51.100.2", "203.0.113.5", 80, "198.51.100.2");
    expect_invalid(0, "AF_INET6", "2001:db8:100::2", "2001:db8:ffff::5", 80, "2001:db8:100::2");
    expect_invalid(LAB_OUTSIDE, "AF_INET", "203.0.113.5", "198.51.100.3", 80, "198.51.100.3");
    expect_invalid(LAB_OUTSIDE, "AF_INET6", "2001:db8:ffff::5", "2001:db8:100::3", 80, "2001:db8:100::3");
    expect_invalid(0, "AF_INET", "198.51.100.2", "198.51.100.3", 80, "198.51.100.2");
    expect_invalid(LAB_OUTSIDE, "AF_INET6", "2001:db8:ffff::5", "2001:db8:100::3", 92, "2001:db8:100::3");
}

/* What such a frame says of its sender means nothing. */
static void a_frame_past_the_bridge_is_reported_and_counts_for_no_container(void **state)
{
    (void)state;
    static const struct frame frame = {
        "02:42:00:00:00:02", "01:80:c2:00:00:0e", "198.51.100.4", "198.51.100.1", 4000, 80, 0};
    start_anew();
    (void)reports_read(&stage.bench);
    frame_send(&stage.lab, 2, &frame);
    struct reports r = reports_read(&stage.bench);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.v[0].reason, WW_REASON_LINK);
    assert_int_equal(counters_read(&stage.bench).n, 0);
}

/* The guard's own chains lead here; a rule of the test's stands for them. */
static void what_the_guard_drops_is_counted_for_the_end_that_is_managed(void **state)
{
    (void)state;
    static const struct row to_unknown = {"to an unknown one", 0, 2, "198.51.100.2", "198.51.100.4", 0, 80, 0, 0, ""};
    static const struct row from_unknown = {"from one", 3, 1, "2001:db8:100::5", "2001:db8:100::3", 0, 80, 0, 0, ""};
    static const struct row neither = {"of no business", 2, 3, "198.51.100.4", "198.51.100.5", 0, 80, 0, 0, ""};
    start_anew();
    sleep(1);
    (void)reports_read(&stage.bench);
    helper_run("nft insert rule inet whalewall first udp dport 80 goto drop-guard");
    send_one(&to_unknown);
    send_one(&from_unknown);
    send_one(&neither);
    struct counters c = counters_read(&stage.bench);
    helper_run("nft delete rule inet whalewall first handle $(nft -a list chain inet whalewall first | "
               "sed -n 's/.*drop-guard # handle //p')");
    assert_int_equal(c.n, 2);
    for (size_t i = 0; i < c.n; i++) {
        char text[96];
        counted_for(&c.v[i], text);
        assert_int_equal(c.v[i].reason, WW_REASON_GUARD);
        assert_string_equal(text, c.v[i].family == AF_INET ? "198.51.100.2" : "2001:db8:100::3");
    }
    struct reports r = reports_read(&stage.bench);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.v[2].reason, WW_REASON_GUARD);
}

static void counts_stay_while_their_container_does(void **state)
{
    (void)state;
    start_anew();
    send_one(row_named("sent, and no output rule"));
    bench_go(&stage.bench, bench_plan(C0_HEAD "output to any udp dport 90 origin \"output[0]\"\n", C1, NULL));
    send_one(row_named("sent, and no output rule"));
    if (ww_kernel_adopt(stage.bench.kernel, NULL, &stage.bench.err) < 0 ||
        ww_kernel_apply_all(stage.bench.kernel, stage.bench.plan, NULL, NULL, &stage.bench.err) < 0)
        fail_msg("%s", stage.bench.err.text);
    send_one(row_named("sent, and no output rule"));
    struct counters c = counters_read(&stage.bench);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.v[0].packets, 3);
    bench_go(&stage.bench, bench_plan(C1, NULL));
    assert_int_equal(counters_read(&stage.bench).n, 0);
}

#define CROWD 60 /* each has several closing elements */

/* A crowd is gone through in another way than one. */
static void counts_go_with_a_crowd_too_and_those_of_others_stay(void **state)
{
    (void)state;
    static char texts[CROWD][160];
    const char *list[CROWD + 3] = {C0, C1};
    for (int i = 0; i < CROWD; i++) {
        snprintf(texts[i], sizeof(texts[i]), "ruleset %064x \"c%d\"\nendpoint 198.51.100.%d - 02:42:00:00:01:%02x\n",
                 i + 16, i, i + 100, i);
        list[i + 2] = texts[i];
    }
    start_anew();
    bench_go(&stage.bench, bench_plan_of(list));
    send_one(row_named("sent, and no output rule"));
    send_one(row_named("from a neighbour, and no inbound rule"));
    bench_go(&stage.bench, bench_plan(C1, NULL));
    struct counters c = counters_read(&stage.bench);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.v[0].reason, WW_REASON_IN);
}

#define FLOOD 100000

static void a_flood_is_dropped_to_the_last_packet_and_reported_in_samples(void **state)
{
    (void)state;
    start_anew();
    sleep(2);
    (void)reports_read(&stage.bench);
    int64_t since = ww_clock_mono();
    lab_enter(&stage.lab, 0);
    helper_run("python3 -c \"import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
               "s.bind(('198.51.100.2', 0))\nfor i in range(%d): s.sendto(b'x', ('203.0.113.5', 53))\"",
               FLOOD);
    lab_enter(&stage.lab, LAB_HOST);
    struct reports r = reports_read(&stage.bench);
    struct counters c = counters_read(&stage.bench);
    int64_t seconds = (ww_clock_mono() - since) / WW_NS_PER_S + 1;
    assert_int_equal(c.n, 1);
    assert_int_equal(c.v[0].packets, FLOOD);
    assert_in_range(r.n, 5, 6 + 3 * seconds); /* 5 at once, 3 a second */
    print_message("%d packets dropped, %zu reported\n", FLOOD, r.n);
}

static void listing_can_be_loaded_again(void **state)
{
    (void)state;
    bench_go(&stage.bench, bench_plan(C0_HEAD, C1_HEAD, NULL));
    send_one(row_named("sent, and no output rule"));
    helper_run("listing=$(nft list table inet whalewall) && printf '%%s\\n' \"$listing\" | nft -c -f -");
}

static void a_second_listener_is_refused_and_the_rules_do_without(void **state)
{
    (void)state;
    struct ww_kernel *second = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_kernel_new(&second, &err), 0);
    ww_kernel_share_table(second, true);
    assert_int_equal(ww_kernel_report_drops(second, &err), -EBUSY);
    assert_non_null(strstr(err.text, "another program listens to NFLOG group 30583"));
    assert_int_equal(ww_kernel_drop_fd(second), -1);
    assert_int_equal(ww_kernel_adopt(second, NULL, &err), 0);
    char *text = bench_list();
    assert_null(strstr(text, "group 30583"));
    assert_non_null(strstr(text, "update @drop_out4"));
    free(text);
    ww_kernel_free(second);
    assert_int_equal(ww_kernel_adopt(stage.bench.kernel, NULL, &err), 0);
    text = bench_list();
    assert_non_null(strstr(text, "group 30583"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packet_is_counted_once_for_its_container_and_reason),
        cmocka_unit_test(each_packet_is_reported_as_it_was),
        cmocka_unit_test(what_belongs_to_no_flow_is_counted_for_the_end_that_is_managed),
        cmocka_unit_test(a_frame_past_the_bridge_is_reported_and_counts_for_no_container),
        cmocka_unit_test(what_the_guard_drops_is_counted_for_the_end_that_is_managed),
        cmocka_unit_test(counts_stay_while_their_container_does),
        cmocka_unit_test(counts_go_with_a_crowd_too_and_those_of_others_stay),
        cmocka_unit_test(a_flood_is_dropped_to_the_last_packet_and_reported_in_samples),
        cmocka_unit_test(listing_can_be_loaded_again),
        cmocka_unit_test(a_second_listener_is_refused_and_the_rules_do_without),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
