#include "helper_letter.h"
#include "helper_frame.h"

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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/addr.h"

#define QUIET_MS 80
#define UNKNOWN_TYPE 0x88b5
#define TTL 64

static struct ww_addr put_addr(struct bytes *b, const char *text)
{
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(text, &addr, NULL), 0);
    put(b, addr.bytes, ww_addr_size(&addr));
    return addr;
}

static void put_arp(struct bytes *b, const struct letter *l)
{
    static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};
    put(b, head, sizeof(head));
    put_mac(b, l->arp_mac ? l->arp_mac : l->from_mac);
    put_addr(b, l->src);
    put_zeros(b, 6);
    put_addr(b, l->target);
}

static void put_option(struct bytes *b, const struct letter *l)
{
    if (!l->option)
        return;
    bool nonce = strcmp(l->option, "nonce") == 0;
    put8(b, nonce ? 14 : l->kind == LETTER_ANSWERS ? ND_OPT_TARGET_LINKADDR : ND_OPT_SOURCE_LINKADDR);
    put8(b, 1);
    if (nonce)
        put_zeros(b, 6);
    else
        put_mac(b, l->option);
}

static bool is_listening(enum letter_kind kind)
{
    return kind >= LETTER_HEARS && kind <= LETTER_QUERY;
}

/* ICMPv6 without its checksum. */
static void put_icmp(struct bytes *b, const struct letter *l)
{
    static const uint8_t types[] = {
        [LETTER_ASKS] = ND_NEIGHBOR_SOLICIT,
        [LETTER_ANSWERS] = ND_NEIGHBOR_ADVERT,
        [LETTER_SEEKS] = ND_ROUTER_SOLICIT,
        [LETTER_ROUTER] = ND_ROUTER_ADVERT,
        [LETTER_HEARS] = 143,
        [LETTER_HEARS1] = MLD_LISTENER_REPORT,
        [LETTER_DONE] = MLD_LISTENER_REDUCTION,
        [LETTER_QUERY] = MLD_LISTENER_QUERY,
        [LETTER_FOUND] = 151,
    };
    put8(b, types[l->kind]);
    put_zeros(b, 7);
    if (l->kind == LETTER_ROUTER)
        put_zeros(b, 8);
    else if (l->target)
        put_addr(b, l->target);
    else if (is_listening(l->kind) && l->kind != LETTER_HEARS)
        put_zeros(b, 16);
    put_option(b, l);
    put_zeros(b, l->room);
}

static void put_udp(struct bytes *b, const struct letter *l)
{
    put16(b, 4000);
    put16(b, 80);
    put16(b, 8 + 4 + l->room);
    put16(b, 0);
    put(b, "ltr", 4);
    put_zeros(b, l->room);
}

/* With the option before a listener message that asks routers to look (RFC 2711), or a fragment's header. */
static void put_ipv6(struct bytes *b, const struct letter *l)
{
    static const uint8_t alert[] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0},
                         first[] = {IPPROTO_ICMPV6, 0, 0, 1, 0, 0, 0, 1};
    struct bytes payload = {0};
    bool data = l->kind == LETTER_DATA;
    bool listens = is_listening(l->kind), headed = listens && !l->bare;
    (data ? put_udp : put_icmp)(&payload, l);
    size_t start = b->n;
    put16(b, 0x6000);
    put16(b, 0);
    put16(b, (unsigned)payload.n + (headed ? sizeof(alert) : 0));
    put8(b, l->fragment ? IPPROTO_FRAGMENT : headed ? IPPROTO_HOPOPTS : data ? IPPROTO_UDP : IPPROTO_ICMPV6);
    put8(b, listens ? 1 : data ? TTL : 255);
    put_addr(b, l->src);
    put_addr(b, l->dst);
    uint32_t pseudo = sum(b->v + start + 8, 32) + (uint32_t)payload.n + (data ? IPPROTO_UDP : IPPROTO_ICMPV6);
    if (headed)
        put(b, l->fragment ? first : alert, sizeof(alert));
    set_checksum(&payload, data ? 6 : 2, pseudo + sum(payload.v, payload.n));
    put(b, payload.v, payload.n);
}

/* IGMP and PIM: eight bytes, of which two are the checksum. */
static void put_routers_talk(struct bytes *b, const struct letter *l)
{
    size_t start = b->n;
    put8(b, l->kind == LETTER_PIM ? 0x20 : l->type);
    put_zeros(b, 7);
    set_checksum(b, start + 2, sum(b->v + start, 8));
}

/* Not to be fragmented. */
static void put_ipv4(struct bytes *b, const struct letter *l)
{
    size_t start = b->n;
    bool data = l->kind == LETTER_DATA;
    put16(b, 0x4500);
    put16(b, data ? 20 + 8 + 4 + l->room : 20 + 8);
    put16(b, 0);
    put16(b, 0x4000);
    put8(b, data ? TTL : 1);
    put8(b, data ? IPPROTO_UDP : l->kind == LETTER_PIM ? IPPROTO_PIM : IPPROTO_IGMP);
    put_zeros(b, 2);
    put_addr(b, l->src);
    put_addr(b, l->dst);
    set_checksum(b, start + 10, sum(b->v + start, 20));
    (data ? put_udp : put_routers_talk)(b, l);
}

/* What is behind the Ethernet header and its tags. */
static uint16_t put_message(struct bytes *b, const struct letter *l)
{
    if (l->kind == LETTER_ARP)
        return put_arp(b, l), ETHERTYPE_ARP;
    if (l->kind == LETTER_OTHER)
        return put_zeros(b, 46), UNKNOWN_TYPE;
    if (!strchr(l->src, ':'))
        return put_ipv4(b, l), ETHERTYPE_IP;
    return put_ipv6(b, l), ETHERTYPE_IPV6;
}

void letter_send(const struct lab *lab, int place, const struct letter *l)
{
    struct bytes frame = {0};
    struct bytes message = {0};
    uint16_t type = put_message(&message, l);
    put_mac(&frame, l->to_mac);
    put_mac(&frame, l->from_mac);
    for (unsigned i = 0; i < l->tags; i++) {
        put16(&frame, ETHERTYPE_VLAN);
        put16(&frame, l->vlan);
    }
    put16(&frame, type);
    put(&frame, message.v, message.n);
    frame_send_bytes(lab, place, &frame);
}

bool letter_comes(int tap, const struct letter *l)
{
    struct bytes message = {0};
    uint8_t bytes[2048];
    struct pollfd ready = {.fd = tap, .events = POLLIN};
    put_message(&message, l);
    while (poll(&ready, 1, QUIET_MS) > 0) {
        struct sockaddr_ll from;
        socklen_t size = sizeof(from);
        ssize_t len = recvfrom(tap, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);
        if (len < 0 || from.sll_pkttype == PACKET_OUTGOING)
            continue;
        for (size_t skip = 0; skip <= 8; skip += 4) /* behind tags that are still there */
            if ((size_t)len >= skip + message.n && memcmp(bytes + skip, message.v, message.n) == 0)
                return true;
    }
    return false;
}
