#include "helper_frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
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

#define QUIET_MS 150
#define TTL 64

static void put_header(struct bytes *b, const char *from_mac, const char *to_mac, uint16_t vlan, uint16_t type)
{
    put_mac(b, to_mac);
    put_mac(b, from_mac);
    if (vlan) {
        put16(b, ETHERTYPE_VLAN);
        put16(b, vlan);
    }
    put16(b, type);
}

static void put_ipv4(struct bytes *b, const struct ww_addr *src, const struct ww_addr *dst, uint16_t payload)
{
    struct ip ip = {.ip_v = 4, .ip_hl = 5, .ip_ttl = TTL, .ip_p = IPPROTO_UDP};
    ip.ip_len = htons((uint16_t)(sizeof(ip) + payload));
    memcpy(&ip.ip_src, src->bytes, 4);
    memcpy(&ip.ip_dst, dst->bytes, 4);
    ip.ip_sum = fold(sum(&ip, sizeof(ip)));
    put(b, &ip, sizeof(ip));
}

static void put_ipv6(struct bytes *b, const struct ww_addr *src, const struct ww_addr *dst, uint8_t next, uint8_t hops,
                     size_t payload)
{
    struct ip6_hdr ip = {0};
    ip.ip6_flow = htonl(6u << 28);
    ip.ip6_plen = htons((uint16_t)payload);
    ip.ip6_nxt = next;
    ip.ip6_hlim = hops;
    memcpy(&ip.ip6_src, src->bytes, 16);
    memcpy(&ip.ip6_dst, dst->bytes, 16);
    put(b, &ip, sizeof(ip));
}

void frame_send_bytes(const struct lab *lab, int place, const struct bytes *b)
{
    lab_enter(lab, place);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll to = {.sll_family = AF_PACKET};
    to.sll_ifindex = (int)if_nametoindex(place == LAB_HOST ? "br0" : "eth0");
    assert_true(fd >= 0 && to.sll_ifindex > 0);
    assert_int_equal(sendto(fd, b->v, b->n, 0, (struct sockaddr *)&to, sizeof(to)), b->n);
    close(fd);
    lab_enter(lab, LAB_HOST);
}

void frame_send_ipv6(const struct lab *lab, int place, const struct ipv6_frame *f, const struct bytes *payload)
{
    struct bytes b = {0};
    struct ww_addr src = addr_of(f->src);
    struct ww_addr dst = addr_of(f->dst);
    put_header(&b, f->from_mac, f->to_mac, 0, ETHERTYPE_IPV6);
    put_ipv6(&b, &src, &dst, f->next, f->hops, payload->n);
    put(&b, payload->v, payload->n);
    frame_send_bytes(lab, place, &b);
}

void frame_send(const struct lab *lab, int place, const struct frame *f)
{
    struct bytes b = {0};
    struct ww_addr src = addr_of(f->src);
    struct ww_addr dst = addr_of(f->dst);
    bool ipv6 = src.family == AF_INET6;
    struct {
        struct udphdr head;
        char payload[4];
    } udp = {.payload = "frm"};
    udp.head.source = htons(f->sport);
    udp.head.dest = htons(f->dport);
    udp.head.len = htons(sizeof(udp));
    uint32_t pseudo = sum(src.bytes, 16) + sum(dst.bytes, 16) + IPPROTO_UDP + (uint32_t)sizeof(udp);
    udp.head.check = fold(pseudo + sum(&udp, sizeof(udp)));
    put_header(&b, f->from_mac, f->to_mac, f->vlan, ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    if (ipv6)
        put_ipv6(&b, &src, &dst, IPPROTO_UDP, TTL, sizeof(udp));
    else
        put_ipv4(&b, &src, &dst, sizeof(udp));
    put(&b, &udp, sizeof(udp));
    frame_send_bytes(lab, place, &b);
}

void frame_send_other(const struct lab *lab, int place, const char *from_mac, const char *to_mac, uint16_t type)
{
    struct bytes b = {0};
    put_header(&b, from_mac, to_mac, 0, type);
    put_zeros(&b, 46);
    frame_send_bytes(lab, place, &b);
}

int frame_tap(const struct lab *lab, int place)
{
    lab_enter(lab, place);
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    at.sll_ifindex = (int)if_nametoindex(place == LAB_HOST ? "br0" : "eth0");
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    lab_enter(lab, LAB_HOST);
    return fd;
}

static bool is_datagram(const uint8_t *bytes, ssize_t len, uint16_t type, const struct ww_addr *src, uint16_t dport)
{
    size_t head = type == ETHERTYPE_IPV6 ? sizeof(struct ip6_hdr) : sizeof(struct ip);
    size_t src_at = type == ETHERTYPE_IPV6 ? 8 : 12;
    size_t proto_at = type == ETHERTYPE_IPV6 ? 6 : 9;
    if (type != (src->family == AF_INET6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP) || (size_t)len < head + sizeof(struct udphdr))
        return false;
    return bytes[proto_at] == IPPROTO_UDP && !memcmp(bytes + src_at, src->bytes, ww_addr_size(src)) &&
           (bytes[head + 2] << 8 | bytes[head + 3]) == dport;
}

unsigned frame_seen(int tap, const char *src, uint16_t dport_or_type)
{
    uint8_t bytes[2048];
    struct ww_addr addr = src ? addr_of(src) : (struct ww_addr){0};
    struct pollfd ready = {.fd = tap, .events = POLLIN};
    unsigned seen = 0;
    while (poll(&ready, 1, QUIET_MS) > 0) {
        struct sockaddr_ll from;
        socklen_t size = sizeof(from);
        ssize_t len = recvfrom(tap, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);
        uint16_t type = len < 0 ? 0 : ntohs(from.sll_protocol);
        if (len < 0 || from.sll_pkttype == PACKET_OUTGOING)
            continue;
        seen += src ? is_datagram(bytes, len, type, &addr, dport_or_type) : type == dport_or_type;
    }
    return seen;
}
