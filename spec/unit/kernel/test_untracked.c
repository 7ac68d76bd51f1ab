/*
 * What a bridge hands on before any hook can judge it begins no flow: it is not tracked. c0 and c1 are managed, and at
 * ports that are known; what c2 is, each table says.
 */
#include <net/if.h>
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

#include "core/kernel/netlink/ask.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_letter.h"
#include "helper_tracked.h"

#define ALL "ff:ff:ff:ff:ff:ff"
#define GROUP4 "01:00:5e:00:00:01"
#define GROUP6 "33:33:00:00:00:01"
#define NO_ONES "02:00:00:00:ca:fe"
#define PORTS_OWN "02:00:00:00:01:00" /* as c0's port says */
#define M0 "02:42:00:00:00:00"
#define M1 "02:42:00:00:00:01"
#define M2 "02:42:00:00:00:02"
#define M3 "02:42:00:00:00:03"
#define A0 "198.51.100.2"
#define A1 "198.51.100.3"
#define A2 "198.51.100.4"
#define A3 "198.51.100.5"
#define B0 "2001:db8:100::2"
#define B1 "2001:db8:100::3"
#define B2 "2001:db8:100::4"
#define B3 "2001:db8:100::5"
#define HOST4 "192.0.2.1"
#define HOST6 "2001:db8::1"

struct row {
    const char *name;
    int from;
    bool tracked;
    struct letter letter;
};

static void expect(const struct row *rows, size_t n)
{
    struct mnl_socket *conntrack;
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &stage.bench.err), 0);
    for (size_t i = 0; i < n; i++) {
        const struct letter *l = &rows[i].letter;
        const struct helper_flow flow = {
            .proto = IPPROTO_UDP, .src = l->src, .sport = 4000, .orig_dst = l->dst, .orig_dport = 80};
        bool tracked = false;
        helper_forget_all(conntrack);
        for (int tries = 0; tries < (rows[i].tracked ? BOUND_TRIES : 1) && !tracked; tries++) {
            letter_send(&stage.lab, rows[i].from, l);
            usleep(50000);
            tracked = helper_is_tracked(conntrack, &flow);
        }
        if (tracked != rows[i].tracked)
            fail_msg("%s: tracked %d", rows[i].name, tracked);
    }
    mnl_socket_close(conntrack);
    stage_move(NULL);
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof((rows)[0]))

static struct ww_fence *with_port_macs(void)
{
    struct ww_fence *f = stage_fence(false);
    struct ww_known k = {.managed = true, .container = (char *)(uintptr_t) "c0", .port = if_nametoindex("v0-0")};
    struct ww_addr sources[2];
    assert_int_equal(ww_addr_parse(A0, &k.addrs.ipv4, NULL), 0);
    assert_int_equal(ww_addr_parse(B0, &k.addrs.ipv6, NULL), 0);
    assert_int_equal(ww_mac_parse(M0, &k.addrs.mac, NULL), 0);
    assert_int_equal(ww_mac_parse(PORTS_OWN, &k.port_mac, NULL), 0);
    sources[0] = k.addrs.ipv4;
    sources[1] = k.addrs.ipv6;
    k.sources = sources;
    k.n_sources = 2;
    assert_int_equal(ww_fence_add_known(f, &k), 0);
    stage_add(f, 1, true, "v1-0");
    return f;
}

static void what_a_port_that_is_not_known_sends_to_all_is_not_tracked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"to its receiver", 2, true, {.kind = LETTER_DATA, M2, M3, A2, A3}},
        {"to its receiver, IPv6", 2, true, {.kind = LETTER_DATA, M2, M3, B2, B3}},
        {"to all", 2, false, {.kind = LETTER_DATA, M2, ALL, A2, A3}},
        {"to a group", 2, false, {.kind = LETTER_DATA, M2, GROUP4, A2, A3}},
        {"to all, IPv6", 2, false, {.kind = LETTER_DATA, M2, ALL, B2, B3}},
        {"to a group, IPv6", 2, false, {.kind = LETTER_DATA, M2, GROUP6, B2, B3}},
        {"to a managed one, at its MAC", 2, true, {.kind = LETTER_DATA, M2, M1, A2, A1}},
        {"to a managed one, at a MAC that no endpoint has", 2, false, {.kind = LETTER_DATA, M2, NO_ONES, A2, A1}},
        {"the same, IPv6", 2, false, {.kind = LETTER_DATA, M2, NO_ONES, B2, B1}},
    };
    stage_move(with_port_macs());
    EXPECT(rows);
}

static void nor_is_what_a_known_one_sends_to_all(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a managed one, to its receiver", 0, true, {.kind = LETTER_DATA, M0, M1, A0, A1}},
        {"a managed one, to all", 0, false, {.kind = LETTER_DATA, M0, ALL, A0, A1}},
        {"a managed one, to a group", 0, false, {.kind = LETTER_DATA, M0, GROUP4, A0, A1}},
        {"a managed one, to all, for one that is not managed", 0, false, {.kind = LETTER_DATA, M0, ALL, A0, A2}},
        {"a managed one, to a group, for one that is not managed", 0, false, {.kind = LETTER_DATA, M0, GROUP4, A0, A2}},
        {"one that stands by, to its like", 2, true, {.kind = LETTER_DATA, M2, M3, A2, A3}},
        {"one that stands by, to all, for its like", 2, true, {.kind = LETTER_DATA, M2, ALL, A2, A3}},
        {"one that stands by, to all, for a managed one", 2, false, {.kind = LETTER_DATA, M2, ALL, A2, A1}},
        {"one that stands by, to a group, for a managed one", 2, false, {.kind = LETTER_DATA, M2, GROUP6, B2, B1}},
        {"one that stands by, at a MAC that no endpoint has", 2, false, {.kind = LETTER_DATA, M2, NO_ONES, A2, A1}},
    };
    struct ww_fence *f = with_port_macs();
    stage_stand_by_in(f);
    stage_move(f);
    EXPECT(rows);
}

/* The host's address of another interface: its sender could answer itself in the host's name. */
static struct ww_fence *host_fence(void)
{
    struct ww_fence *own = ww_fence_new("host", "host", "");
    struct ww_addr addr;
    own->host = true;
    own->held = true;
    assert_int_equal(ww_addr_parse(HOST4, &addr, NULL), 0);
    assert_int_equal(ww_fence_add_own(own, &addr), 0);
    assert_int_equal(ww_addr_parse(HOST6, &addr, NULL), 0);
    assert_int_equal(ww_fence_add_own(own, &addr), 0);
    return own;
}

static void nor_what_says_to_be_for_the_host_at_another_mac(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"to its like, at a MAC that no endpoint has", 2, true, {.kind = LETTER_DATA, M2, NO_ONES, A2, A3}},
        {"to the host, at a MAC that no endpoint has", 2, false, {.kind = LETTER_DATA, M2, NO_ONES, A2, HOST4}},
        {"the same, IPv6", 2, false, {.kind = LETTER_DATA, M2, NO_ONES, B2, HOST6}},
        {"to the host, to all", 2, false, {.kind = LETTER_DATA, M2, ALL, A2, HOST4}},
        {"the same, IPv6", 2, false, {.kind = LETTER_DATA, M2, ALL, B2, HOST6}},
        {"to the host, to a group", 2, false, {.kind = LETTER_DATA, M2, GROUP4, A2, HOST4}},
    };
    for (int known = 0; known < 2; known++) {
        struct ww_fence *f = with_port_macs();
        if (known)
            stage_stand_by_in(f);
        stage_move_both(f, host_fence());
        EXPECT(rows);
    }
}

/* The host takes it for its own, whatever address it is for. */
static void nothing_goes_to_the_mac_of_a_port_itself(void **state)
{
    (void)state;
    static const struct letter to_port = {.kind = LETTER_OTHER, M2, PORTS_OWN};
    static const struct letter to_another = {.kind = LETTER_OTHER, M2, NO_ONES};
    for (int known = 0; known < 2; known++) {
        struct ww_fence *f = with_port_macs();
        if (known)
            stage_stand_by_in(f);
        stage_move(f);
        int tap = frame_tap(&stage.lab, 3);
        letter_send(&stage.lab, 2, &to_port);
        assert_false(letter_comes(tap, &to_port));
        bool comes = false;
        for (int i = 0; i < BOUND_TRIES && !comes; i++) {
            letter_send(&stage.lab, 2, &to_another);
            comes = letter_comes(tap, &to_another);
        }
        assert_true(comes);
        close(tap);
        stage_move(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_port_that_is_not_known_sends_to_all_is_not_tracked),
        cmocka_unit_test(nor_is_what_a_known_one_sends_to_all),
        cmocka_unit_test(nor_what_says_to_be_for_the_host_at_another_mac),
        cmocka_unit_test(nothing_goes_to_the_mac_of_a_port_itself),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
