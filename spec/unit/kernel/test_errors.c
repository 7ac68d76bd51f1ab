/*
 * ICMP errors: about a flow only its ends tell each other, and no redirect reaches a managed container. What the
 * host would tell of packets that no hook has seen stays untold.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_error.h"
#include "helper_netns.h"

#define V4(n) "198.51.100." n
#define V6(n) "2001:db8:100::" n
#define AWAY "203.0.113.5"
#define AWAY6 "2001:db8:ffff::5"
#define ASIDE "198.51.100.98"

static const char *const macs[] = {"02:42:00:00:00:00", "02:42:00:00:00:01", "02:42:00:00:00:02", "02:42:00:00:00:03"};

/* A flow from one address to the port 80 of another, and what is told about a packet of its other end's or its own. */
struct row {
    const char *name;
    int from; /* the flow's */
    int to;
    const char *src;
    const char *dst;
    int teller; /* sends the error, to the end at `told` */
    const char *address;
    int told;
    bool redirect;
    bool comes;
};

static const struct row rows[] = {
    /* a managed container tells */
    {"of its own flow", 0, LAB_OUTSIDE, V4("2"), AWAY, 0, V4("2"), LAB_OUTSIDE, false, true},
    {"of its own flow, IPv6", 0, LAB_OUTSIDE, V6("2"), AWAY6, 0, V6("2"), LAB_OUTSIDE, false, true},
    {"of a flow to it", LAB_OUTSIDE, 0, AWAY, V4("2"), 0, V4("2"), LAB_OUTSIDE, false, true},
    {"of a neighbour's flow", 2, LAB_OUTSIDE, V4("4"), AWAY, 0, V4("2"), LAB_OUTSIDE, false, false},
    {"of a neighbour's flow, IPv6", 2, LAB_OUTSIDE, V6("4"), AWAY6, 0, V6("2"), LAB_OUTSIDE, false, false},
    {"of its own flow, that there is a better way", 0, LAB_OUTSIDE, V4("2"), AWAY, 0, V4("2"), LAB_OUTSIDE, true,
     false},
    /* a managed container is told */
    {"by the outside", 0, LAB_OUTSIDE, V4("2"), AWAY, LAB_OUTSIDE, AWAY, 0, false, true},
    {"by the outside, that there is a better way", 0, LAB_OUTSIDE, V4("2"), AWAY, LAB_OUTSIDE, AWAY, 0, true, false},
    {"by a neighbour that began it", 2, 0, V4("4"), V4("2"), 2, V4("4"), 0, false, true},
    {"by a neighbour that it asked", 0, 2, V4("2"), V4("4"), 2, V4("4"), 0, false, true},
    {"by a managed neighbour that began it", 1, 0, V4("3"), V4("2"), 1, V4("3"), 0, false, true},
    {"by a managed neighbour that it asked", 0, 1, V4("2"), V4("3"), 1, V4("3"), 0, false, true},
    {"by another neighbour", 0, LAB_OUTSIDE, V4("2"), AWAY, 3, V4("5"), 0, false, false},
    {"by another neighbour, IPv6", 0, LAB_OUTSIDE, V6("2"), AWAY6, 3, V6("5"), 0, false, false},
    {"by an address that is set aside", 0, LAB_OUTSIDE, V4("2"), AWAY, 3, ASIDE, 0, false, true},
};

static const char *gateway_of(int place)
{
    static char outside[WW_MAC_TEXT];
    if (place != LAB_OUTSIDE)
        return stage_gateway;
    char *mac = helper_output("ip -br link show ext | tr -s ' ' | cut -d' ' -f3 | tr -d '\n'");
    strncpy(outside, mac, sizeof(outside) - 1);
    free(mac);
    return outside;
}

static const char *mac_of(int place)
{
    return place < LAB_CONTAINERS ? macs[place] : "02:00:00:00:00:99";
}

/* The end that is told sent the packet that the error is about. */
static struct icmp_error error_of(const struct row *row, uint16_t sport)
{
    bool ipv6 = strchr(row->src, ':');
    bool sender = row->told == row->from;
    struct icmp_error e = {
        .type = ipv6            ? ICMP6_DST_UNREACH
                : row->redirect ? ICMP_REDIRECT
                                : ICMP_DEST_UNREACH,
        .code = row->redirect ? ICMP_REDIR_HOST
                : ipv6        ? ICMP6_DST_UNREACH_NOPORT
                              : ICMP_PORT_UNREACH,
        .src = row->address,
        .dst = sender ? row->src : row->dst,
        .quoted_src = sender ? row->src : row->dst,
        .quoted_dst = sender ? row->dst : row->src,
        .quoted_sport = sender ? sport : 80,
        .quoted_dport = sender ? 80 : sport,
    };
    return e;
}

static void try_row(const struct row *row)
{
    uint16_t sport = stage.port++;
    struct icmp_error e = error_of(row, sport);
    int fd = error_listen(&stage.lab, row->told, strchr(row->src, ':') ? AF_INET6 : AF_INET);
    bool beside = row->teller < LAB_CONTAINERS && row->told < LAB_CONTAINERS;
    stage_begin_flow(row->from, row->to, row->src, row->dst, sport);
    error_send(&stage.lab, row->teller, mac_of(row->teller), beside ? macs[row->told] : gateway_of(row->teller), &e);
    bool comes = error_comes(fd, &e);
    close(fd);
    if (comes != row->comes)
        fail_msg("%s: it %s", row->name, comes ? "comes" : "does not come");
}

static void only_the_ends_of_a_flow_tell_of_it(void **state)
{
    (void)state;
    struct ww_addr aside;
    struct ww_fence *f = stage_fence(true);
    assert_int_equal(ww_addr_parse(ASIDE, &aside, NULL), 0);
    assert_int_equal(ww_fence_add_aux(f, &aside), 0);
    stage_add(f, 0, true, NULL);
    stage_add(f, 1, true, NULL);
    stage_add(f, 2, false, NULL);
    stage_add(f, 3, false, NULL);
    stage_move(f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i]);
    stage_move(NULL);
}

/* By their ports, where the IP hooks do not see what stays within the bridge. */
static void within_a_bridge_it_is_the_same(void **state)
{
    (void)state;
    static const struct row within[] = {
        {"of its own flow", 0, 2, V4("2"), V4("4"), 0, V4("2"), 2, false, true},
        {"of its own flow, IPv6", 0, 2, V6("2"), V6("4"), 0, V6("2"), 2, false, true},
        {"by a neighbour that it asked", 0, 2, V4("2"), V4("4"), 2, V4("4"), 0, false, true},
        {"by a neighbour that it asked, IPv6", 0, 2, V6("2"), V6("4"), 2, V6("4"), 0, false, true},
        {"by a neighbour that began it", 2, 0, V4("4"), V4("2"), 2, V4("4"), 0, false, true},
        {"by a neighbour that began it, IPv6", 2, 0, V6("4"), V6("2"), 2, V6("4"), 0, false, true},
        {"by one that it asked, that there is a better way", 0, 2, V4("2"), V4("4"), 2, V4("4"), 0, true, false},
        {"by another neighbour", 0, 2, V4("2"), V4("4"), 3, V4("5"), 0, false, false},
        {"by another neighbour, IPv6", 0, 2, V6("2"), V6("4"), 3, V6("5"), 0, false, false},
        {"of its neighbours' flow", 3, 2, V4("5"), V4("4"), 0, V4("2"), 2, false, false},
        {"of its neighbours' flow, IPv6", 3, 2, V6("5"), V6("4"), 0, V6("2"), 2, false, false},
    };
    stage_start_past_the_ip_hooks();
    stage_bind(true);
    for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
        try_row(&within[i]);
    char *counts = helper_output("nft list set bridge whalewall drop_from");
    if (!strstr(counts, "counter packets 2")) /* of the last two, for the port of the one that told */
        fail_msg("not counted: %s", counts);
    free(counts);
    stage_move(NULL);
    stage_start_with(1, 1);
}

/* It may route, which audit does not end. */
static void an_audited_container_tells_of_any_flow(void **state)
{
    (void)state;
    static const struct row of_neighbours[] = {
        {"of a neighbour's flow", 2, LAB_OUTSIDE, V4("4"), AWAY, 0, V4("2"), LAB_OUTSIDE, false, true},
        {"of a neighbour's flow, IPv6", 2, LAB_OUTSIDE, V6("4"), AWAY6, 0, V6("2"), LAB_OUTSIDE, false, true},
    };
    struct ww_fence *f = stage_fence(false);
    stage_add(f, 0, true, NULL);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan =
        bench_plan("ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\" audited\n"
                   "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n",
                   NULL);
    stage_move(f);
    for (size_t i = 0; i < sizeof(of_neighbours) / sizeof(of_neighbours[0]); i++)
        try_row(&of_neighbours[i]);
    stage_move(NULL);
}

static void the_host_tells_nothing_of_packets_that_no_hook_has_seen(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t type, code;
        const char *src, *dst, *quoted_dst;
        bool comes;
    } told[] = {
        {"unreachable", ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, "192.0.2.1", AWAY, "192.0.2.1", true},
        {"a parameter problem", ICMP_PARAMETERPROB, 0, "192.0.2.1", AWAY, "192.0.2.1", false},
        {"unreachable, IPv6", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, "2001:db8::1", AWAY6, "2001:db8::1", true},
        {"a next header", ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER, "2001:db8::1", AWAY6, "2001:db8::1", true},
        {"an option", ICMP6_PARAM_PROB, ICMP6_PARAMPROB_OPTION, "2001:db8::1", AWAY6, "2001:db8::1", false},
        {"to no address", ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, "2001:db8::1", AWAY6, "::", false},
    };
    stage_bind(false);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct icmp_error e = {told[i].type, told[i].code,       told[i].src,  told[i].dst,
                               told[i].dst,  told[i].quoted_dst, stage.port++, 80};
        int fd = error_listen(&stage.lab, LAB_OUTSIDE, strchr(e.src, ':') ? AF_INET6 : AF_INET);
        error_send_routed(&e);
        bool comes = error_comes(fd, &e);
        close(fd);
        if (comes != told[i].comes)
            fail_msg("%s: it %s", told[i].name, comes ? "comes" : "does not come");
    }
    stage_move(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_ends_of_a_flow_tell_of_it),
        cmocka_unit_test(within_a_bridge_it_is_the_same),
        cmocka_unit_test(the_host_tells_nothing_of_packets_that_no_hook_has_seen),
        cmocka_unit_test(an_audited_container_tells_of_any_flow),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
