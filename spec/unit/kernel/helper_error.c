#include "helper_error.h"
#include "helper_frame.h"

#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/addr.h"
#include "spec/unit/addr.h"

#define QUIET_MS 100
#define TTL 64
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define UDP_HEADER 8
#define ICMP_HEADER 8

static void put_ip(struct bytes *b, const char *from, const char *to, uint8_t proto, size_t payload)
{
    struct ww_addr src = addr_of(from);
    struct ww_addr dst = addr_of(to);
    bool ipv6 = src.family == AF_INET6;
    size_t start = b->n;
    put16(b, ipv6 ? 0x6000 : 0x4500);
    put16(b, ipv6 ? 0 : (unsigned)(IPV4_HEADER + payload));
    if (ipv6) {
        put16(b, (unsigned)payload);
        put8(b, proto);
        put8(b, TTL);
    } else {
        put_zeros(b, 4);
        put8(b, TTL);
        put8(b, proto);
        put_zeros(b, 2);
    }
    for (size_t i = 0; i < ww_addr_size(&src); i++)
        put8(b, src.bytes[i]);
    for (size_t i = 0; i < ww_addr_size(&dst); i++)
        put8(b, dst.bytes[i]);
    if (!ipv6)
        set_checksum(b, start + 10, sum(b->v + start, IPV4_HEADER));
}

static void put_error(struct bytes *b, const struct icmp_error *e)
{
    bool ipv6 = strchr(e->src, ':');
    size_t length = ICMP_HEADER + (ipv6 ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER;
    put_ip(b, e->src, e->dst, ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, length);
    size_t start = b->n;
    put8(b, e->type);
    put8(b, e->code);
    put_zeros(b, ICMP_HEADER - 2);
    put_ip(b, e->quoted_src, e->quoted_dst, IPPROTO_UDP, UDP_HEADER);
    put16(b, e->quoted_sport);
    put16(b, e->quoted_dport);
    put16(b, UDP_HEADER);
    put16(b, 0);
    struct ww_addr src = addr_of(e->src);
    struct ww_addr dst = addr_of(e->dst);
    uint32_t pseudo = ipv6 ? sum(src.bytes, 16) + sum(dst.bytes, 16) + IPPROTO_ICMPV6 + (uint32_t)length : 0;
    set_checksum(b, start + 2, pseudo + sum(b->v + start, length));
}

void error_send(const struct lab *lab, int place, const char *from_mac, const char *to_mac, const struct icmp_error *e)
{
    struct bytes b = {0};
    put_mac(&b, to_mac);
    put_mac(&b, from_mac);
    put16(&b, strchr(e->src, ':') ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    put_error(&b, e);
    frame_send_bytes(lab, place, &b);
}

void error_send_routed(const struct icmp_error *e)
{
    struct bytes b = {0};
    struct ww_addr dst = addr_of(e->dst);
    struct sockaddr_in to4 = {.sin_family = AF_INET};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
    bool ipv6 = dst.family == AF_INET6;
    const void *to = ipv6 ? (const void *)&to6 : &to4;
    memcpy(ipv6 ? (void *)&to6.sin6_addr : &to4.sin_addr, dst.bytes, ww_addr_size(&dst));
    put_error(&b, e);
    int fd = socket(dst.family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    assert_true(fd >= 0);
    ssize_t n = sendto(fd, b.v, b.n, 0, to, ipv6 ? sizeof(to6) : sizeof(to4));
    if (n < 0 && errno != EPERM) /* a rule dropped it */
        fail_msg("cannot send an ICMP error: %s", strerror(errno));
    close(fd);
}

int error_listen(const struct lab *lab, int place, int family)
{
    lab_enter(lab, place);
    int fd =
        socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    assert_true(fd >= 0);
    lab_enter(lab, LAB_HOST);
    return fd;
}

static bool is_from(const struct sockaddr_storage *from, const struct ww_addr *src)
{
    const void *bytes = from->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
                                                    : &((const struct sockaddr_in *)from)->sin_addr;
    return memcmp(bytes, src->bytes, ww_addr_size(src)) == 0;
}

bool error_comes(int fd, const struct icmp_error *e)
{
    struct ww_addr src = addr_of(e->src);
    bool ipv6 = src.family == AF_INET6;
    size_t head = ipv6 ? 0 : IPV4_HEADER; /* raw IPv6 sockets do not see it */
    size_t ports = head + ICMP_HEADER + (ipv6 ? IPV6_HEADER : IPV4_HEADER);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, QUIET_MS) > 0) {
        uint8_t bytes[2048];
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof(from);
        ssize_t len = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);
        if (len >= (ssize_t)ports + 2 && is_from(&from, &src) && bytes[head] == e->type && bytes[head + 1] == e->code &&
            (bytes[ports] << 8 | bytes[ports + 1]) == e->quoted_sport)
            return true;
    }
    return false;
}
