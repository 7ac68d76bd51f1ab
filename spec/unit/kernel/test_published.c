/*
 * Published ports from both ends: what is sent from one and belongs to no flow is judged as its question would be; and
 * a container that dials one is judged by the original destination, whatever the host makes of it. By each kind of rule
 * alone.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "helper_frame.h"
#include "helper_heads.h"
#include "helper_netns.h"
#include "helper_stage.h"
#include "helper_tracked.h"

#define TRIES 20 /* of what must arrive: the machine may be busy */
#define QUIET_MS 100
#define ANY_ADDR C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\npublish udp 80 on :: port 8080\n"
#define ONE_ADDR C1_HEAD "publish udp 80 on 192.0.2.1 port 8080\npublish udp 80 on 2001:db8::1 port 8080\n"
#define EXTERNAL(from) "external from " from " origin \"mapped_ports.external\"\n"
#define LOCALHOST "localhost from host origin \"mapped_ports.localhost\"\n"
#define CLIENT "203.0.113.5"
#define OTHER "203.0.113.77"
#define CLIENT6 "2001:db8:ffff::5"
#define OTHER6 "2001:db8:fffe::1"
#define CLIENTS "203.0.113.4/30,2001:db8:ffff::/64" /* a network with CLIENT and CLIENT6 in it, and no other */
#define HOST "192.0.2.1"
#define HOST6 "2001:db8::1"
#define BROADCAST "192.0.2.255" /* of the network of HOST */

static struct stage stage;
static struct ww_fences *fences; /* the host's own addresses */

static void add_own(struct ww_fence *f, const char *text)
{
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(text, &addr, NULL), 0);
    assert_int_equal(ww_fence_add_own(f, &addr), 0);
}

static int open_stage(void **state)
{
    struct ww_fence *f = ww_fence_new("host", "host", "");
    stage_set(&stage, false);
    fences = ww_fences_new();
    f->host = true;
    add_own(f, HOST);
    add_own(f, HOST6);
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    assert_int_equal(ww_fences_set(fences, f, NULL), 0);
    ww_fence_unref(f);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    ww_fences_free(fences);
    stage_strike(&stage);
    return 0;
}

static void move_to(struct ww_plan *plan)
{
    struct bench *b = &stage.bench;
    struct mnl_socket *conntrack;
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0 ||
        ww_kernel_apply_all(b->kernel, plan, fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(plan);
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &b->err), 0);
    helper_forget_all(conntrack); /* echo requests have no port of their own */
    mnl_socket_close(conntrack);
}

static struct probe answer(uint8_t proto, const char *src, const char *dst)
{
    struct probe p = {.from = LAB_HOST};
    p.flow = (struct ww_flow){.proto = proto, .sport = 8080, .dport = stage.port++};
    p.flow.orig_dport = p.flow.dport;
    assert_int_equal(ww_addr_parse(src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    p.to = lab_place_of(&p.flow.dst);
    return p;
}

/* A new port each time, so of no flow. */
static bool gets_out(uint8_t proto, const char *src, const char *dst, bool must)
{
    for (int i = 0; i < (must ? TRIES : 1); i++) {
        struct probe p = answer(proto, src, dst);
        probe_run(&stage.kit, &p, 1, QUIET_MS);
        if (p.delivered)
            return true;
    }
    return false;
}

static bool arrives(const struct probe *like, bool must)
{
    struct probe p = *like;
    p.delivered = false;
    for (int i = 0; i < (must ? TRIES : 1) && !p.delivered; i++) {
        p.flow.sport = stage.port++;
        probe_run(&stage.kit, &p, 1, QUIET_MS);
    }
    return p.delivered;
}

/* To c1, by each kind of rule alone that lets one sender in. */
static void one_sender_comes_in_by_each_kind_of_rule(void **state)
{
    (void)state;
    static const struct {
        int from;
        const char *src4, *src6;
    } senders[] = {{LAB_HOST, "198.51.100.1", "2001:db8:100::1"}, {2, "198.51.100.4", "2001:db8:100::4"}};
    static const struct {
        const char *what;
        bool udp, icmp;
    } rows[] = {{" udp dport 80", true, false}, {" icmp", false, true}, {"", true, true}};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        char rules[512];
        const char *src4 = senders[i % 2].src4, *src6 = senders[i % 2].src6;
        snprintf(rules, sizeof(rules), C1_HEAD "input from %s,%s%s origin \"input[0]\"\n", src4, src6,
                 rows[i / 2].what);
        move_to(bench_plan(rules, NULL));
        for (int k = 0; k < 4; k++) {
            bool v6 = k & 1, icmp = k & 2, passes = icmp ? rows[i / 2].icmp : rows[i / 2].udp;
            struct probe p = {.from = senders[i % 2].from, .to = 1};
            p.flow.proto = !icmp ? IPPROTO_UDP : v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
            p.flow.question = (uint16_t)(!icmp ? 0 : v6 ? ICMP6_ECHO_REQUEST << 8 : ICMP_ECHO << 8);
            p.flow.dport = p.flow.orig_dport = icmp ? 0 : 80;
            assert_int_equal(ww_addr_parse(v6 ? src6 : src4, &p.flow.src, NULL), 0);
            assert_int_equal(ww_addr_parse(v6 ? "2001:db8:100::3" : "198.51.100.3", &p.flow.dst, NULL), 0);
            p.flow.orig_dst = p.flow.dst;
            if (arrives(&p, passes) != passes)
                fail_msg("from %s%s: %s %s", v6 ? src6 : src4, rows[i / 2].what, icmp ? "icmp" : "udp",
                         passes ? "does not arrive" : "arrives");
        }
    }
}

static struct probe question(const char *src, const char *dst)
{
    struct probe p = {.to = LAB_HOST};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .dport = 8080, .orig_dport = 8080};
    assert_int_equal(ww_addr_parse(src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    p.from = lab_place_of(&p.flow.src);
    return p;
}

static void questions_are_judged_and_answers_of_no_flow_as_they(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *rules;
        bool client, other, host;
    } rows[] = {
        {"no client may", ANY_ADDR, false, false, false},
        {"no client may, on one address", ONE_ADDR, false, false, false},
        {"all may", ANY_ADDR EXTERNAL("any"), true, true, false},
        {"all may, on one address", ONE_ADDR EXTERNAL("any"), true, true, false},
        {"one may", ANY_ADDR EXTERNAL(CLIENT "," CLIENT6), true, false, false},
        {"one may, on one address", ONE_ADDR EXTERNAL(CLIENT "," CLIENT6), true, false, false},
        {"a range may", ANY_ADDR EXTERNAL("203.0.113.0-203.0.113.9,2001:db8:ffff::-2001:db8:ffff::9"), true, false,
         false},
        {"a range may, on one address", ONE_ADDR EXTERNAL("203.0.113.0-203.0.113.9,2001:db8:ffff::-2001:db8:ffff::9"),
         true, false, false},
        {"a network may", ANY_ADDR EXTERNAL(CLIENTS), true, false, false},
        {"a network may, on one address", ONE_ADDR EXTERNAL(CLIENTS), true, false, false},
        {"the host may", ANY_ADDR LOCALHOST, false, false, true},
        {"the host may, on one address", ONE_ADDR LOCALHOST, false, false, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        move_to(bench_plan(rows[i].rules, NULL));
        for (int v6 = 0; v6 < 2; v6++) {
            const char *src = v6 ? HOST6 : HOST;
            struct probe client = question(v6 ? CLIENT6 : CLIENT, src);
            struct probe other = question(v6 ? OTHER6 : OTHER, src);
            struct probe host = question(src, src);
            if (arrives(&client, rows[i].client) != rows[i].client || arrives(&other, rows[i].other) != rows[i].other)
                fail_msg("%s: the question, IPv%d", rows[i].name, v6 ? 6 : 4);
            if (arrives(&host, rows[i].host) != rows[i].host)
                fail_msg("%s: the host's own question, IPv%d", rows[i].name, v6 ? 6 : 4);
            if (gets_out(IPPROTO_UDP, src, v6 ? CLIENT6 : CLIENT, rows[i].client) != rows[i].client)
                fail_msg("%s: the client, IPv%d", rows[i].name, v6 ? 6 : 4);
            if (gets_out(IPPROTO_UDP, src, v6 ? OTHER6 : OTHER, rows[i].other) != rows[i].other)
                fail_msg("%s: another, IPv%d", rows[i].name, v6 ? 6 : 4);
            if (gets_out(IPPROTO_UDP, src, src, rows[i].host) != rows[i].host)
                fail_msg("%s: the host itself, IPv%d", rows[i].name, v6 ? 6 : 4);
        }
    }
}

static char outer_mac[18]; /* of the host's end towards the outside */

static void send_from_outside(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
    const struct frame f = {"02:42:00:00:00:77", outer_mac, src, dst, sport, dport, 0};
    frame_send(&stage.lab, LAB_OUTSIDE, &f);
}

static bool comes(int fd, bool must)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&ready, 1, must ? QUIET_MS * TRIES : QUIET_MS) > 0 && recv(fd, &byte, 1, 0) >= 0;
}

/* The outside begins a flow in the host's name, from the published port to one end, and then answers in that end's. */
static bool is_answered(int fd, const char *src, const char *end, bool must)
{
    uint16_t port = stage.port++;
    send_from_outside(src, 8080, end, port);
    send_from_outside(end, port, src, 8080);
    return comes(fd, must);
}

static int listen_at_published_port(void)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(8080)};
    struct ifreq outer = {.ifr_name = "ext"};
    const uint8_t *mac = (const uint8_t *)outer.ifr_hwaddr.sa_data;
    lab_enter(&stage.lab, LAB_HOST);
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &outer), 0);
    snprintf(outer_mac, sizeof(outer_mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
    return fd;
}

/* What its other end sends there would be an answer, which no rule is asked about. IPv4 takes no such packet by itself.
 */
static void no_flow_begins_at_a_published_port_in_the_hosts_name(void **state)
{
    (void)state;
    static const char *const sources[] = {HOST6, "2001:db8::"}; /* the second is every router's of that network */
    static const char *const ends[] = {"2001:db8:100::4", "2001:db8:100::1", "2001:db8::200"};
    int fd = listen_at_published_port();
    for (int i = 0; i < 6; i++) {
        const char *src = sources[i % 2], *end = ends[i / 2];
        move_to(bench_plan(C1_HEAD, NULL));
        if (!is_answered(fd, src, end, true))
            fail_msg("from %s to %s: nothing comes, though the port is not published", src, end);
        move_to(bench_plan(ANY_ADDR EXTERNAL(CLIENT6), NULL));
        if (is_answered(fd, src, end, false))
            fail_msg("from %s to %s", src, end);
        move_to(bench_plan(ONE_ADDR EXTERNAL(CLIENT6), NULL));
        if (is_answered(fd, HOST6, end, false))
            fail_msg("from %s to %s, published at one address", HOST6, end);
    }
    close(fd);
}

/* From an address that the host takes as its own but shares IPv4 takes it in, too. */
static void nor_from_a_broadcast_address(void **state)
{
    (void)state;
    static const char *const ends[] = {"198.51.100.4", "192.0.2.200"};
    int fd = listen_at_published_port();
    for (int i = 0; i < 2; i++) {
        move_to(bench_plan(C1_HEAD, NULL));
        if (!is_answered(fd, BROADCAST, ends[i], true))
            fail_msg("to %s: nothing comes, though the port is not published", ends[i]);
        move_to(bench_plan(ANY_ADDR EXTERNAL(CLIENT), NULL));
        if (is_answered(fd, BROADCAST, ends[i], false))
            fail_msg("to %s", ends[i]);
    }
    close(fd);
}

static bool gets_through(const char *src, uint16_t sport)
{
    int tap = frame_tap(&stage.lab, 2);
    unsigned seen = 0;
    for (int i = 0; i < TRIES && !seen; i++) {
        send_from_outside(src, sport, "2001:db8:100::4", 81);
        seen = frame_seen(tap, src, 81);
    }
    close(tap);
    return seen > 0;
}

static void others_use_that_port_and_the_host_others(void **state)
{
    (void)state;
    close(listen_at_published_port());
    move_to(bench_plan(ANY_ADDR EXTERNAL(CLIENT6), NULL));
    assert_true(gets_through(OTHER6, 8080));
    assert_true(gets_through(HOST6, 8081));
}

/* A connection that begins there is the host's own, whoever may come in. */
static void the_host_connects_from_a_published_port(void **state)
{
    (void)state;
    move_to(bench_plan(C1_HEAD "publish tcp 80 on 0.0.0.0 port 8080\n", NULL));
    assert_true(gets_out(IPPROTO_TCP, HOST, CLIENT, true));
}

/* c0 dials the host's address, which leads to c1. */
#define DNAT(ip, orig_dst, proto, to) " " ip " daddr " orig_dst " " proto " dport 8080 dnat to " to ":80;"
#define DNATS(ip, orig_dst, to)                                                                                        \
    DNAT(ip, orig_dst, "tcp", to) DNAT(ip, orig_dst, "udp", to) DNAT(ip, orig_dst, "sctp", to)
static const char nat[] = "table ip dialled { chain pre { type nat hook prerouting priority -100;" DNATS(
    "ip", HOST, "198.51.100.3") " ip daddr " HOST " icmp type echo-request dnat to 198.51.100.3; }; }; "
                                "table ip6 dialled { chain pre { type nat hook prerouting priority -100;" DNATS(
                                    "ip6", HOST6,
                                    "[2001:db8:100::3]") " ip6 daddr " HOST6
                                                         " icmpv6 type echo-request dnat to 2001:db8:100::3; }; }";

static const struct way {
    const char *name;
    uint8_t proto;
    bool v6;
} ways[] = {
    {"tcp", IPPROTO_TCP, false},   {"tcp", IPPROTO_TCP, true},     {"udp", IPPROTO_UDP, false},
    {"udp", IPPROTO_UDP, true},    {"sctp", IPPROTO_SCTP, false},  {"sctp", IPPROTO_SCTP, true},
    {"icmp", IPPROTO_ICMP, false}, {"icmp", IPPROTO_ICMPV6, true},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool is_icmp(const struct way *way)
{
    return way->proto == IPPROTO_ICMP || way->proto == IPPROTO_ICMPV6;
}

static struct probe dial(const struct way *way)
{
    struct probe p = {.from = 0, .to = 1};
    p.flow = (struct ww_flow){.proto = way->proto, .sport = stage.port++, .dport = 80, .orig_dport = 8080};
    if (is_icmp(way)) {
        p.flow.question = (uint16_t)((way->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) << 8);
        p.flow.dport = p.flow.orig_dport = 0;
    }
    assert_int_equal(ww_addr_parse(way->v6 ? "2001:db8:100::2" : "198.51.100.2", &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(way->v6 ? "2001:db8:100::3" : "198.51.100.3", &p.flow.dst, NULL), 0);
    assert_int_equal(ww_addr_parse(way->v6 ? HOST6 : HOST, &p.flow.orig_dst, NULL), 0);
    return p;
}

/* The ways that came through, as bits. */
static unsigned dial_all(bool must)
{
    unsigned came = 0;
    for (int i = 0; i < (must ? TRIES : 1) && came != (1u << WAYS) - 1; i++) {
        struct probe probes[WAYS];
        for (size_t k = 0; k < WAYS; k++)
            probes[k] = dial(&ways[k]);
        probe_run(&stage.kit, probes, WAYS, QUIET_MS);
        for (size_t k = 0; k < WAYS; k++)
            came |= (unsigned)probes[k].delivered << k;
    }
    return came;
}

/* One rule for each protocol, or where `to` has no %s, for all; and beside them one about another network, or none. */
static void allow(const char *to, const char *beside)
{
    static const char *const services[] = {" tcp dport 8080", " udp dport 8080", " sctp dport 8080", " icmp"};
    const char *each = strstr(to, "%s");
    int len = each ? (int)(each - to) : (int)strlen(to);
    char rules[1024];
    snprintf(rules, sizeof(rules), C0_HEAD "%s", beside);
    for (size_t i = 0; i < (each ? sizeof(services) / sizeof(services[0]) : 1); i++)
        snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules), "output to %.*s%s origin \"output[%zu]\"\n", len,
                 to, each ? services[i] : "", i + 1);
    move_to(bench_plan(rules, C1_HEAD "input from any origin \"input[0]\"\n", NULL));
}

#define NETWORK "192.0.2.0/30,2001:db8::/64" /* with HOST and HOST6 in it */

static const struct dialled {
    const char *name;
    const char *to; /* %s: the protocol and port that are dialled */
    bool passes;
} dialled[] = {
    {"an address and port", HOST "," HOST6 "%s", true},
    {"a port", "any%s", true},
    {"an address", HOST "," HOST6, true},
    {"a port of the host", "host%s", true},
    {"the host", "host", true},
    {"a network and port", NETWORK "%s", true},
    {"a network", NETWORK, true},
    {"another address", CLIENT "," CLIENT6, false},
    {"another network", CLIENTS, false},
};

static void dial_by_each(const char *what, const char *beside)
{
    helper_run("nft '%s'", nat);
    for (size_t i = 0; i < sizeof(dialled) / sizeof(dialled[0]); i++) {
        allow(dialled[i].to, beside);
        unsigned came = dial_all(dialled[i].passes);
        for (size_t k = 0; k < WAYS; k++)
            if ((came >> k & 1) != dialled[i].passes)
                fail_msg("%s%s: %s in IPv%d %s", dialled[i].name, what, ways[k].name, ways[k].v6 ? 6 : 4,
                         dialled[i].passes ? "does not pass" : "passes");
    }
    helper_run("nft 'delete table ip dialled; delete table ip6 dialled'");
}

static void what_a_container_dials_is_what_its_rules_are_about(void **state)
{
    (void)state;
    dial_by_each("", "");
}

/* Rules about networks lead to chains of their own, which have to ask all of that once more. */
static void so_it_is_beside_a_rule_about_another_network(void **state)
{
    (void)state;
    dial_by_each(", beside another network", "output to 10.0.0.0/8,2001:db8:9::/52 origin \"output[0]\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_judged_and_answers_of_no_flow_as_they),
        cmocka_unit_test(one_sender_comes_in_by_each_kind_of_rule),
        cmocka_unit_test(no_flow_begins_at_a_published_port_in_the_hosts_name),
        cmocka_unit_test(nor_from_a_broadcast_address),
        cmocka_unit_test(others_use_that_port_and_the_host_others),
        cmocka_unit_test(the_host_connects_from_a_published_port),
        cmocka_unit_test(what_a_container_dials_is_what_its_rules_are_about),
        cmocka_unit_test(so_it_is_beside_a_rule_about_another_network),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
