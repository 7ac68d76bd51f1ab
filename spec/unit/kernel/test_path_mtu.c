/*
 * What the host tells a managed container of a packet that begins a flow, before any rule has judged it: that it is too
 * big, or the path's MTU is never found; that its hops end, or there is no route. It is related to a flow that is not
 * in the table yet. The host's link to the outside has the smaller MTU.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_error.h"
#include "helper_letter.h"
#include "helper_netns.h"
#include "spec/unit/addr.h"

#define BIG 1400
#define SMALL 32
#define HOPS 64
#define LETTER_PORT 4000 /* what letters are from */

/* A datagram of c0's, and the error that the host has for it. */
static const struct row {
    const char *name;
    const char *dst;
    size_t size;
    int hops;
    uint16_t dport; /* 80: a rule allows it */
    uint8_t type, code;
} rows[] = {
    {"too big", "203.0.113.5", BIG, HOPS, 80, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED},
    {"too big, IPv6", "2001:db8:ffff::5", BIG, HOPS, 80, ICMP6_PACKET_TOO_BIG, 0},
    {"too big, to what it may not reach", "203.0.113.5", BIG, HOPS, 81, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED},
    {"too big, to what it may not reach, IPv6", "2001:db8:ffff::5", BIG, HOPS, 81, ICMP6_PACKET_TOO_BIG, 0},
    {"too old", "203.0.113.5", SMALL, 1, 80, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL},
    {"too old, IPv6", "2001:db8:ffff::5", SMALL, 1, 80, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT},
    {"without a route", "198.18.0.9", SMALL, HOPS, 80, ICMP_DEST_UNREACH, ICMP_NET_UNREACH},
    {"without a route, IPv6", "2001:db8:9::9", SMALL, HOPS, 80, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE},
};

static const char *const c0[] = {"198.51.100.2", "2001:db8:100::2"};
static const char *const bridge[] = {"198.51.100.1", "2001:db8:100::1"};

static struct sockaddr_storage socket_address(const char *text, uint16_t port, socklen_t *ret_size)
{
    struct ww_addr addr = addr_of(text);
    struct sockaddr_storage at = {.ss_family = (sa_family_t)addr.family};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    bool ipv6 = addr.family == AF_INET6;
    memcpy(ipv6 ? (void *)&v6->sin6_addr : &v4->sin_addr, addr.bytes, ww_addr_size(&addr));
    *(ipv6 ? &v6->sin6_port : &v4->sin_port) = htons(port);
    *ret_size = ipv6 ? sizeof(*v6) : sizeof(*v4);
    return at;
}

/* Whole, whatever the sender believes of the path. */
static void set_options(int fd, bool ipv6, int hops)
{
    const int probe4 = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;
    int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    assert_int_equal(
        setsockopt(fd, level, ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, ipv6 ? &probe6 : &probe4, sizeof(int)), 0);
    assert_int_equal(setsockopt(fd, level, ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof(hops)), 0);
}

static void send_row(const struct row *row, const char *src, uint16_t sport)
{
    static const char bytes[BIG];
    socklen_t size;
    bool ipv6 = strchr(src, ':');
    struct sockaddr_storage from = socket_address(src, sport, &size), to = socket_address(row->dst, row->dport, &size);
    lab_enter(&stage.lab, 0);
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    set_options(fd, ipv6, row->hops);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, size), 0);
    assert_int_equal(sendto(fd, bytes, row->size, 0, (struct sockaddr *)&to, size), row->size);
    close(fd);
    lab_enter(&stage.lab, LAB_HOST);
}

static bool is_told(const struct row *row)
{
    bool ipv6 = strchr(row->dst, ':'), comes = false;
    struct icmp_error e = {.type = row->type, .code = row->code, .src = bridge[ipv6]};
    int fd = error_listen(&stage.lab, 0, ipv6 ? AF_INET6 : AF_INET);
    for (int i = 0; i < BOUND_TRIES && !comes; i++) {
        e.quoted_sport = stage.port++; /* of no flow */
        send_row(row, c0[ipv6], e.quoted_sport);
        comes = error_comes(fd, &e);
    }
    close(fd);
    return comes;
}

static void the_host_tells_of_a_packet_that_begins_a_flow(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!is_told(&rows[i]))
            fail_msg("%s: without rules it is not told", rows[i].name);
    stage_bind(false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!is_told(&rows[i]))
            fail_msg("%s: it is not told", rows[i].name);
    stage_move(NULL);
}

/* c2's datagram in c0's name: does the host quote it to c0? */
static bool is_quoted(bool ipv6, bool must)
{
    const struct letter l = {.kind = LETTER_DATA,
                             .from_mac = "02:42:00:00:00:02",
                             .to_mac = stage_gateway,
                             .src = c0[ipv6],
                             .dst = rows[ipv6].dst,
                             .room = BIG};
    const struct icmp_error e = {
        .type = rows[ipv6].type, .code = rows[ipv6].code, .src = bridge[ipv6], .quoted_sport = LETTER_PORT};
    int fd = error_listen(&stage.lab, 0, ipv6 ? AF_INET6 : AF_INET);
    bool comes = false;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !comes; i++) {
        letter_send(&stage.lab, 2, &l);
        comes = error_comes(fd, &e);
    }
    close(fd);
    return comes;
}

/* It stands by, or is new; a letter to the container would be in it. */
static void no_neighbour_has_the_host_quote_what_it_sends_in_a_managed_ones_name(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        assert_true(is_quoted(v, true));
        stage_bind(false);
        assert_false(is_quoted(v, false));
        stage_stand_by();
        assert_false(is_quoted(v, false));
        stage_move(NULL);
    }
}

static int open_narrow(void **state)
{
    int rc = stage_open(state);
    helper_run("ip link set ext mtu 1300");
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_tells_of_a_packet_that_begins_a_flow),
        cmocka_unit_test(no_neighbour_has_the_host_quote_what_it_sends_in_a_managed_ones_name),
    };
    return cmocka_run_group_tests(tests, open_narrow, stage_close);
}
