/*
 * Endpoints bound to their bridge port: a container that forges the MAC and the address together gets nothing through,
 * nor one that gets them later, established flows included; and what is not managed is not touched.
 */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/kernel_drops.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_netns.h"

#define EVERYBODY "ff:ff:ff:ff:ff:ff"

/* Does a frame that `place` makes up arrive at the outside? One that must is sent again. */
static bool frame_gets_out(int place, const char *mac, const char *src, uint16_t sport, bool must)
{
    int tap = frame_tap(&stage.lab, LAB_OUTSIDE);
    bool ipv6 = strchr(src, ':') != NULL;
    const struct frame frame = {.from_mac = mac,
                                .to_mac = stage_gateway,
                                .src = src,
                                .dst = ipv6 ? "2001:db8:ffff::5" : "203.0.113.5",
                                .sport = sport,
                                .dport = 80};
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 1) && !seen; i++) {
        frame_send(&stage.lab, place, &frame);
        seen = frame_seen(tap, src, 80);
    }
    close(tap);
    return seen > 0;
}

static void forged_mac_and_address_do_not_join_anothers_flow(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int place;
        bool guarded;
        const char *mac;
        const char *src4;
        const char *src6;
        bool out;
    } rows[] = {
        {"its own flow", 0, false, "02:42:00:00:00:00", "198.51.100.2", "2001:db8:100::2", true},
        {"a managed neighbour's", 0, false, "02:42:00:00:00:01", "198.51.100.3", "2001:db8:100::3", false},
        {"an unmanaged neighbour's", 0, false, "02:42:00:00:00:02", "198.51.100.4", "2001:db8:100::4", false},
        {"an unmanaged neighbour's, by its MAC only", 0, false, "02:42:00:00:00:02", "198.51.100.2", "2001:db8:100::2",
         false},
        {"a managed one's, by an unmanaged one", 2, false, "02:42:00:00:00:00", "198.51.100.2", "2001:db8:100::2",
         false},
        {"its own, unmanaged", 2, false, "02:42:00:00:00:02", "198.51.100.4", "2001:db8:100::4", true},
        {"its own, unmanaged and bound", 2, true, "02:42:00:00:00:02", "198.51.100.4", "2001:db8:100::4", true},
        {"an unmanaged neighbour's, as one that routes", 3, true, "02:42:00:00:00:03", "198.51.100.4",
         "2001:db8:100::4", true},
        {"a managed one's, by an unmanaged one that is bound", 2, true, "02:42:00:00:00:02", "198.51.100.2",
         "2001:db8:100::2", false},
        {"a managed one's, guarded", 2, true, "02:42:00:00:00:00", "198.51.100.2", "2001:db8:100::2", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t port = stage.port++;
        int owner = rows[i].src4[strlen("198.51.100.")] - '2';
        stage_bind(rows[i].guarded);
        stage_begin_flow(owner, LAB_OUTSIDE, rows[i].src4, "203.0.113.5", port);
        stage_begin_flow(owner, LAB_OUTSIDE, rows[i].src6, "2001:db8:ffff::5", port);
        if (frame_gets_out(rows[i].place, rows[i].mac, rows[i].src4, port, rows[i].out) != rows[i].out)
            fail_msg("%s: it %s", rows[i].name, rows[i].out ? "is stopped" : "gets out");
        if (frame_gets_out(rows[i].place, rows[i].mac, rows[i].src6, port, rows[i].out) != rows[i].out)
            fail_msg("%s, IPv6: it %s", rows[i].name, rows[i].out ? "is stopped" : "gets out");
        stage_move(NULL);
    }
}

/* Its port goes; what comes for it would go to whoever says to be it. */
static void become(int place, int owner, bool on)
{
    helper_run("ip link set v%d-0 %s", owner, on ? "down" : "up");
    lab_enter(&stage.lab, place);
    helper_run("ip link set eth0 address 02:42:00:00:00:%02x && ip addr %s 198.51.100.%d/24 dev eth0",
               on ? owner : place, on ? "add" : "del", 2 + owner);
    lab_enter(&stage.lab, LAB_HOST);
    helper_run("ip neigh flush dev br0");
}

/* Engines before 28 derive the MAC from the address: with this one comes that one. */
static void a_successor_with_the_same_mac_and_address_gets_and_sends_nothing(void **state)
{
    (void)state;
    for (int guarded = 0; guarded < 2; guarded++)
        for (int owner = 0; owner < (guarded ? 3 : 1); owner += 2) {
            char src[32];
            char mac[32];
            uint16_t port = stage.port++;
            snprintf(src, sizeof(src), "198.51.100.%d", 2 + owner);
            snprintf(mac, sizeof(mac), "02:42:00:00:00:%02x", owner);
            stage_bind(guarded);
            stage_begin_flow(owner, LAB_OUTSIDE, src, "203.0.113.5", port);
            become(3, owner, true);
            helper_run("ip neigh replace %s lladdr %s dev br0", src, mac);
            assert_false(frame_gets_out(3, mac, src, port, false));
            assert_false(frame_gets_out(3, mac, src, (uint16_t)(port + 1000), false));
            int tap = frame_tap(&stage.lab, 3);
            stage_arrives(LAB_OUTSIDE, owner, "203.0.113.5", src, 80, port);
            assert_int_equal(frame_seen(tap, "203.0.113.5", port), 0);
            stage_move(NULL);
            unsigned seen = 0;
            for (int i = 0; i < BOUND_TRIES && !seen; i++) { /* it was the binding */
                stage_arrives(LAB_OUTSIDE, owner, "203.0.113.5", src, 80, port);
                seen = frame_seen(tap, "203.0.113.5", port);
            }
            assert_true(seen > 0);
            close(tap);
            become(3, owner, false);
        }
}

static void an_endpoint_known_to_be_nowhere_gets_and_sends_nothing(void **state)
{
    (void)state;
    for (int n = 0; n < 3; n += 2) {
        char src[32];
        char mac[32];
        uint16_t port = stage.port++;
        snprintf(src, sizeof(src), "198.51.100.%d", 2 + n);
        snprintf(mac, sizeof(mac), "02:42:00:00:00:%02x", n);
        stage_bind(true);
        stage_begin_flow(n, LAB_OUTSIDE, src, "203.0.113.5", port);
        struct ww_fence *f = stage_fence(true);
        stage_add(f, n, n == 0, STAGE_NOWHERE);
        stage_move(NULL);
        stage_move(f);
        assert_false(frame_gets_out(n, mac, src, port, false));
        assert_false(frame_gets_out(n, mac, src, (uint16_t)(port + 1000), false));
        assert_false(frame_gets_out(n, mac, "198.51.100.77", stage.port++, false)); /* nor as a router */
        assert_false(stage_arrives(LAB_OUTSIDE, n, "203.0.113.5", src, 80, port));
        assert_false(stage_arrives(LAB_HOST, n, "198.51.100.1", src, stage.port++, 80));
        stage_move(NULL);
        stage_bind(true);
        assert_true(stage_arrives_at_last(LAB_OUTSIDE, n, "203.0.113.5", src, stage.port++, 80));
        assert_true(frame_gets_out(n, mac, src, stage.port++, true));
        stage_move(NULL);
    }
}

static void broadcast_and_multicast_do_not_come_to_a_managed_port(void **state)
{
    (void)state;
    static const struct {
        const char *mac;
        const char *src;
        const char *dst;
        bool group;
    } rows[] = {
        {EVERYBODY, "198.51.100.4", "255.255.255.255", true},
        {EVERYBODY, "198.51.100.4", "198.51.100.255", true},
        {"01:00:5e:00:00:fb", "198.51.100.4", "224.0.0.251", true},
        {EVERYBODY, "198.51.100.4", "198.51.100.2", false},
        {"33:33:00:00:00:fb", "2001:db8:100::4", "ff02::fb", true},
        {EVERYBODY, "2001:db8:100::4", "2001:db8:100::2", false},
        {"02:42:00:00:00:00", "198.51.100.4", "203.0.113.77", false},
    };
    int managed = frame_tap(&stage.lab, 1);
    int other = frame_tap(&stage.lab, 3);
    stage_stand_by();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct frame frame = {"02:42:00:00:00:02", rows[i].mac, rows[i].src, rows[i].dst, stage.port++, 80, 0};
        frame_send(&stage.lab, 2, &frame);
        if (frame_seen(managed, rows[i].src, 80))
            fail_msg("%s comes to a managed port", rows[i].dst);
        if (rows[i].group && !frame_seen(other, rows[i].src, 80))
            fail_msg("%s does not come to one that is not managed", rows[i].dst);
    }
    close(managed);
    close(other);
    stage_move(NULL);
}

static void a_managed_port_sends_no_other_protocols_and_in_no_vlan(void **state)
{
    (void)state;
    const struct frame tagged = {"02:42:00:00:00:00", EVERYBODY, "198.51.100.2", "198.51.100.5", 4000, 80, 5};
    const struct frame free_tagged = {"02:42:00:00:00:02", EVERYBODY, "198.51.100.4", "198.51.100.5", 4000, 80, 5};
    const struct frame to_managed[] = {
        {"02:42:00:00:00:02", "02:42:00:00:00:01", "198.51.100.4", "198.51.100.3", 4000, 81, 5},
        {"02:42:00:00:00:02", "02:42:00:00:00:01", "198.51.100.77", "198.51.100.3", 4000, 81, 5},
        {"02:42:00:00:00:02", "02:42:00:00:00:01", "2001:db8:100::4", "2001:db8:100::3", 4000, 81, 5},
    };
    int tap = frame_tap(&stage.lab, 3);
    int managed = frame_tap(&stage.lab, 1);
    stage_bind(true);
    frame_send(&stage.lab, 0, &tagged);
    assert_int_equal(frame_seen(tap, "198.51.100.2", 80), 0);
    frame_send_other(&stage.lab, 0, "02:42:00:00:00:00", EVERYBODY, 0x88b5);
    assert_int_equal(frame_seen(tap, NULL, 0x88b5), 0);
    frame_send_other(&stage.lab, 2, "02:42:00:00:00:02", EVERYBODY, 0x88b5);
    assert_int_equal(frame_seen(tap, NULL, 0x88b5), 1);
    assert_int_equal(frame_seen(managed, NULL, 0x88b5), 0);
    frame_send(&stage.lab, 2, &free_tagged);
    assert_true(frame_seen(tap, "198.51.100.4", 80) > 0);
    assert_int_equal(frame_seen(managed, "198.51.100.4", 80), 0);
    for (int guarded = 1; guarded >= 0; guarded--) { /* the sender is bound, or not */
        stage_move(NULL);
        stage_bind(guarded);
        for (size_t i = 0; i < sizeof(to_managed) / sizeof(to_managed[0]); i++) {
            frame_send(&stage.lab, 2, &to_managed[i]);
            assert_int_equal(frame_seen(managed, to_managed[i].src, 81), 0);
        }
    }
    close(tap);
    close(managed);
    stage_move(NULL);
}

static void neighbours_are_found_and_what_is_allowed_passes(void **state)
{
    (void)state;
    static const struct {
        int from;
        int to;
        const char *src;
        const char *dst;
    } rows[] = {
        {0, 1, "198.51.100.2", "198.51.100.3"},
        {0, 1, "2001:db8:100::2", "2001:db8:100::3"},
        {1, 2, "198.51.100.3", "198.51.100.4"},
        {2, 1, "2001:db8:100::4", "2001:db8:100::3"},
        {0, LAB_HOST, "198.51.100.2", "198.51.100.1"},
        {0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5"},
        {LAB_OUTSIDE, 0, "203.0.113.5", "198.51.100.2"},
        {2, 3, "198.51.100.4", "198.51.100.5"},
        {2, 3, "2001:db8:100::4", "2001:db8:100::5"},
        {2, 3, "198.51.100.4", "198.51.101.5"},
        {2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5"},
        {2, LAB_HOST, "198.51.100.4", "198.51.100.1"},
        {LAB_HOST, 2, "2001:db8:100::1", "2001:db8:100::4"},
    };
    for (int guarded = 0; guarded < 2; guarded++) {
        stage_bind(guarded);
        for (int place = 0; place <= LAB_HOST; place++) {
            lab_enter(&stage.lab, place);
            helper_run("ip neigh flush all && ip -6 neigh flush all");
        }
        lab_enter(&stage.lab, LAB_HOST);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            if (!stage_arrives_at_last(rows[i].from, rows[i].to, rows[i].src, rows[i].dst, stage.port++, 80))
                fail_msg("%s does not reach %s", rows[i].src, rows[i].dst);
        stage_move(NULL);
    }
}

static void no_other_port_claims_a_bound_address_by_arp(void **state)
{
    (void)state;
    stage_bind(false);
    assert_true(stage_arrives_at_last(LAB_OUTSIDE, 0, "203.0.113.5", "198.51.100.2", stage.port++, 80));
    helper_run("echo 1 > /proc/sys/net/ipv4/conf/br0/arp_accept");
    for (int place = 1; place < 3; place++) {
        lab_enter(&stage.lab, place);
        helper_run("ip addr add 198.51.100.2/32 dev eth0 && python3 -c \"\n"
                   "import socket, struct\n"
                   "mac = bytes.fromhex('0242000000%02x')\n"
                   "ip = bytes([198, 51, 100, 2])\n"
                   "arp = struct.pack('!HHBBH', 1, 0x800, 6, 4, 2) + mac + ip + bytes([255] * 6) + ip\n"
                   "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
                   "s.bind(('eth0', 0))\n"
                   "s.send(bytes([255] * 6) + mac + bytes([8, 6]) + arp)\n\" && ip addr del 198.51.100.2/32 dev eth0",
                   place);
        lab_enter(&stage.lab, LAB_HOST);
        helper_run("ip neigh show 198.51.100.2 dev br0 | grep -q 02:42:00:00:00:00");
    }
    stage_move(NULL);
}

static void both_tables_change_in_one_step_and_are_taken_over(void **state)
{
    (void)state;
    struct bench *b = &stage.bench;
    uint32_t before = bench_generation();
    stage_bind(true);
    assert_int_equal(bench_generation(), before + 1);
    helper_run("nft list table bridge whalewall | grep -q 'elements = { \"v0-0\" comment \"c0-012345678\"'");
    helper_run("nft list ruleset | nft -c -f -");
    helper_run("nft list table inet whalewall | grep -q 'forward-mine' && exit 1 || exit 0");
    ww_kernel_free(b->kernel);
    assert_int_equal(ww_kernel_new(&b->kernel, &b->err), 0);
    ww_kernel_share_table(b->kernel, true);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    before = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, stage_fences, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), before);
    stage_move(NULL);
    assert_int_equal(bench_generation(), before + 1);
    helper_run("nft list table bridge whalewall | grep -q chain && exit 1 || exit 0");
}

static int take_count(const struct ww_drop_counter *counter, void *arg)
{
    uint64_t *counts = arg;
    if (counter->bridge_port &&
        counter->bridge_port == if_nametoindex(counter->reason == WW_REASON_SPOOF ? "v0-0" : "v1-0"))
        counts[counter->reason] += counter->packets;
    if (counter->reason == WW_REASON_FORGED && counter->addr.bytes[3] == 2)
        counts[counter->reason] += counter->packets;
    return 0;
}

static void drops_at_a_port_are_counted_for_the_endpoint_that_they_concern(void **state)
{
    (void)state;
    uint64_t counts[WW_REASONS] = {0};
    stage_bind(false);
    assert_false(frame_gets_out(0, "02:42:00:00:00:02", "198.51.100.4", stage.port++, false));
    assert_false(frame_gets_out(2, "02:42:00:00:00:00", "198.51.100.2", stage.port++, false));
    const struct frame all = {"02:42:00:00:00:02", EVERYBODY, "198.51.100.4", "255.255.255.255", stage.port++, 80, 0};
    frame_send(&stage.lab, 2, &all);
    frame_send(&stage.lab, 2, &all);
    assert_int_equal(ww_kernel_drops(stage.bench.kernel, take_count, counts, &stage.bench.err), 0);
    assert_int_equal(counts[WW_REASON_SPOOF], 1);
    assert_int_equal(counts[WW_REASON_FORGED], 1);
    assert_true(counts[WW_REASON_BRIDGE] >= 2);
    stage_move(NULL);
}

static void an_endpoint_that_is_not_bound_is_told_by_its_mac(void **state)
{
    (void)state;
    struct ww_fence *f = stage_fence(false);
    uint16_t port = stage.port++;
    stage_add(f, 0, true, NULL);
    stage_add(f, 1, true, "v1-0");
    stage_move(f);
    helper_run("nft list table inet whalewall | grep -q 'chain forward-mine'");
    stage_begin_flow(2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", port);
    assert_false(frame_gets_out(0, "02:42:00:00:00:00", "198.51.100.4", port, false));
    assert_false(frame_gets_out(1, "02:42:00:00:00:01", "198.51.100.4", port, false));
    stage_move(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_mac_and_address_do_not_join_anothers_flow),
        cmocka_unit_test(a_successor_with_the_same_mac_and_address_gets_and_sends_nothing),
        cmocka_unit_test(an_endpoint_known_to_be_nowhere_gets_and_sends_nothing),
        cmocka_unit_test(broadcast_and_multicast_do_not_come_to_a_managed_port),
        cmocka_unit_test(a_managed_port_sends_no_other_protocols_and_in_no_vlan),
        cmocka_unit_test(neighbours_are_found_and_what_is_allowed_passes),
        cmocka_unit_test(no_other_port_claims_a_bound_address_by_arp),
        cmocka_unit_test(both_tables_change_in_one_step_and_are_taken_over),
        cmocka_unit_test(drops_at_a_port_are_counted_for_the_endpoint_that_they_concern),
        cmocka_unit_test(an_endpoint_that_is_not_bound_is_told_by_its_mac),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
