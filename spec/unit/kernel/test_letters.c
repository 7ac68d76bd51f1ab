/*
 * What neighbours say to each other at the ports of a bridge, letter by letter: each endpoint of itself, what a link
 * needs, and nothing more. c0 and c1 are managed; what c2 and c3 are, each table of letters says.
 */
#include <arpa/inet.h>
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

#include "core/kernel/kernel.h"
#include "core/kernel/kernel_drops.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_letter.h"
#include "helper_netns.h"

#define ALL "ff:ff:ff:ff:ff:ff"
#define M0 "02:42:00:00:00:00"
#define M1 "02:42:00:00:00:01"
#define M2 "02:42:00:00:00:02"
#define M3 "02:42:00:00:00:03"
#define MADE_UP "02:00:00:00:ca:fe"
#define GROUP4 "01:00:5e:00:00:01"
#define GROUP6 "33:33:00:00:00:01"
#define BRIDGE "bridge" /* its MAC */

#define A0 "198.51.100.2"
#define A1 "198.51.100.3"
#define A2 "198.51.100.4"
#define A3 "198.51.100.5"
#define B0 "2001:db8:100::2"
#define B1 "2001:db8:100::3"
#define B2 "2001:db8:100::4"
#define B3 "2001:db8:100::5"
#define L0 "fe80::42:ff:fe00:0"
#define L1 "fe80::42:ff:fe00:1"
#define L2 "fe80::42:ff:fe00:2"
#define NOBODY6 "2001:db8:100::99"
#define NODES "ff02::1"
#define ROUTERS "ff02::2"
#define LISTENERS "ff02::16"
#define SOLICITED "ff02::1:ff00:2"

struct row {
    const char *name;
    int from;
    int to;
    bool passes;
    struct letter letter;
};

static void add_own(struct ww_fence *f, const char *text)
{
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(text, &addr, NULL), 0);
    assert_int_equal(ww_fence_add_own(f, &addr), 0);
}

static struct ww_addr gate(void)
{
    struct ww_mac mac;
    assert_int_equal(ww_mac_parse(stage_gateway, &mac, NULL), 0);
    return ww_mac_link_local(&mac);
}

static struct ww_fence *with_bridge(bool guarded)
{
    char text[WW_ADDR_TEXT];
    struct ww_addr addr = gate();
    struct ww_fence *f = stage_fence(guarded);
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    add_own(f, "198.51.100.1");
    add_own(f, "2001:db8:100::1");
    add_own(f, ww_addr_text(&addr, text));
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    return f;
}

static bool comes(const struct row *row, int tap)
{
    struct letter l = row->letter;
    l.from_mac = strcmp(l.from_mac, BRIDGE) == 0 ? stage_gateway : l.from_mac;
    l.to_mac = strcmp(l.to_mac, BRIDGE) == 0 ? stage_gateway : l.to_mac;
    for (int i = 0; i < (row->passes ? BOUND_TRIES : 2); i++) {
        letter_send(&stage.lab, row->from, &l);
        if (letter_comes(tap, &l))
            return true;
    }
    return false;
}

static void expect(const struct row *rows, size_t n)
{
    int taps[LAB_HOST + 1];
    for (int i = 0; i <= LAB_HOST; i++)
        taps[i] = frame_tap(&stage.lab, i);
    for (size_t i = 0; i < n; i++)
        if (comes(&rows[i], taps[rows[i].to]) != rows[i].passes)
            fail_msg("%s: it %s", rows[i].name, rows[i].passes ? "does not arrive" : "arrives");
    for (int i = 0; i <= LAB_HOST; i++)
        close(taps[i]);
    stage_move(NULL);
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof((rows)[0]))

/* c2 and c3 are not known; the network is not guarded. */
static void a_port_that_is_not_known_says_nothing_of_one_that_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ARP of itself", 2, 3, true, {.kind = LETTER_ARP, M2, ALL, A2, .target = A3}},
        {"ARP of a managed one", 2, 3, false, {.kind = LETTER_ARP, M2, ALL, A0, .target = A3}},
        {"to one host", 2, 3, true, {.kind = LETTER_DATA, M2, M3, A2, A3}},
        {"to one host and all MACs", 2, 3, true, {.kind = LETTER_DATA, M2, ALL, A2, A3}},
        {"to one host and a group's MAC", 2, 3, true, {.kind = LETTER_DATA, M2, GROUP4, A2, A3}},
        {"to one host and all MACs, IPv6", 2, 3, true, {.kind = LETTER_DATA, M2, ALL, B2, B3}},
        {"to one host and a group's MAC, IPv6", 2, 3, true, {.kind = LETTER_DATA, M2, GROUP6, B2, B3}},
        {"to all of the subnet", 2, 3, true, {.kind = LETTER_DATA, M2, ALL, A2, "198.51.100.255"}},
        {"to a group", 2, 3, true, {.kind = LETTER_DATA, M2, GROUP6, B2, NODES}},
        {"behind one tag", 2, 3, true, {.kind = LETTER_OTHER, M2, M3, .tags = 1, .vlan = 5}},
        {"behind two tags that say nothing", 2, 3, false, {.kind = LETTER_OTHER, M2, M3, .tags = 2}},
        {"a managed one's MAC", 2, 3, false, {.kind = LETTER_OTHER, M0, ALL}},
        {"from a group", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "224.0.0.9", A3}},
        {"from loopback", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "127.0.0.2", A3}},
        {"from all", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "255.255.255.255", A3}},
        {"from a group, IPv6", 2, 3, false, {.kind = LETTER_DATA, M2, M3, NODES, B3}},
        {"from loopback, IPv6", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "::1", B3}},
        {"from any router of the link", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "fe80::", B3}},
        {"from no address to none", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "0.0.0.0", "0.0.0.0"}},
        {"from no address to one", 2, 3, true, {.kind = LETTER_DATA, M2, M3, "0.0.0.0", A3}},
        {"its own MAC", 2, 3, true, {.kind = LETTER_OTHER, M2, ALL}},
        {"tells of itself", 2, 3, true, {.kind = LETTER_ANSWERS, M2, GROUP6, B2, NODES, B2, M2}},
        {"tells of a managed one", 2, 3, false, {.kind = LETTER_ANSWERS, M2, GROUP6, B2, NODES, B0, M2}},
        {"tells of itself, behind a tag that says nothing",
         2,
         3,
         true,
         {.kind = LETTER_ANSWERS, M2, GROUP6, B2, NODES, B2, M2, .tags = 1}},
        {"tells of a managed one, behind a tag that says nothing",
         2,
         3,
         false,
         {.kind = LETTER_ANSWERS, M2, GROUP6, B2, NODES, B0, M2, .tags = 1}},
        {"tells of a managed one, behind two tags that say nothing",
         2,
         3,
         false,
         {.kind = LETTER_ANSWERS, M2, GROUP6, B2, NODES, B0, M2, .tags = 2}},
        {"wants an address", 2, 3, true, {.kind = LETTER_ASKS, M2, GROUP6, "::", SOLICITED, B2, NULL}},
        {"wants a managed one's", 2, 3, false, {.kind = LETTER_ASKS, M2, GROUP6, "::", SOLICITED, B0, NULL}},
    };
    stage_move(with_bridge(false));
    EXPECT(rows);
}

/* What it says as a listener comes to the bridge, and to no port that is not known. */
static void a_managed_endpoint_says_that_it_listens(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"version 2", 0, LAB_HOST, true, {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS}},
        {"version 2, without an address", 0, LAB_HOST, true, {.kind = LETTER_HEARS, M0, GROUP6, "::", LISTENERS}},
        {"version 2, of many groups",
         0,
         LAB_HOST,
         true,
         {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS, .room = 440}},
        {"version 2, with room for more",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS, .room = 480}},
        {"version 2, in fragments",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS, .fragment = true}},
        {"version 2, without its option",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS, .bare = true}},
        {"version 1, in fragments",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS1, M0, GROUP6, B0, SOLICITED, .fragment = true}},
        {"version 1, with room for more and without its option",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS1, M0, GROUP6, B0, SOLICITED, .room = 8, .bare = true}},
        {"done, in fragments", 0, LAB_HOST, false, {.kind = LETTER_DONE, M0, GROUP6, B0, ROUTERS, .fragment = true}},
        {"version 2, as another", 0, LAB_HOST, false, {.kind = LETTER_HEARS, M0, GROUP6, B2, LISTENERS}},
        {"version 2, to all", 0, LAB_HOST, false, {.kind = LETTER_HEARS, M0, GROUP6, B0, NODES}},
        {"version 1", 0, LAB_HOST, true, {.kind = LETTER_HEARS1, M0, GROUP6, B0, SOLICITED}},
        {"version 1, with room for more",
         0,
         LAB_HOST,
         false,
         {.kind = LETTER_HEARS1, M0, GROUP6, B0, SOLICITED, .room = 8}},
        {"done", 0, LAB_HOST, true, {.kind = LETTER_DONE, M0, GROUP6, B0, ROUTERS}},
        {"done, to all", 0, LAB_HOST, false, {.kind = LETTER_DONE, M0, GROUP6, B0, NODES}},
        {"version 2, to a port", 0, 3, false, {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS}},
        {"version 1, to a port", 0, 3, false, {.kind = LETTER_HEARS1, M0, GROUP6, B0, SOLICITED}},
        {"done, to a port", 0, 3, false, {.kind = LETTER_DONE, M0, GROUP6, B0, ROUTERS}},
        {"that of one not managed, to a port", 2, 3, true, {.kind = LETTER_HEARS, M2, GROUP6, B2, LISTENERS}},
    };
    stage_move(with_bridge(false));
    EXPECT(rows);
}

/* c2 and c3 are not managed, and stand by. */
static void a_managed_endpoint_speaks_of_itself(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"asks", 0, 3, true, {.kind = LETTER_ASKS, M0, GROUP6, B0, SOLICITED, B3, NULL}},
        {"asks, with its MAC", 0, 3, true, {.kind = LETTER_ASKS, M0, GROUP6, B0, SOLICITED, B3, M0}},
        {"asks, with another's MAC", 0, 3, false, {.kind = LETTER_ASKS, M0, GROUP6, B0, SOLICITED, B3, M2}},
        {"asks, from another's MAC", 0, 3, false, {.kind = LETTER_ASKS, MADE_UP, GROUP6, B0, SOLICITED, B3, NULL}},
        {"asks, from another's address", 0, 3, false, {.kind = LETTER_ASKS, M0, GROUP6, B2, SOLICITED, B3, NULL}},
        {"wants its own address", 0, 3, true, {.kind = LETTER_ASKS, M0, GROUP6, "::", SOLICITED, B0, NULL}},
        {"wants its own address, with a number",
         0,
         3,
         true,
         {.kind = LETTER_ASKS, M0, GROUP6, "::", SOLICITED, B0, "nonce"}},
        {"wants another's address", 0, 3, false, {.kind = LETTER_ASKS, M0, GROUP6, "::", SOLICITED, B3, NULL}},
        {"answers", 0, 3, true, {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B0, NULL}},
        {"answers, with its MAC", 0, 3, true, {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B0, M0}},
        {"answers for another", 0, 3, false, {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B1, NULL}},
        {"answers with another's MAC", 0, 3, false, {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B0, M1}},
        {"answers, in a VLAN", 0, 3, false, {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B0, M0, .tags = 1, .vlan = 5}},
        {"answers, behind two tags",
         0,
         3,
         false,
         {.kind = LETTER_ANSWERS, M0, M3, B0, B3, B0, M0, .tags = 2, .vlan = 5}},
        {"seeks routers", 0, 3, true, {.kind = LETTER_SEEKS, M0, GROUP6, B0, ROUTERS}},
        {"seeks routers, with its MAC", 0, 3, true, {.kind = LETTER_SEEKS, M0, GROUP6, B0, ROUTERS, .option = M0}},
        {"seeks routers, without an address", 0, 3, true, {.kind = LETTER_SEEKS, M0, GROUP6, "::", ROUTERS}},
        {"seeks routers, with room for more", 0, 3, false, {.kind = LETTER_SEEKS, M0, GROUP6, B0, ROUTERS, .room = 16}},
        {"is a router", 0, 3, false, {.kind = LETTER_ROUTER, M0, GROUP6, B0, NODES}},
        {"ARP", 0, 3, true, {.kind = LETTER_ARP, M0, ALL, A0, .target = A3}},
        {"ARP without an address", 0, 3, true, {.kind = LETTER_ARP, M0, ALL, "0.0.0.0", .target = A0}},
        {"ARP of another", 0, 3, false, {.kind = LETTER_ARP, M0, ALL, A1, .target = A3}},
        {"ARP from another's MAC", 0, 3, false, {.kind = LETTER_ARP, MADE_UP, ALL, A0, .target = A3, .arp_mac = M0}},
        {"listens, to one that is not the bridge", 0, 3, false, {.kind = LETTER_HEARS, M0, GROUP6, B0, LISTENERS}},
        {"to the node that has the address", 0, 3, true, {.kind = LETTER_DATA, M0, M3, A0, A3}},
        {"to another's address there", 0, 3, false, {.kind = LETTER_DATA, M0, M3, A0, A2}},
    };
    struct ww_fence *f = with_bridge(false);
    stage_stand_by_in(f);
    stage_move(f);
    EXPECT(rows);
}

static void one_that_stands_by_is_no_other(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a managed one's MAC", 2, 3, false, {.kind = LETTER_OTHER, M0, ALL}},
        {"a MAC that it made up", 2, 3, true, {.kind = LETTER_OTHER, MADE_UP, ALL}},
        {"ARP of itself", 2, 3, true, {.kind = LETTER_ARP, M2, ALL, A2, .target = A3}},
        {"ARP of a managed one", 2, 3, false, {.kind = LETTER_ARP, M2, ALL, A0, .target = A3}},
        {"behind two tags", 2, 3, true, {.kind = LETTER_OTHER, M2, M3, .tags = 2, .vlan = 5}},
        {"behind two tags that say nothing", 2, 3, false, {.kind = LETTER_OTHER, M2, M3, .tags = 2}},
        {"answers with room for more, to its like",
         2,
         3,
         true,
         {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B2, .room = 64}},
        {"answers with room for more, to a managed one",
         2,
         1,
         false,
         {.kind = LETTER_ANSWERS, M2, M1, B2, B1, B2, .room = 64}},
        {"answers a managed one", 2, 1, true, {.kind = LETTER_ANSWERS, M2, M1, B2, B1, B2, NULL}},
        {"answers a managed one, with its MAC", 2, 1, true, {.kind = LETTER_ANSWERS, M2, M1, B2, B1, B2, M2}},
        {"answers a managed one behind a tag",
         2,
         1,
         false,
         {.kind = LETTER_ANSWERS, M2, M1, B2, B1, B2, NULL, .tags = 1, .vlan = 5}},
        {"answers a managed one, behind two tags",
         2,
         1,
         false,
         {.kind = LETTER_ANSWERS, M2, M1, B2, B1, B2, M2, .tags = 2, .vlan = 5}},
        {"answers for a managed one, behind two tags that say nothing",
         2,
         3,
         false,
         {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B0, M2, .tags = 2}},
        {"from a group", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "224.0.0.9", A3}},
        {"from loopback", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "127.0.0.2", A3}},
        {"from all", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "255.255.255.255", A3}},
        {"from a group, IPv6", 2, 3, false, {.kind = LETTER_DATA, M2, M3, NODES, B3}},
        {"from loopback, IPv6", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "::1", B3}},
        {"from any router of the link", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "fe80::", B3}},
        {"from no address to none", 2, 3, false, {.kind = LETTER_DATA, M2, M3, "0.0.0.0", "0.0.0.0"}},
        {"from no address to one", 2, 3, true, {.kind = LETTER_DATA, M2, M3, "0.0.0.0", A3}},
        {"to a managed one", 2, 1, true, {.kind = LETTER_DATA, M2, M1, B2, B1}},
        {"to a managed one's link-local address", 2, 1, false, {.kind = LETTER_DATA, M2, M1, L2, L1}},
        {"is a router", 2, 1, false, {.kind = LETTER_ROUTER, M2, GROUP6, L2, NODES}},
    };
    struct ww_fence *f = with_bridge(false);
    stage_stand_by_in(f);
    stage_move(f);
    EXPECT(rows);
}

/* c2 and c3 are known, and not managed: they may route for each other. */
static void one_that_is_known_speaks_for_its_like_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ARP of itself", 2, 3, true, {.kind = LETTER_ARP, M2, ALL, A2, .target = A3}},
        {"ARP of its like", 2, 1, true, {.kind = LETTER_ARP, M2, ALL, A3, .target = A1}},
        {"ARP of a managed one", 2, 3, false, {.kind = LETTER_ARP, M2, ALL, A0, .target = A3}},
        {"its like's MAC", 2, 1, false, {.kind = LETTER_ARP, M3, ALL, A2, .target = A1, .arp_mac = M2}},
        {"behind two tags", 2, 3, false, {.kind = LETTER_OTHER, M2, M3, .tags = 2, .vlan = 5}},
        {"behind no tag", 2, 3, true, {.kind = LETTER_OTHER, M2, M3}},
        {"asks", 2, 3, true, {.kind = LETTER_ASKS, M2, GROUP6, B2, SOLICITED, B3, M2}},
        {"asks as a managed one", 2, 3, false, {.kind = LETTER_ASKS, M2, GROUP6, B0, SOLICITED, B3, M2}},
        {"answers for a managed one", 2, 3, false, {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B0, M2}},
        {"answers for a managed one, behind two tags",
         2,
         3,
         false,
         {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B0, M2, .tags = 2, .vlan = 5}},
        {"answers for a managed one, behind two tags that say nothing",
         2,
         3,
         false,
         {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B0, M2, .tags = 2}},
        {"answers for its like", 2, 3, true, {.kind = LETTER_ANSWERS, M2, M3, B2, B3, B3, M2}},
        {"answers for an address that no node has", 2, 3, true, {.kind = LETTER_ANSWERS, M2, M3, B2, B3, NOBODY6, M2}},
        {"wants a managed one's address", 2, 3, false, {.kind = LETTER_ASKS, M2, GROUP6, "::", SOLICITED, B0, NULL}},
        {"wants its own", 2, 3, true, {.kind = LETTER_ASKS, M2, GROUP6, "::", SOLICITED, B2, NULL}},
        {"to another's address at this port", 2, 3, false, {.kind = LETTER_DATA, M2, M3, A2, A0}},
        {"from a managed one, to a group", 0, 3, true, {.kind = LETTER_DATA, M0, GROUP4, A0, "224.0.0.1"}},
        {"from a managed one, to all", 0, 3, true, {.kind = LETTER_DATA, M0, ALL, A0, "255.255.255.255"}},
    };
    struct ww_fence *f = with_bridge(true);
    stage_add(f, 2, false, "v2-0");
    stage_add(f, 3, false, "v3-0");
    stage_move(f);
    EXPECT(rows);
}

/* c3 stands by, as on another network, which is not guarded: it may route for c2, and for no managed one. */
static void one_that_stands_by_may_route(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"for itself", LAB_HOST, 3, true, {.kind = LETTER_DATA, BRIDGE, M3, "198.51.100.1", A3}},
        {"for its like", LAB_HOST, 3, true, {.kind = LETTER_DATA, BRIDGE, M3, "198.51.100.1", A2}},
        {"for its like, IPv6", LAB_HOST, 3, true, {.kind = LETTER_DATA, BRIDGE, M3, "2001:db8:100::1", B2}},
        {"for a managed one", LAB_HOST, 3, false, {.kind = LETTER_DATA, BRIDGE, M3, "198.51.100.1", A0}},
        {"for a managed one, IPv6", LAB_HOST, 3, false, {.kind = LETTER_DATA, BRIDGE, M3, "2001:db8:100::1", B0}},
        {"from a managed one", 3, 1, false, {.kind = LETTER_DATA, M3, M1, A0, A1}},
    };
    struct ww_fence *f = with_bridge(true);
    stage_add(f, 2, false, "v2-0");
    stage_stand_by_at(f, 3, "v3-0");
    stage_move(f);
    EXPECT(rows);
}

/* c2 is a stranger, c3 is known. */
static void one_that_is_known_hands_a_stranger_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"another protocol", 3, 2, false, {.kind = LETTER_OTHER, M3, M2}},
        {"ARP", 3, 2, true, {.kind = LETTER_ARP, M3, ALL, A3, .target = A2}},
        {"asks", 3, 2, true, {.kind = LETTER_ASKS, M3, GROUP6, B3, SOLICITED, B2, NULL}},
        {"asks, with its MAC", 3, 2, true, {.kind = LETTER_ASKS, M3, GROUP6, B3, SOLICITED, B2, M3}},
        {"asks, with room for more", 3, 2, false, {.kind = LETTER_ASKS, M3, GROUP6, B3, SOLICITED, B2, M3, .room = 8}},
        {"the stranger with its MAC", 2, 3, false, {.kind = LETTER_OTHER, M3, ALL}},
    };
    struct ww_fence *f = with_bridge(true);
    stage_add(f, 3, false, "v3-0");
    stage_move(f);
    EXPECT(rows);
}

/* And to a port that is not known on a guarded bridge: c2. */
static void the_bridge_is_the_router(void **state)
{
    char link_local[WW_ADDR_TEXT];
    struct ww_addr addr = gate();
    ww_addr_text(&addr, link_local);
    (void)state;
    const struct row rows[] = {
        {"is a router", LAB_HOST, 1, true, {.kind = LETTER_ROUTER, BRIDGE, GROUP6, link_local, NODES}},
        {"is a router, from elsewhere", LAB_HOST, 1, false, {.kind = LETTER_ROUTER, BRIDGE, GROUP6, "fe80::99", NODES}},
        {"asks which groups are listened to",
         LAB_HOST,
         1,
         true,
         {.kind = LETTER_QUERY, BRIDGE, GROUP6, link_local, NODES}},
        {"asks which groups are listened to, from elsewhere",
         LAB_HOST,
         1,
         false,
         {.kind = LETTER_QUERY, BRIDGE, GROUP6, "fe80::99", NODES}},
        {"is a router, to a stranger", LAB_HOST, 2, true, {.kind = LETTER_ROUTER, BRIDGE, GROUP6, link_local, NODES}},
        {"asks a stranger which groups it listens to",
         LAB_HOST,
         2,
         true,
         {.kind = LETTER_QUERY, BRIDGE, GROUP6, link_local, NODES}},
        {"to a stranger", LAB_HOST, 2, false, {.kind = LETTER_DATA, BRIDGE, GROUP6, link_local, NODES}},
    };
    stage_move(with_bridge(true));
    EXPECT(rows);
}

/* c2 is a stranger: what a link needs comes to the bridge, and nothing else. */
static void a_stranger_says_to_the_bridge_what_a_link_needs(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ARP", 2, LAB_HOST, true, {.kind = LETTER_ARP, M2, BRIDGE, A2, .target = "198.51.100.1"}},
        {"listens", 2, LAB_HOST, true, {.kind = LETTER_HEARS, M2, BRIDGE, L2, LISTENERS}},
        {"another protocol", 2, LAB_HOST, false, {.kind = LETTER_OTHER, M2, BRIDGE}},
        {"a datagram", 2, LAB_HOST, false, {.kind = LETTER_DATA, M2, BRIDGE, A2, "198.51.100.1"}},
    };
    stage_move(with_bridge(true));
    EXPECT(rows);
}

/* c2 has the addresses that the managed c0 has, on a network of its own: the port tells which it is. */
static void a_twin_speaks_of_itself_at_its_own_port(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"asks", 2, 3, true, {.kind = LETTER_ASKS, M2, GROUP6, B0, SOLICITED, B3, M2}},
        {"ARP", 2, 3, true, {.kind = LETTER_ARP, M2, ALL, A0, .target = A3}},
        {"answers", 2, 3, true, {.kind = LETTER_ANSWERS, M2, M3, L2, B3, B0, M2}},
        {"asks as another managed one", 2, 3, false, {.kind = LETTER_ASKS, M2, GROUP6, B1, SOLICITED, B3, M2}},
        {"ARP of another managed one", 2, 3, false, {.kind = LETTER_ARP, M2, ALL, A1, .target = A3}},
        {"answers for another managed one", 2, 3, false, {.kind = LETTER_ANSWERS, M2, M3, L2, B3, B1, M2}},
    };
    struct ww_fence *f = with_bridge(false);
    struct ww_known twin = {.container = (char *)(uintptr_t) "twin", .port = if_nametoindex("v2-0")};
    assert_int_equal(ww_addr_parse(A0, &twin.addrs.ipv4, NULL), 0);
    assert_int_equal(ww_addr_parse(B0, &twin.addrs.ipv6, NULL), 0);
    assert_int_equal(ww_mac_parse(M2, &twin.addrs.mac, NULL), 0);
    assert_int_equal(ww_fence_add_bystander(f, &twin), 0);
    stage_stand_by_at(f, 3, "v3-0");
    stage_move(f);
    EXPECT(rows);
}

/* c2 is managed, and on two networks: what it says at one port may name its address on the other. */
static void a_managed_endpoint_names_all_addresses_of_its_container(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"its other address", 2, 3, true, {.kind = LETTER_ARP, M2, ALL, "198.51.101.4", .target = A3}},
        {"another's", 2, 3, false, {.kind = LETTER_ARP, M2, ALL, "198.51.101.5", .target = A3}},
    };
    struct ww_fence *f = with_bridge(false);
    struct ww_addr sources[2];
    struct ww_known both = {.container = (char *)(uintptr_t) "both", .managed = true, .port = if_nametoindex("v2-0")};
    assert_int_equal(ww_addr_parse(A2, &both.addrs.ipv4, NULL), 0);
    assert_int_equal(ww_mac_parse(M2, &both.addrs.mac, NULL), 0);
    assert_int_equal(ww_addr_parse(A2, &sources[0], NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.101.4", &sources[1], NULL), 0);
    both.sources = sources;
    both.n_sources = 2;
    assert_int_equal(ww_fence_add_known(f, &both), 0);
    stage_stand_by_at(f, 3, "v3-0");
    stage_move(f);
    EXPECT(rows);
}

/* No port is known, so it is for table inet alone. */
static void without_ports_neighbours_are_judged_by_their_addresses(void **state)
{
    (void)state;
    static const struct row open[] = {
        {"to a link-local address", 2, 0, false, {.kind = LETTER_DATA, M2, M0, L2, L0}},
        {"asks there", 2, 0, true, {.kind = LETTER_ASKS, M2, M0, L2, L0, L0, M2}},
        {"is a router", 2, 0, true, {.kind = LETTER_ROUTER, M2, M0, L2, B0}},
    };
    static const struct row guarded[] = {
        {"asks", 2, 0, true, {.kind = LETTER_ASKS, M2, M0, L2, B0, B0, M2}},
        {"is a router, and not known", 2, 0, false, {.kind = LETTER_ROUTER, M2, M0, L2, B0}},
    };
    struct ww_fence *f = stage_fence(false);
    stage_add(f, 0, true, NULL);
    stage_move(f);
    EXPECT(open);
    f = stage_fence(true);
    stage_add(f, 0, true, NULL);
    stage_move(f);
    EXPECT(guarded);
}

static void send_as_the_host(const char *to)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    at.sin6_scope_id = if_nametoindex("br0");
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(inet_pton(AF_INET6, to, &at.sin6_addr), 1);
    assert_true(fd >= 0);
    (void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)); /* EPERM where a rule drops it */
    close(fd);
}

static void nor_does_the_host_send_to_a_link_local_address(void **state)
{
    (void)state;
    char *link_local =
        helper_output("ip -o -6 addr show dev br0 scope link | sed 's/.*inet6 //; s,/.*,,' | tr -d '\\n'");
    struct ww_fence *f = stage_fence(false);
    int tap = frame_tap(&stage.lab, 0);
    unsigned seen = 0;
    for (int i = 0; i < BOUND_TRIES && !seen; i++) {
        send_as_the_host(L0);
        seen = frame_seen(tap, link_local, 80);
    }
    assert_true(seen);
    stage_add(f, 0, true, NULL);
    stage_move(f);
    send_as_the_host(L0);
    assert_int_equal(frame_seen(tap, link_local, 80), 0);
    free(link_local);
    close(tap);
    stage_move(NULL);
}

struct told {
    enum ww_drop_reason reason;
    bool counted, reported;
};

static int take_count(const struct ww_drop_counter *counter, void *arg)
{
    struct told *told = arg;
    told->counted = told->counted || (counter->reason == told->reason && counter->packets > 0);
    return 0;
}

static void take_report(const struct ww_drop *drop, void *arg)
{
    struct told *told = arg;
    told->reported = told->reported || drop->reason == told->reason;
}

/* The kernel gathers reports for a tenth of a second. */
static struct told told_of(enum ww_drop_reason reason)
{
    struct bench *b = &stage.bench;
    struct told told = {.reason = reason};
    usleep(200000);
    if (ww_kernel_drops(b->kernel, take_count, &told, &b->err) < 0 ||
        ww_kernel_drain_drops(b->kernel, take_report, &told, &b->err) < 0)
        fail_msg("%s", b->err.text);
    return told;
}

/* Both families, but where what is told is none's. */
static void what_ends_at_a_port_is_counted_and_reported(void **state)
{
    (void)state;
    static const struct {
        enum ww_drop_reason reason;
        bool guarded, counted;
        struct row row;
    } rows[] = {
        {WW_REASON_SPOOF, false, true, {"from another's address", 0, 3, false, {.kind = LETTER_DATA, M0, M3, A1, A3}}},
        {WW_REASON_SPOOF, false, true, {"IPv6", 0, 3, false, {.kind = LETTER_DATA, M0, M3, B1, B3}}},
        {WW_REASON_FORGED, false, true, {"from a managed one's", 2, 3, false, {.kind = LETTER_DATA, M2, M3, A0, A3}}},
        {WW_REASON_FORGED, false, true, {"IPv6", 2, 3, false, {.kind = LETTER_DATA, M2, M3, B0, B3}}},
        {WW_REASON_LINK, false, false, {"a managed one's MAC", 2, 3, false, {.kind = LETTER_DATA, M0, M3, A2, A3}}},
        {WW_REASON_LINK, false, false, {"IPv6", 2, 3, false, {.kind = LETTER_DATA, M0, M3, B2, B3}}},
        {WW_REASON_BRIDGE,
         false,
         true,
         {"to a group", 2, 1, false, {.kind = LETTER_DATA, M2, GROUP4, A2, "224.0.0.9"}}},
        {WW_REASON_BRIDGE, false, true, {"IPv6", 2, 1, false, {.kind = LETTER_DATA, M2, GROUP6, B2, NODES}}},
        {WW_REASON_GUARD, true, true, {"a stranger's", 2, 1, false, {.kind = LETTER_DATA, M2, BRIDGE, A2, A0}}},
        {WW_REASON_GUARD, true, true, {"IPv6", 2, 1, false, {.kind = LETTER_DATA, M2, BRIDGE, B2, B0}}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int tap = frame_tap(&stage.lab, rows[i].row.to);
        struct letter l = rows[i].row.letter;
        l.to_mac = strcmp(l.to_mac, BRIDGE) == 0 ? stage_gateway : l.to_mac;
        stage_move(with_bridge(rows[i].guarded));
        (void)told_of(rows[i].reason);
        letter_send(&stage.lab, rows[i].row.from, &l);
        assert_false(letter_comes(tap, &l));
        struct told told = told_of(rows[i].reason);
        if (told.counted != rows[i].counted || !told.reported)
            fail_msg("%s, %s: counted %d, reported %d", ww_drop_reason_name(rows[i].reason), rows[i].row.name,
                     told.counted, told.reported);
        stage_move(NULL);
        close(tap);
    }
}

struct report {
    struct ww_addr src, dst;
    bool found;
};

static void find_report(const struct ww_drop *drop, void *arg)
{
    struct report *r = arg;
    r->found = r->found || (drop->reason == WW_REASON_BRIDGE && ww_addr_cmp(&drop->src, &r->src) == 0 &&
                            ww_addr_cmp(&drop->dst, &r->dst) == 0);
}

static bool is_reported(const struct letter *letter)
{
    struct bench *b = &stage.bench;
    struct report report = {.found = false};
    assert_int_equal(ww_addr_parse(letter->src, &report.src, NULL), 0);
    assert_int_equal(ww_addr_parse(letter->dst, &report.dst, NULL), 0);
    usleep(200000);
    if (ww_kernel_drain_drops(b->kernel, find_report, &report, &b->err) < 0)
        fail_msg("%s", b->err.text);
    return report.found;
}

/* It comes to the port because the bridge does not know where its receiver is, or sends it to all. */
static void what_a_bridge_floods_ends_at_a_port_without_a_word(void **state)
{
    (void)state;
    static const struct {
        bool reported;
        struct row row;
    } rows[] = {
        {false, {"to another managed one", 2, 0, false, {.kind = LETTER_DATA, M2, M0, A2, A1}}},
        {false, {"listens", 2, 1, false, {.kind = LETTER_HEARS, M2, GROUP6, L2, LISTENERS}}},
        {true,
         {"asks behind a tag",
          2,
          1,
          false,
          {.kind = LETTER_ASKS, M2, GROUP6, B2, SOLICITED, B1, NULL, .tags = 1, .vlan = 5}}},
    };
    struct ww_fence *f = with_bridge(false);
    stage_stand_by_in(f);
    stage_move(f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i].row;
        int tap = frame_tap(&stage.lab, row->to);
        letter_send(&stage.lab, row->from, &row->letter);
        assert_false(letter_comes(tap, &row->letter));
        if (is_reported(&row->letter) != rows[i].reported)
            fail_msg("%s: reported %d", row->name, !rows[i].reported);
        close(tap);
    }
    stage_move(NULL);
}

/* The same address and MAC on two bridges: what a managed one holds there is at its port here as well. */
static void one_that_stands_by_is_found_though_a_managed_one_elsewhere_has_its_address(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"asks whether it is still there", 2, 3, true, {.kind = LETTER_ASKS, M2, M3, B2, B3, B3, M2}},
        {"answers", 3, 2, true, {.kind = LETTER_ANSWERS, M3, M2, B3, B2, B3, M3}},
    };
    struct ww_fence *f = with_bridge(false);
    struct ww_fence *other = ww_fence_new("n1", "back", "br1");
    stage_stand_by_in(f);
    stage_add(other, 3, true, "v1-1");
    stage_move_both(f, other);
    EXPECT(rows);
}

/* What is sent to all comes to all ports, and drops are reported. */
static int open_flooding(void **state)
{
    int rc = stage_open(state);
    struct bench *b = &stage.bench;
    if (ww_kernel_report_drops(b->kernel, &b->err) < 0 || ww_kernel_adopt(b->kernel, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    helper_run("ip link set br0 type bridge mcast_snooping 0");
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_that_is_not_known_says_nothing_of_one_that_is),
        cmocka_unit_test(a_managed_endpoint_says_that_it_listens),
        cmocka_unit_test(a_managed_endpoint_speaks_of_itself),
        cmocka_unit_test(one_that_stands_by_is_no_other),
        cmocka_unit_test(one_that_is_known_speaks_for_its_like_only),
        cmocka_unit_test(one_that_stands_by_may_route),
        cmocka_unit_test(one_that_is_known_hands_a_stranger_nothing),
        cmocka_unit_test(the_bridge_is_the_router),
        cmocka_unit_test(a_stranger_says_to_the_bridge_what_a_link_needs),
        cmocka_unit_test(a_twin_speaks_of_itself_at_its_own_port),
        cmocka_unit_test(a_managed_endpoint_names_all_addresses_of_its_container),
        cmocka_unit_test(without_ports_neighbours_are_judged_by_their_addresses),
        cmocka_unit_test(nor_does_the_host_send_to_a_link_local_address),
        cmocka_unit_test(one_that_stands_by_is_found_though_a_managed_one_elsewhere_has_its_address),
        cmocka_unit_test(what_ends_at_a_port_is_counted_and_reported),
        cmocka_unit_test(what_a_bridge_floods_ends_at_a_port_without_a_word),
    };
    return cmocka_run_group_tests(tests, open_flooding, stage_close);
}
