/*
 * Frames to MACs that the program does not know, on a bridge with a port of the administrator's: c0 and c1 are managed,
 * c2 is not, c3 is new. The bridge hands up what is for the port's own MAC; it begins no flow that nothing has judged.
 * What is for a new neighbour goes there, and nowhere else.
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

#define M0 "02:42:00:00:00:00"
#define M2 "02:42:00:00:00:02"
#define M3 "02:42:00:00:00:03"
#define MADE_UP "02:00:00:00:ca:fe"

static const char *const addrs[] = {"198.51.100.2", "2001:db8:100::2"};
static const char *const free_addrs[] = {"198.51.100.4", "2001:db8:100::4"};
static const char *const new_addrs[] = {"198.51.100.5", "2001:db8:100::5"};
static const char *const outside[] = {"203.0.113.5", "2001:db8:ffff::5"};

static char port_mac[WW_MAC_TEXT], known_port_mac[WW_MAC_TEXT];

/* Nothing is known of c3 and its port; c2 stands by. */
static void bind_others(bool guarded)
{
    struct ww_fence *f = stage_fence(guarded);
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    stage_add(f, 2, false, "v2-0");
    stage_move(f);
}

/* The bridge takes what goes to these into the table of flows before a rule is asked. */
static const char *const doors[] = {port_mac, "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"};
#define DOORS (sizeof(doors) / sizeof(doors[0]))

static void what_the_host_does_not_take_begins_no_flow(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *const *to;
        int place;
    } rows[] = {{"the outside", outside, LAB_OUTSIDE}, {"a new neighbour", new_addrs, 3}};
    for (unsigned i = 0; i < 8 * DOORS; i++) {
        const bool guarded = i & 1;
        const int v = i >> 1 & 1, r = i >> 2 & 1;
        const uint16_t port = stage.port++;
        const struct frame begins = {M0, doors[i / 8], addrs[v], rows[r].to[v], port, 81, 0};
        bind_others(guarded);
        frame_send(&stage.lab, 0, &begins);
        if (stage_arrives(rows[r].place, 0, rows[r].to[v], addrs[v], 81, port))
            fail_msg("%s answers, %s, guarded %d, IPv%d", rows[r].name, begins.to_mac, guarded, v ? 6 : 4);
        stage_move(NULL);
    }
}

/* Nor does what one that is not managed, or not known, sends to a managed one so. */
static void a_managed_one_answers_nothing_that_was_not_judged(void **state)
{
    (void)state;
    static const struct {
        const char *mac;
        const char *const *src;
        int place;
    } rows[] = {{M2, free_addrs, 2}, {M3, new_addrs, 3}};
    for (unsigned i = 0; i < 8 * DOORS; i++) {
        const bool guarded = i & 1;
        const int v = i >> 1 & 1, r = i >> 2 & 1;
        const uint16_t port = stage.port++;
        const struct frame begins = {rows[r].mac, doors[i / 8], rows[r].src[v], addrs[v], port, 81, 0};
        bind_others(guarded);
        frame_send(&stage.lab, rows[r].place, &begins);
        if (stage_arrives(0, rows[r].place, addrs[v], rows[r].src[v], 81, port))
            fail_msg("it answers c%d, %s, guarded %d, IPv%d", rows[r].place, begins.to_mac, guarded, v ? 6 : 4);
        stage_move(NULL);
    }
}

/* What it may send goes on, as if it were for the bridge. */
static void what_rules_allow_may_begin_so(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        const uint16_t port = stage.port++;
        const struct frame begins = {M0, port_mac, addrs[v], outside[v], port, 80, 0};
        bind_others(false);
        bool came = false;
        for (int i = 0; i < BOUND_TRIES && !came; i++) {
            frame_send(&stage.lab, 0, &begins);
            came = stage_arrives(LAB_OUTSIDE, 0, outside[v], addrs[v], 80, port);
        }
        assert_true(came);
        stage_move(NULL);
    }
}

/* Ports of those that are known are no destination at all, whatever rules allow. */
static void nothing_is_for_the_port_of_a_known_one(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        const struct frame frame = {M0, known_port_mac, addrs[v], outside[v], stage.port++, 80, 0};
        int tap = frame_tap(&stage.lab, LAB_OUTSIDE);
        bind_others(false);
        frame_send(&stage.lab, 0, &frame);
        assert_int_equal(frame_seen(tap, addrs[v], 80), 0);
        stage_move(NULL);
        close(tap);
    }
}

static unsigned copies(int tap, const char *src, const struct frame *frame)
{
    unsigned seen = 0;
    for (int i = 0; i < BOUND_TRIES && !seen; i++) {
        frame_send(&stage.lab, 0, frame);
        seen = frame_seen(tap, src, frame->dport);
    }
    return seen;
}

/* Also while the bridge hands all frames to the host, for a program captures them. */
static void a_new_neighbour_is_answered_once(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const int v = i & 1;
        const uint16_t port = stage.port++;
        const struct frame answer = {M0, M3, addrs[v], new_addrs[v], 80, port, 0};
        int tap = frame_tap(&stage.lab, 3);
        bind_others(false);
        helper_run("ip link set br0 promisc %s", i & 2 ? "on" : "off");
        assert_true(stage_arrives_at_last(3, 0, new_addrs[v], addrs[v], port, 80));
        assert_int_equal(copies(tap, addrs[v], &answer), 1);
        stage_move(NULL);
        close(tap);
    }
    helper_run("ip link set br0 promisc off");
}

/* The bridge floods it: for one that is not managed, as for all. */
static void what_is_for_an_unknown_mac_comes_to_no_known_endpoint(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        const struct frame flooded = {M0, MADE_UP, addrs[v], new_addrs[v], stage.port++, 80, 0};
        const struct frame own = {M0, M2, addrs[v], free_addrs[v], flooded.sport, 80, 0};
        int tap = frame_tap(&stage.lab, 2);
        bind_others(false);
        assert_int_not_equal(copies(tap, addrs[v], &own), 0);
        frame_send(&stage.lab, 0, &flooded);
        assert_int_equal(frame_seen(tap, addrs[v], 80), 0);
        stage_move(NULL);
        close(tap);
    }
}

static void read_mac(const char *port, char ret[static WW_MAC_TEXT])
{
    char command[96];
    snprintf(command, sizeof(command), "ip -br link show %s | tr -s ' ' | cut -d' ' -f3 | tr -d '\\n'", port);
    char *mac = helper_output(command);
    strncpy(ret, mac, WW_MAC_TEXT - 1);
    free(mac);
}

static int open_with_port(void **state)
{
    int rc = stage_open(state);
    helper_run("ip link add adm0 type veth peer name adm1 && ip link set adm0 master br0 up && ip link set adm1 up");
    read_mac("adm0", port_mac);
    read_mac("v1-0", known_port_mac);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_host_does_not_take_begins_no_flow),
        cmocka_unit_test(a_managed_one_answers_nothing_that_was_not_judged),
        cmocka_unit_test(what_rules_allow_may_begin_so),
        cmocka_unit_test(nothing_is_for_the_port_of_a_known_one),
        cmocka_unit_test(a_new_neighbour_is_answered_once),
        cmocka_unit_test(what_is_for_an_unknown_mac_comes_to_no_known_endpoint),
    };
    return cmocka_run_group_tests(tests, open_with_port, stage_close);
}
