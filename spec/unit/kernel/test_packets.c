/*
 * What rules do not say and packets try: forged sources, link-local ones, and flows begun from the wrong end. What
 * rules do say is held against the simulator by test_agreement.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_heads.h"
#include "helper_netns.h"
#include "helper_stage.h"

#define OPEN                                                                                                           \
    "input from any udp dport 80 origin \"input[0]\"\n"                                                                \
    "output to any udp dport 80 origin \"output[0]\"\n"

static struct stage stage;

static int open_stage(void **state)
{
    stage_set(&stage, false);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_strike(&stage);
    return 0;
}

struct row {
    const char *name;
    int from;
    int to;
    const char *src;
    const char *dst;
    bool delivered;
};

static void try_row(const struct row *row, uint16_t sport, uint16_t dport)
{
    struct probe p = stage_send(&stage, row->from, row->to, row->src, row->dst, sport, dport);
    if (p.delivered != row->delivered)
        fail_msg("%s: delivered %d (send error %d)", row->name, p.delivered, p.send_error);
}

static void forged_sources_are_dropped(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"its own address", 0, 1, "198.51.100.2", "198.51.100.3", true},
        {"its own address, IPv6", 0, 1, "2001:db8:100::2", "2001:db8:100::3", true},
        {"an address that no node has", 0, 1, "198.51.100.99", "198.51.100.3", false},
        {"an address that no node has, IPv6", 0, 1, "2001:db8:100::99", "2001:db8:100::3", false},
        {"an address that no node has, to the outside", 0, LAB_OUTSIDE, "198.51.100.99", "203.0.113.5", false},
        {"an address that no node has, to the host", 0, LAB_HOST, "198.51.100.99", "198.51.100.1", false},
        {"an unmanaged container's own address", 2, 1, "198.51.100.4", "198.51.100.3", true},
        {"an unmanaged container routing for other nodes", 2, 1, "198.51.100.98", "198.51.100.3", true},
        {"a managed container's address from an unmanaged one", 2, 1, "198.51.100.2", "198.51.100.3", false},
        {"the same, IPv6", 2, 1, "2001:db8:100::2", "2001:db8:100::3", false},
        {"the same, to the host", 2, LAB_HOST, "198.51.100.2", "198.51.100.1", false},
        {"the same, to the host, IPv6", 2, LAB_HOST, "2001:db8:100::2", "2001:db8:100::1", false},
    };
    bench_go(&stage.bench, bench_plan(C0_HEAD OPEN, C1_HEAD OPEN, NULL));
    lab_enter(&stage.lab, 0);
    helper_run("ip addr add 198.51.100.99/32 dev eth0 && ip addr add 2001:db8:100::99/128 dev eth0 nodad");
    lab_enter(&stage.lab, 2);
    helper_run("ip addr add 198.51.100.98/32 dev eth0 && ip addr add 198.51.100.2/32 dev eth0 && "
               "ip addr add 2001:db8:100::2/128 dev eth0 nodad");
    lab_enter(&stage.lab, LAB_HOST);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i], stage.port++, 80);
    lab_enter(&stage.lab, 2);
    helper_run("ip addr del 198.51.100.2/32 dev eth0 && ip addr del 2001:db8:100::2/128 dev eth0");
    lab_enter(&stage.lab, LAB_HOST);
}

static unsigned long spoofed(void)
{
    char *text = helper_output("nft list chain inet whalewall drop-spoof | grep -o 'packets [0-9]*'");
    unsigned long n = strtoul(text + strlen("packets "), NULL, 10);
    free(text);
    return n;
}

static void link_local_sources_find_neighbours_and_nothing_else(void **state)
{
    (void)state;
    bench_go(&stage.bench, bench_plan(C0_HEAD OPEN, NULL));
    unsigned long before = spoofed();
    lab_enter(&stage.lab, 0);
    helper_run("ip -6 neigh flush dev eth0 && python3 -c \""
               "import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); "
               "s.sendto(b'x', ('fe80::42:ff:fe00:1', 80, 0, socket.if_nametoindex('eth0')))\" && sleep 0.3 && "
               "ip -6 neigh show dev eth0 | grep -q '^fe80::42:ff:fe00:1 lladdr'");
    lab_enter(&stage.lab, LAB_HOST);
    assert_in_range(spoofed(), before + 1, before + 3);
}

/* Else a withdrawn client's packets would count as answers to it. */
static void a_published_port_begins_no_flows(void **state)
{
    (void)state;
    static const struct row others = {
        "another port of the host", LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", true};
    static const struct row port = {"the published port", LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", false};
    static const struct row client = {"the client", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", false};
    bench_go(&stage.bench, bench_plan(C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\n", NULL));
    try_row(&others, 8081, 33000);
    try_row(&port, 8080, 33000);
    try_row(&client, 33000, 8080);
}

/* What a published port sends that is of no flow: as the question would be judged. */
static void a_late_answer_reaches_a_client_of_a_cidr(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"to a client", LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.5", true},
        {"to another", LAB_HOST, LAB_OUTSIDE, "192.0.2.1", "203.0.113.77", false},
    };
    static const char *const published[] = {
        C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\nexternal from 203.0.113.4/30 origin \"mapped_ports.external\"\n",
        C1_HEAD
        "publish udp 80 on 192.0.2.1 port 8080\nexternal from 203.0.113.4/30 origin \"mapped_ports.external\"\n",
    };
    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        bench_go(&stage.bench, bench_plan(published[i], NULL));
        for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++)
            try_row(&rows[j], 8080, stage.port++);
    }
}

static void what_is_not_managed_is_not_touched(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"between containers", 2, 3, "198.51.100.4", "198.51.100.5", true},
        {"between networks", 2, 3, "198.51.100.4", "198.51.101.5", true},
        {"to the outside", 2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", true},
        {"from the outside", LAB_OUTSIDE, 2, "203.0.113.5", "198.51.100.4", true},
        {"to the host", 2, LAB_HOST, "2001:db8:100::4", "2001:db8:100::1", true},
        {"from the host", LAB_HOST, 2, "2001:db8:100::1", "2001:db8:100::4", true},
        {"to one that is managed", 2, 0, "198.51.100.4", "198.51.100.2", false},
        {"from the host to one that is managed", LAB_HOST, 0, "198.51.100.1", "198.51.100.2", false},
    };
    bench_go(&stage.bench, bench_plan(C0_HEAD, NULL));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i], stage.port++, 80);
}

static struct probe ping(const struct row *row)
{
    bool ipv6 = strchr(row->src, ':');
    struct probe p = {.from = row->from, .to = row->to};
    p.flow.proto = ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    p.flow.question = (uint16_t)((ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) << 8);
    assert_int_equal(ww_addr_parse(row->src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(row->dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    probe_run(&stage.kit, &p, 1, 100);
    return p;
}

/* By rules that nothing else in the plan makes up for. */
static void a_ping_and_a_datagram_are_let_through_by_one_rule_alone(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        struct row row;
        bool datagram;
    } cases[] = {
        {C0_HEAD "output to host udp dport 80 origin \"output[0]\"\n",
         {"", 0, LAB_HOST, "2001:db8:100::2", "2001:db8:100::1", false},
         false},
        {C0_HEAD "output to host icmp origin \"output[0]\"\n",
         {"", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", true},
         false},
        {C0_HEAD "output to host icmp origin \"output[0]\"\n",
         {"", 0, LAB_HOST, "2001:db8:100::2", "2001:db8:100::1", true},
         false},
        {C1_HEAD "input from host origin \"input[0]\"\n",
         {"", LAB_HOST, 1, "198.51.100.1", "198.51.100.3", true},
         false},
        {C1_HEAD "input from host origin \"input[0]\"\n",
         {"", LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", true},
         false},
        {C0_HEAD "output to 203.0.113.5 udp dport 80 origin \"output[0]\"\n",
         {"", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", true},
         true},
        {C0_HEAD "output to 203.0.113.5 udp dport 80 origin \"output[0]\"\n",
         {"", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.77", false},
         true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench_go(&stage.bench, bench_plan(cases[i].rules, NULL));
        if (cases[i].datagram)
            try_row(&cases[i].row, stage.port++, 80);
        else if (ping(&cases[i].row).delivered != cases[i].row.delivered)
            fail_msg("%s: from %s delivered %d", cases[i].rules, cases[i].row.src, !cases[i].row.delivered);
    }
}

/* To the host's port 8080, which leads to container 2. */
static bool reaches_by_translation(void)
{
    struct probe p = {.from = 0, .to = 2};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .sport = stage.port++, .dport = 80, .orig_dport = 8080};
    assert_int_equal(ww_addr_parse("198.51.100.2", &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.100.4", &p.flow.dst, NULL), 0);
    assert_int_equal(ww_addr_parse("192.0.2.1", &p.flow.orig_dst, NULL), 0);
    probe_run(&stage.kit, &p, 1, 100);
    return p.delivered;
}

static void a_cidr_is_about_the_original_destination_too(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        bool delivered;
    } cases[] = {
        {C0_HEAD "output to 192.0.2.0/29 udp dport 8080 origin \"output[0]\"\n", true},
        {C0_HEAD "output to 192.0.2.0/29 udp dport 80 origin \"output[0]\"\n", false},
        {C0_HEAD "output to 192.0.2.0/29 origin \"output[0]\"\n", true},
        {C0_HEAD "output to 192.0.2.8/29 origin \"output[0]\"\n", false},
        {C0_HEAD "output to 198.51.100.4/30 udp dport 80 origin \"output[0]\"\n", true},
        {C0_HEAD "output to 198.51.100.4/30 udp dport 8080 origin \"output[0]\"\n", false},
        {C0_HEAD "output to 10.0.0.0/8 origin \"output[0]\"\noutput to 192.0.2.1 udp dport 8080 origin \"output[1]\"\n",
         true},
        {C0_HEAD "output to 192.0.2.0/29 udp dport 8080 origin \"output[0]\"\noutput to any udp dport 1-2 origin "
                 "\"output[1]\"\n",
         true},
    };
    helper_run("nft 'add table ip stagenat; add chain ip stagenat pre { type nat hook prerouting priority -100; }; "
               "add rule ip stagenat pre udp dport 8080 dnat to 198.51.100.4:80'");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench_go(&stage.bench, bench_plan(cases[i].rules, NULL));
        if (reaches_by_translation() != cases[i].delivered)
            fail_msg("%s: delivered %d", cases[i].rules, !cases[i].delivered);
    }
    helper_run("nft delete table ip stagenat");
}

static void mark_allowed(bool on)
{
    struct bench *b = &stage.bench;
    bench_go(b, bench_plan(NULL, NULL));
    ww_kernel_mark_allowed(b->kernel, on);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
}

/* For another program's rule, which comes later and drops what has no mark. */
static void what_is_allowed_is_marked_in_both_directions(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"from a managed container", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", true},
        {"from a managed container, IPv6", 0, LAB_OUTSIDE, "2001:db8:100::2", "2001:db8:ffff::5", true},
        {"to a managed container", LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", true},
        {"to a managed container, IPv6", LAB_OUTSIDE, 1, "2001:db8:ffff::5", "2001:db8:100::3", true},
        {"neither", 2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", false},
    };
    mark_allowed(true);
    bench_go(&stage.bench, bench_plan(C0_HEAD OPEN, C1_HEAD OPEN, NULL));
    helper_run("nft 'add table inet later; add chain inet later forward { type filter hook forward priority 300; }; "
               "add rule inet later forward meta l4proto udp meta mark & 0x10000000 == 0 drop'");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i], stage.port++, 80);
    helper_run("nft delete table inet later");
    mark_allowed(false);
}

/* Another program took the rules, and they are not back yet. */
static void while_all_is_shut_managed_ends_send_and_get_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"neither", 2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", true},
        {"from a managed container", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", false},
        {"to a managed container", LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", false},
        {"to the host", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", false},
        {"to the host, IPv6", 0, LAB_HOST, "2001:db8:100::2", "2001:db8:100::1", false},
        {"from the host", LAB_HOST, 1, "198.51.100.1", "198.51.100.3", false},
        {"from the host, IPv6", LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", false},
    };
    static const struct row port = {"a published port", LAB_OUTSIDE, LAB_HOST, "203.0.113.5", "192.0.2.1", false};
    struct bench *b = &stage.bench;
    bench_go(b, bench_plan(C0_HEAD OPEN,
                           C1_HEAD OPEN "publish udp 80 on 0.0.0.0 port 8080\npublish udp 81 on 192.0.2.1 port 8081\n"
                                        "external from any origin \"mapped_ports.external\"\n",
                           NULL));
    if (ww_kernel_lockdown(b->kernel, &b->err) != 1)
        fail_msg("%s", b->err.text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i], stage.port++, 80);
    try_row(&port, stage.port++, 8080);
    try_row(&port, stage.port++, 8081);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0 ||
        ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_sources_are_dropped),
        cmocka_unit_test(link_local_sources_find_neighbours_and_nothing_else),
        cmocka_unit_test(a_published_port_begins_no_flows),
        cmocka_unit_test(a_late_answer_reaches_a_client_of_a_cidr),
        cmocka_unit_test(what_is_not_managed_is_not_touched),
        cmocka_unit_test(a_cidr_is_about_the_original_destination_too),
        cmocka_unit_test(a_ping_and_a_datagram_are_let_through_by_one_rule_alone),
        cmocka_unit_test(what_is_allowed_is_marked_in_both_directions),
        cmocka_unit_test(while_all_is_shut_managed_ends_send_and_get_nothing),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
