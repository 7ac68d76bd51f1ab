/*
 * What an IPv6 packet is, hidden from whatever looks at its fragments: the first ends within the first of two headers
 * of options. Such fragments carry neighbour discovery with room for a letter to no neighbour, and no datagram to a
 * published port. What reaches the host in one piece goes on.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_bytes.h"
#include "helper_frame.h"
#include "helper_heads.h"
#include "helper_netns.h"
#include "spec/unit/addr.h"

#define QUIET_MS 80
#define IPV6_HEADER 40
#define CUT 8 /* where the first fragment ends */
#define PUBLISHED 8080
#define NONCE 14
#define MARK "h1dden" /* as long as such an option */
#define C0                                                                                                             \
    C0_HEAD                                                                                                            \
    "output to any origin \"output[0]\"\n"
#define C1                                                                                                             \
    C1_HEAD                                                                                                            \
    "publish udp 80 on :: port 8080\n"

static const char *const macs[] = {"02:42:00:00:00:00", "02:42:00:00:00:01", "02:42:00:00:00:02", "02:42:00:00:00:03"};
static const char *const addrs[] = {"2001:db8:100::2", "2001:db8:100::3", "2001:db8:100::4", "2001:db8:100::5"};
static const char host[] = "2001:db8:100::1";
static uint32_t ident;

static void set_checksum_ipv6(struct bytes *b, size_t at, const char *src, const char *dst, uint8_t proto)
{
    struct ww_addr from = addr_of(src), to = addr_of(dst);
    set_checksum(b, at, sum(from.bytes, 16) + sum(to.bytes, 16) + proto + (uint32_t)b->n + sum(b->v, b->n));
}

/* A solicitation with room for a letter. */
static struct bytes solicitation(const char *src, const char *dst)
{
    static const uint8_t head[8] = {ND_NEIGHBOR_SOLICIT}, option[2] = {NONCE, 1};
    struct ww_addr target = addr_of(dst);
    struct bytes b = {0};
    put(&b, head, sizeof(head));
    put(&b, target.bytes, 16);
    put(&b, option, sizeof(option));
    put(&b, MARK, 6);
    set_checksum_ipv6(&b, 2, src, dst, IPPROTO_ICMPV6);
    return b;
}

static struct bytes datagram(const char *src, const char *dst, uint16_t dport)
{
    struct bytes b = {0};
    put16(&b, stage.port++);
    put16(&b, dport);
    put16(&b, 8 + 6);
    put16(&b, 0);
    put(&b, MARK, 6);
    set_checksum_ipv6(&b, 6, src, dst, IPPROTO_UDP);
    return b;
}

/* Behind two headers of options: one that has no meaning and is skipped, and padding. */
static struct bytes hidden(uint8_t proto, const struct bytes *message)
{
    const uint8_t first[16] = {IPPROTO_DSTOPTS, 1, 0x1e, 12}, second[8] = {proto, 0, 1, 4};
    struct bytes b = {0};
    put(&b, first, sizeof(first));
    put(&b, second, sizeof(second));
    put(&b, message->v, message->n);
    return b;
}

/* One of two: with its header. */
static struct bytes part(uint8_t proto, const struct bytes *whole, bool last, uint32_t id)
{
    struct bytes b = {0};
    const uint8_t head[2] = {proto, 0};
    const uint32_t net = htonl(id);
    put(&b, head, sizeof(head));
    put16(&b, last ? CUT : 1);
    put(&b, &net, sizeof(net));
    put(&b, last ? whole->v + CUT : whole->v, last ? whole->n - CUT : CUT);
    return b;
}

struct way {
    int from;
    const char *to_mac;
    const char *dst;
    uint8_t hops;
};

static void send_packet(const struct way *w, uint8_t next, const struct bytes *payload)
{
    const struct ipv6_frame f = {macs[w->from], w->to_mac, addrs[w->from], w->dst, next, w->hops};
    frame_send_ipv6(&stage.lab, w->from, &f, payload);
}

static void send_hidden(const struct way *w, uint8_t proto, const struct bytes *message)
{
    struct bytes whole = hidden(proto, message);
    ident++;
    for (int last = 0; last < 2; last++) {
        struct bytes p = part(IPPROTO_DSTOPTS, &whole, last, ident);
        send_packet(w, IPPROTO_FRAGMENT, &p);
    }
}

/* Each fragment in two of its own. */
static void send_nested(const struct way *w, uint8_t proto, const struct bytes *message)
{
    struct bytes whole = hidden(proto, message);
    uint32_t inner = ++ident;
    for (int i = 0; i < 4; i++) {
        struct bytes in = part(IPPROTO_DSTOPTS, &whole, i / 2, inner);
        ident += !(i % 2);
        struct bytes out = part(IPPROTO_FRAGMENT, &in, i % 2, ident);
        send_packet(w, IPPROTO_FRAGMENT, &out);
    }
}

static bool mark_comes(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint8_t bytes[2048];
    while (poll(&ready, 1, QUIET_MS) > 0) {
        struct sockaddr_ll from = {0};
        socklen_t size = sizeof(from);
        ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);
        if (n > 0 && from.sll_pkttype != PACKET_OUTGOING && memmem(bytes, (size_t)n, MARK, 6))
            return true;
    }
    return false;
}

static bool letter_gets_to(int from, int to, bool must)
{
    const struct way w = {from, macs[to], addrs[to], 255};
    int tap = frame_tap(&stage.lab, to);
    bool comes = false;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !comes; i++) {
        struct bytes message = solicitation(addrs[from], addrs[to]);
        send_hidden(&w, IPPROTO_ICMPV6, &message);
        comes = mark_comes(tap);
    }
    close(tap);
    return comes;
}

/* c0 is managed, c2 and c3 are not. The last with what stays within the bridge not put together there. */
static void hidden_discovery_gets_to_no_neighbour(void **state)
{
    (void)state;
    assert_true(letter_gets_to(0, 3, true));
    assert_true(letter_gets_to(2, 3, true));
    stage_stand_by();
    assert_false(letter_gets_to(2, 3, false));
    assert_false(letter_gets_to(0, 3, false));
    stage_move(NULL);
    stage_start_with(1, 0);
    assert_true(letter_gets_to(0, 3, true));
    stage_stand_by();
    assert_false(letter_gets_to(0, 3, false));
    if (ww_kernel_sees_bridged(stage.bench.kernel, AF_INET6)) /* where tracking puts it together after all */
        assert_false(letter_gets_to(2, 3, false));
    stage_move(NULL);
    stage_start_with(1, 1);
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

typedef void sender(const struct way *w, uint8_t proto, const struct bytes *message);

static bool reaches(int fd, const struct way *w, uint16_t dport, sender *send, bool must)
{
    bool comes = false;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !comes; i++) {
        struct bytes message = datagram(addrs[w->from], w->dst, dport);
        send(w, IPPROTO_UDP, &message);
        comes = mark_comes(fd);
    }
    return comes;
}

/* c2 may not reach it; the host itself listens there, as a proxy of Docker's does. Not all kernels take nested ones. */
static void no_hidden_datagram_reaches_a_published_port(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool to_all;
        sender *send;
    } rows[] = {
        {"hidden", false, send_hidden},        {"hidden, to all", true, send_hidden}, {"nested", false, send_nested},
        {"nested, to all", true, send_nested}, {"in one piece", false, send_packet},
    };
    int fd = listen_at(PUBLISHED);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct way w = {2, rows[i].to_all ? "ff:ff:ff:ff:ff:ff" : stage_gateway, host, 64};
        if (rows[i].send != send_nested && !reaches(fd, &w, PUBLISHED, rows[i].send, true))
            fail_msg("%s: without rules it does not arrive", rows[i].name);
        stage_stand_by();
        if (reaches(fd, &w, PUBLISHED, rows[i].send, false))
            fail_msg("%s: it arrives", rows[i].name);
        stage_move(NULL);
    }
    close(fd);
}

/* From a port that is not known, in a frame to a group: such a flow is not tracked. A raw socket hears port 0, too. */
static void what_is_not_tracked_and_whole_reaches_the_host(void **state)
{
    (void)state;
    static const uint16_t ports[] = {0, 81};
    const struct way w = {2, "33:33:00:00:00:01", host, 64};
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
    assert_true(fd >= 0);
    stage_bind(false);
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        if (!reaches(fd, &w, ports[i], send_packet, true))
            fail_msg("to port %u", ports[i]);
    stage_move(NULL);
    close(fd);
}

/*
 * c0 may send anything to any address; a port of c1 is published, for no client. Flows are tracked with rules in force
 * or not: it is that which puts the outer fragments together.
 */
static int open_published(void **state)
{
    int rc = stage_open(state);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan(C0, C1, NULL);
    helper_run("nft 'table ip6 tracked { chain pre { type filter hook prerouting priority 0; ct state new; }; }'");
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_discovery_gets_to_no_neighbour),
        cmocka_unit_test(no_hidden_datagram_reaches_a_published_port),
        cmocka_unit_test(what_is_not_tracked_and_whole_reaches_the_host),
    };
    return cmocka_run_group_tests(tests, open_published, stage_close);
}
