/*
 * What stays within a bridge where the IP hooks do not see it (bridge-nf 0): strangers are shut out of a guarded one by
 * any kernel that knows bridges' tables; rules are enforced there by those that track connections in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/kernel_drops.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_letter.h"
#include "helper_netns.h"

#define M2 "02:42:00:00:00:02"
#define M3 "02:42:00:00:00:03"
#define MADE_UP "02:00:00:00:ca:fe"
#define GROUP6 "33:33:00:00:00:01"
#define B2 "2001:db8:100::4"
#define B3 "2001:db8:100::5"
#define SOLICITED "ff02::1:ff00:4"

struct row {
    const char *name;
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t dport;
    bool passes;
};

static void expect(const struct row *rows, size_t n, const char *when)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        uint16_t sport = stage.port++;
        bool passes = r->passes ? stage_arrives_at_last(r->from, r->to, r->src, r->dst, sport, r->dport)
                                : stage_arrives(r->from, r->to, r->src, r->dst, sport, r->dport);
        if (passes != r->passes)
            fail_msg("%s: %s %s", when, r->name, passes ? "passes" : "does not pass");
    }
}

/* c2 is a stranger. */
static void bind_known(void)
{
    struct ww_fence *f = stage_fence(true);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    stage_add(f, 3, false, "v3-0");
    stage_move(f);
}

static void strangers_are_shut_out_of_a_guarded_bridge(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"known to known", 3, 0, "198.51.100.5", "198.51.100.2", 80, true},
        {"known to known, IPv6", 3, 0, "2001:db8:100::5", "2001:db8:100::2", 80, true},
        {"known to the outside", 3, LAB_OUTSIDE, "198.51.100.5", "203.0.113.5", 80, true},
        {"a stranger to known", 2, 3, "198.51.100.4", "198.51.100.5", 80, false},
        {"a stranger to known, IPv6", 2, 3, "2001:db8:100::4", "2001:db8:100::5", 80, false},
        {"a stranger to managed", 2, 0, "198.51.100.4", "198.51.100.2", 80, false},
        {"known to a stranger", 3, 2, "198.51.100.5", "198.51.100.4", 80, false},
        {"known to a stranger, IPv6", 3, 2, "2001:db8:100::5", "2001:db8:100::4", 80, false},
        {"managed to a stranger", 0, 2, "198.51.100.2", "198.51.100.4", 80, false},
        {"on another bridge", 2, 3, "198.51.101.4", "198.51.101.5", 80, true},
    };
    stage_start_with(0, 0);
    bind_known();
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0");
    helper_run("nft list ruleset | nft -c -f -");
    stage_start_with(0, 1);
    bind_known();
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0 for IPv4 only");
    stage_move(NULL);
    stage_start_with(1, 1);
    bind_known();
    helper_run("nft list table bridge whalewall | grep -q 'chain fenced' && exit 1 || exit 0");
    stage_move(NULL);
}

/* c2 is known, c3 is not; the guard is brief, so that a made-up MAC is not told from a stranger's. */
static void a_guarded_bridge_hands_on_what_a_link_needs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int from, to;
        bool passes;
        struct letter letter;
    } letters[] = {
        {"asks", 3, 2, true, {.kind = LETTER_ASKS, M3, GROUP6, B3, SOLICITED, B2, NULL}},
        {"a stranger's datagram", 3, 2, false, {.kind = LETTER_DATA, M3, M2, B3, B2}},
        {"listens", 2, 3, true, {.kind = LETTER_HEARS, MADE_UP, GROUP6, "fe80::99", "ff02::16"}},
        {"a datagram to a stranger", 2, 3, false, {.kind = LETTER_DATA, MADE_UP, M3, "198.51.100.99", "198.51.100.5"}},
    };
    struct ww_fence *f = stage_fence(true);
    stage_start_with(0, 0);
    helper_run("ip link set br0 type bridge mcast_snooping 0");
    f->brief = true;
    stage_add(f, 2, false, "v2-0");
    stage_move(f);
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        int tap = frame_tap(&stage.lab, letters[i].to);
        bool comes = false;
        for (int tries = 0; tries < (letters[i].passes ? BOUND_TRIES : 2) && !comes; tries++) {
            letter_send(&stage.lab, letters[i].from, &letters[i].letter);
            comes = letter_comes(tap, &letters[i].letter);
        }
        close(tap);
        if (comes != letters[i].passes)
            fail_msg("%s: it %s", letters[i].name, comes ? "arrives" : "does not arrive");
    }
    stage_start_with(1, 1);
}

static void rules_hold_within_a_bridge(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"managed to managed", 0, 1, "198.51.100.2", "198.51.100.3", 80, true},
        {"managed to managed, IPv6", 0, 1, "2001:db8:100::2", "2001:db8:100::3", 80, true},
        {"to another port", 0, 1, "198.51.100.2", "198.51.100.3", 81, false},
        {"to another port, IPv6", 0, 1, "2001:db8:100::2", "2001:db8:100::3", 81, false},
        {"managed to unmanaged", 0, 2, "198.51.100.2", "198.51.100.4", 80, true},
        {"managed to unmanaged, another port", 0, 2, "198.51.100.2", "198.51.100.4", 81, false},
        {"unmanaged to managed", 2, 1, "198.51.100.4", "198.51.100.3", 80, true},
        {"unmanaged to managed, another port", 2, 1, "198.51.100.4", "198.51.100.3", 81, false},
        {"unmanaged among themselves", 2, 3, "198.51.100.4", "198.51.100.5", 81, true},
        {"managed to the host", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", 80, true},
        {"managed to the outside", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", 80, true},
    };
    struct bench *b = &stage.bench;
    stage_start_past_the_ip_hooks();
    stage_bind(false);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0");
    uint16_t port = stage.port++;
    stage_begin_flow(2, 1, "198.51.100.4", "198.51.100.3", port); /* the answer, too */
    helper_run("nft list ruleset | nft -c -f -");
    uint32_t before = bench_generation();
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, stage_fences, NULL, &b->err), 0);
    assert_in_range(bench_generation(), before, before + 1);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "taken over");
    stage_move(NULL);
    stage_start_with(1, 1);
}

/* A container's chain is made in both tables. */
static void chains_are_copied(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a logged rule", 2, 0, "198.51.100.4", "198.51.100.2", 53, true},
        {"a rule with a verdict that cannot be had", 2, 0, "198.51.100.4", "198.51.100.2", 54, false},
        {"no rule", 2, 0, "198.51.100.4", "198.51.100.2", 55, false},
    };
    struct bench *b = &stage.bench;
    stage_start_past_the_ip_hooks();
    helper_run("nft add chain inet whalewall inspect");
    struct ww_plan *plan =
        bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"
                   "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
                   "input from 198.51.100.0/24 udp dport 53 log \"dns\" origin \"input[0]\"\n"
                   "input from 198.51.100.0/24 udp dport 54 chain \"inspect\" origin \"input[1]\"\n",
                   NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err), 0);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0");
    ww_plan_free(plan);
    stage_start_with(1, 1);
    helper_run("nft delete chain inet whalewall inspect");
}

/* Sets of networks, and the chains that look into them, are in both tables. */
static void networks_are_copied(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"from the network", 2, 0, "198.51.100.4", "198.51.100.2", 53, true},
        {"from the network, to another port", 2, 0, "198.51.100.4", "198.51.100.2", 54, false},
        {"from another network", 1, 0, "198.51.100.3", "198.51.100.2", 53, false},
        {"to the network", 0, 2, "198.51.100.2", "198.51.100.4", 80, true},
        {"to another network", 0, 1, "198.51.100.2", "198.51.100.3", 80, false},
        {"to another network, any port", 0, 3, "198.51.100.2", "198.51.100.5", 81, false},
        {"from the network, IPv6", 2, 0, "2001:db8:100::4", "2001:db8:100::2", 53, true},
    };
    struct bench *b = &stage.bench;
    stage_start_past_the_ip_hooks();
    struct ww_plan *plan =
        bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"
                   "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
                   "input from 198.51.100.4/31,2001:db8:100::/64 udp dport 53 origin \"input[0]\"\n"
                   "output to 198.51.100.4/31 udp dport 80 origin \"output[0]\"\n",
                   NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err), 0);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0");
    helper_run("nft list ruleset | nft -c -f -");
    ww_plan_free(plan);
    stage_start_with(1, 1);
}

static int count_audited(const struct ww_drop_counter *counter, void *arg)
{
    uint64_t *of = arg;
    of[counter->reason] += counter->audited ? counter->packets : 0;
    return 0;
}

/* The other end's rules hold there, too. */
static void audited_ones_are_let_off(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"from an audited one", 0, 2, "198.51.100.2", "198.51.100.4", 81, true},
        {"the same, IPv6", 0, 2, "2001:db8:100::2", "2001:db8:100::4", 81, true},
        {"to it", 2, 0, "198.51.100.4", "198.51.100.2", 81, true},
        {"to it, IPv6", 2, 0, "2001:db8:100::4", "2001:db8:100::2", 81, true},
        {"to an enforced one", 0, 1, "198.51.100.2", "198.51.100.3", 81, false},
        {"from an enforced one", 1, 0, "198.51.100.3", "198.51.100.2", 81, false},
    };
    struct bench *b = &stage.bench;
    uint64_t audited[WW_REASONS] = {0};
    stage_start_past_the_ip_hooks();
    struct ww_plan *plan =
        bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\" audited\n"
                   "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n",
                   "ruleset 0000000000000000000000000000000000000000000000000000000000000001 \"c1\"\n"
                   "endpoint 198.51.100.3 2001:db8:100::3 02:42:00:00:00:01\n",
                   NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err), 0);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "bridge-nf 0");
    assert_int_equal(ww_kernel_drops(b->kernel, count_audited, audited, &b->err), 0);
    assert_true(audited[WW_REASON_OUT] >= 3);
    assert_true(audited[WW_REASON_IN] >= 2);
    helper_run("nft list ruleset | nft -c -f -");
    ww_plan_free(plan);
    stage_start_with(1, 1);
}

/* What is counted as not reported: of which addresses. */
static int count_lost(const struct ww_drop_counter *counter, void *arg)
{
    char text[WW_ADDR_TEXT];
    struct ww_buf *lost = arg;
    if (counter->lost && counter->packets)
        ww_buf_fmt(lost, "%s ", ww_addr_text(&counter->addr, text));
    return 0;
}

static void expect_lost(const char *what, const char *wanted)
{
    struct bench *b = &stage.bench;
    struct ww_buf lost = {0};
    ww_buf_str(&lost, "");
    assert_int_equal(ww_kernel_drops(b->kernel, count_lost, &lost, &b->err), 0);
    assert_true(ww_buf_ok(&lost));
    if (strcmp(lost.data, wanted) != 0)
        fail_msg("%s: lost of '%s'", what, lost.data);
    ww_buf_done(&lost);
}

/* As many as the set takes, none of which is a container's. */
static void fill(const char *set, const char *element)
{
    helper_run("python3 -c \"print('add element bridge whalewall %s { ' + "
               "', '.join('%s' %% (i // 256, i %% 256) for i in range(65535)) + ' }')\" | nft -f -",
               set, element);
}

static void what_there_is_no_room_to_report_is_counted_there_too(void **state)
{
    (void)state;
    static const struct {
        struct row row;
        const char *set, *element, *lost;
    } rows[] = {
        {{"from it", 0, 2, "198.51.100.2", "198.51.100.4", 0, true}, "audit_s4", "198.18.%d.%d", "198.51.100.2 "},
        {{"to it", 2, 0, "198.51.100.4", "198.51.100.2", 0, true}, "audit_d4", "198.18.%d.%d", "198.51.100.2 "},
        {{"from it, IPv6", 0, 2, "2001:db8:100::2", "2001:db8:100::4", 0, true},
         "audit_s6",
         "2001:db8:9::%x:%x",
         "2001:db8:100::2 "},
        {{"to it, IPv6", 2, 0, "2001:db8:100::4", "2001:db8:100::2", 0, true},
         "audit_d6",
         "2001:db8:9::%x:%x",
         "2001:db8:100::2 "},
    };
    struct bench *b = &stage.bench;
    assert_int_equal(ww_kernel_report_drops(b->kernel, &b->err), 0);
    stage_start_past_the_ip_hooks();
    struct ww_plan *plan =
        bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\" audited\n"
                   "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n",
                   NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct row row = rows[i].row;
        helper_run("nft 'flush set bridge whalewall audit_lost4; flush set bridge whalewall audit_lost6'");
        row.dport = (uint16_t)(1000 + i);
        expect(&row, 1, "with room");
        expect_lost(row.name, "");
        helper_run("nft flush set bridge whalewall %s", rows[i].set);
        fill(rows[i].set, rows[i].element);
        expect(&row, 1, "reported before");
        expect_lost(row.name, "");
        row.dport += 100;
        expect(&row, 1, "without room");
        expect_lost(row.name, rows[i].lost);
        helper_run("nft flush set bridge whalewall %s", rows[i].set);
    }
    ww_plan_free(plan);
    stage_start_with(1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_shut_out_of_a_guarded_bridge),
        cmocka_unit_test(a_guarded_bridge_hands_on_what_a_link_needs),
        cmocka_unit_test(rules_hold_within_a_bridge),
        cmocka_unit_test(chains_are_copied),
        cmocka_unit_test(networks_are_copied),
        cmocka_unit_test(audited_ones_are_let_off),
        cmocka_unit_test(what_there_is_no_room_to_report_is_counted_there_too),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
