/*
 * Ports that no known endpoint is at, on a guarded bridge: c0 is managed, c1 is known, c2 and c3 were never judged.
 * What no IP hook sees passes only while the bridge is guarded for the moment, or by what a link needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/kernel.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_netns.h"

#define EVERYBODY "ff:ff:ff:ff:ff:ff"
#define MADE_UP "02:00:00:00:ca:fe"
#define OTHER 0x88b5
#define ARP 0x0806 /* of 46 bytes, so with room for something behind it */

static const char *const macs[] = {"02:42:00:00:00:00", "02:42:00:00:00:01", "02:42:00:00:00:02", "02:42:00:00:00:03"};

enum guard { OPEN, BRIEF, GUARDED };

static void set_aside(struct ww_fence *f, const char *aside)
{
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(aside, &addr, NULL), 0);
    assert_int_equal(ww_fence_add_aux(f, &addr), 0);
}

static void guard(enum guard how, const char *aside)
{
    struct ww_fence *f = stage_fence(how != OPEN);
    f->brief = how == BRIEF;
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    stage_add(f, 0, true, "v0-0");
    if (how != OPEN)
        stage_add(f, 1, false, "v1-0");
    if (aside)
        set_aside(f, aside);
    stage_move(f);
}

/* Does a frame of this type arrive? One that must is sent again. */
static bool arrives(int from, const char *from_mac, int to, const char *to_mac, uint16_t type, bool must)
{
    int tap = frame_tap(&stage.lab, to);
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send_other(&stage.lab, from, from_mac, to_mac, type);
        seen = frame_seen(tap, NULL, type);
    }
    close(tap);
    return seen > 0;
}

static bool tagged_arrives(int from, int to, bool must)
{
    const struct frame frame = {macs[from], macs[to], "198.51.100.4", "198.51.100.5", 4000, 81, 5};
    int tap = frame_tap(&stage.lab, to);
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send(&stage.lab, from, &frame);
        seen = frame_seen(tap, "198.51.100.4", 81);
    }
    close(tap);
    return seen > 0;
}

static bool gets_out(int from, const struct frame *frame, int tap, bool must)
{
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send(&stage.lab, from, frame);
        seen = frame_seen(tap, frame->src, frame->dport);
    }
    return seen > 0;
}

static void skip_without_names(void)
{
    if (ww_kernel_can_name(stage.bench.kernel, NULL) > 0)
        return;
    print_message("this kernel cannot name the bridge of a port (CONFIG_NFT_BRIDGE_META)\n");
    skip();
}

static void strangers_hand_each_other_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int from;
        const char *from_mac;
        const char *to_mac;
        uint16_t type;
    } rows[] = {
        {"another protocol", 2, "02:42:00:00:00:02", "02:42:00:00:00:03", OTHER},
        {"another protocol, to all", 2, "02:42:00:00:00:02", EVERYBODY, OTHER},
        {"behind ARP", 2, "02:42:00:00:00:02", "02:42:00:00:00:03", ARP},
        {"behind ARP, to all", 2, "02:42:00:00:00:02", EVERYBODY, ARP},
        {"a known one with a MAC that it made up", 1, MADE_UP, "02:42:00:00:00:03", OTHER},
        {"a known one with a MAC that it made up, behind ARP", 1, MADE_UP, "02:42:00:00:00:03", ARP},
    };
    skip_without_names();
    for (enum guard how = OPEN; how <= GUARDED; how++) {
        guard(how, NULL);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            if (arrives(rows[i].from, rows[i].from_mac, 3, rows[i].to_mac, rows[i].type, how != GUARDED) !=
                (how != GUARDED))
                fail_msg("%s, guard %d: it %s", rows[i].name, how, how == GUARDED ? "arrives" : "does not arrive");
        assert_int_equal(tagged_arrives(2, 3, how != GUARDED), how != GUARDED);
        helper_run("nft list ruleset | nft -c -f -");
        stage_move(NULL);
    }
}

/* They are there for this, and what is not known by its port is known by its address. */
static void an_address_that_is_set_aside_is_none_of_a_strangers(void **state)
{
    (void)state;
    guard(GUARDED, "198.51.100.4");
    assert_true(stage_arrives_at_last(2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", 4000, 81));
    assert_true(stage_arrives_at_last(LAB_OUTSIDE, 2, "203.0.113.5", "198.51.100.4", 81, 4000));
    stage_move(NULL);
}

/* Within the bridge its name says which network it is: what another network sets aside is a stranger's here. */
static void an_address_is_set_aside_on_its_own_bridge_only(void **state)
{
    (void)state;
    skip_without_names();
    for (int here = 0; here < 2; here++) {
        struct ww_fence *f = stage_fence(true);
        struct ww_fence *other = ww_fence_new("other", "other", "br9");
        other->guarded = true;
        assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
        stage_add(f, 0, true, "v0-0");
        stage_add(f, 1, false, "v1-0");
        set_aside(here ? f : other, "198.51.100.4");
        set_aside(here ? f : other, "198.51.100.5");
        set_aside(here ? f : other, "2001:db8:100::4");
        stage_move_both(f, other);
        if (here) {
            assert_true(stage_arrives_at_last(2, 1, "198.51.100.4", "198.51.100.3", 4000, 81));
            assert_true(stage_arrives_at_last(3, 2, "198.51.100.5", "198.51.100.4", 4000, 81));
        } else {
            assert_false(stage_arrives(2, 1, "198.51.100.4", "198.51.100.3", 4000, 81));
            assert_false(stage_arrives(2, 1, "2001:db8:100::4", "2001:db8:100::3", 4000, 81));
            assert_false(stage_arrives(3, 2, "198.51.100.5", "198.51.100.4", 4000, 81));
        }
        stage_move(NULL);
    }
}

/* Of whichever kernel: the bridge's own MAC says which network it is. */
static void a_flow_that_a_partner_began_in_its_name_carries_nothing(void **state)
{
    (void)state;
    static const char *const addrs[][2] = {{"198.51.100.4", "203.0.113.5"}, {"2001:db8:100::4", "2001:db8:ffff::5"}};
    for (enum guard how = OPEN; how <= GUARDED; how++)
        for (int v = 0; v < 2; v++) {
            uint16_t port = stage.port++;
            bool passes = how != GUARDED;
            const struct frame seed = {macs[1], stage_gateway, addrs[v][0], addrs[v][1], port, 80, 0};
            const struct frame answer = {macs[2], stage_gateway, addrs[v][0], addrs[v][1], port, 80, 0};
            int outside = frame_tap(&stage.lab, LAB_OUTSIDE);
            guard(how, NULL);
            assert_true(gets_out(1, &seed, outside, true));
            assert_int_equal(stage_arrives_at_last(LAB_OUTSIDE, 2, addrs[v][1], addrs[v][0], 80, port), passes);
            assert_int_equal(gets_out(2, &answer, outside, passes), passes);
            close(outside);
            stage_move(NULL);
        }
}

/* Reports and counts say why, as they do for what ends in table inet. */
static void what_is_sent_to_a_managed_one_is_counted_for_it(void **state)
{
    (void)state;
    guard(GUARDED, NULL);
    assert_false(stage_arrives(2, 0, "198.51.100.4", "198.51.100.2", 4000, 80));
    char *counts = helper_output("nft list set bridge whalewall drop_guard4; nft list set inet whalewall drop_guard4");
    if (!strstr(counts, "198.51.100.2 counter packets 1"))
        fail_msg("not counted: %s", counts);
    free(counts);
    stage_move(NULL);
}

/* Of a flow that is older than the guard, so that table inet lets it go on; it comes from the bridge's own MAC. */
static void what_a_managed_one_has_routed_to_a_stranger_is_counted_for_it(void **state)
{
    (void)state;
    uint16_t port = stage.port++;
    const struct frame routed = {macs[0], stage_gateway, "198.51.100.2", "198.51.100.5", port, 80, 0};
    stage_begin_flow(0, 3, "198.51.100.2", "198.51.100.5", port);
    guard(GUARDED, NULL);
    int tap = frame_tap(&stage.lab, 3);
    frame_send(&stage.lab, 0, &routed);
    assert_int_equal(frame_seen(tap, "198.51.100.2", 80), 0);
    close(tap);
    char *counts = helper_output("nft list set bridge whalewall drop_guard4");
    if (!strstr(counts, "198.51.100.2 counter packets 1"))
        fail_msg("not counted: %s", counts);
    free(counts);
    stage_move(NULL);
}

static int open_with_one_managed(void **state)
{
    int rc = stage_open(state);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"
                                  "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n",
                                  NULL);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_hand_each_other_nothing),
        cmocka_unit_test(an_address_that_is_set_aside_is_none_of_a_strangers),
        cmocka_unit_test(an_address_is_set_aside_on_its_own_bridge_only),
        cmocka_unit_test(a_flow_that_a_partner_began_in_its_name_carries_nothing),
        cmocka_unit_test(what_is_sent_to_a_managed_one_is_counted_for_it),
        cmocka_unit_test(what_a_managed_one_has_routed_to_a_stranger_is_counted_for_it),
    };
    return cmocka_run_group_tests(tests, open_with_one_managed, stage_close);
}
