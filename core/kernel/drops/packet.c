#include "core/kernel/drops/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "core/model/protocol.h"

#define V4_HEADER 20
#define V6_HEADER 40
#define V6_EXTENSIONS 8 /* more of them are no honest packet's */
#define OFFSET_MASK 0x1fff

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void read_transport(const uint8_t *p, size_t len, struct ww_drop *drop)
{
    if (ww_protocol_has_ports(drop->proto) && len >= 4) {
        drop->has_ports = true;
        drop->sport = be16(p);
        drop->dport = be16(p + 2);
    } else if ((drop->proto == IPPROTO_ICMP || drop->proto == IPPROTO_ICMPV6) && len >= 2) {
        drop->has_icmp = true;
        drop->icmp_type = p[0];
        drop->icmp_code = p[1];
    }
}

static void read_v4(const uint8_t *p, size_t len, struct ww_drop *drop)
{
    size_t header = (size_t)(p[0] & 0xf) * 4;
    if (len < V4_HEADER)
        return;
    drop->src.family = drop->dst.family = AF_INET;
    memcpy(drop->src.bytes, p + 12, 4);
    memcpy(drop->dst.bytes, p + 16, 4);
    drop->proto = p[9];
    bool later = be16(p + 6) & OFFSET_MASK; /* a fragment without the transport's header */
    if (!later && header >= V4_HEADER && header <= len)
        read_transport(p + header, len - header, drop);
}

/* The size of an extension header of this kind at p; 0: it is none. *ret_later: a fragment without what follows. */
static size_t extension(uint8_t kind, const uint8_t *p, bool *ret_later)
{
    switch (kind) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case IPPROTO_MH:
        return ((size_t)p[1] + 1) * 8;
    case IPPROTO_FRAGMENT:
        *ret_later = be16(p + 2) & ~7;
        return 8;
    case IPPROTO_AH:
        return ((size_t)p[1] + 2) * 4;
    default:
        return 0;
    }
}

static void read_v6(const uint8_t *p, size_t len, struct ww_drop *drop)
{
    if (len < V6_HEADER)
        return;
    drop->src.family = drop->dst.family = AF_INET6;
    memcpy(drop->src.bytes, p + 8, 16);
    memcpy(drop->dst.bytes, p + 24, 16);
    drop->proto = p[6];
    size_t at = V6_HEADER;
    bool later = false;
    for (int i = 0; i < V6_EXTENSIONS && at + 8 <= len && !later; i++) {
        size_t size = extension(drop->proto, p + at, &later);
        if (!size)
            break;
        drop->proto = p[at];
        at += size;
    }
    if (!later && at <= len)
        read_transport(p + at, len - at, drop);
}

void ww_packet_read(const void *bytes, size_t len, struct ww_drop *drop)
{
    const uint8_t *p = bytes;
    if (len < 1)
        return;
    if (p[0] >> 4 == 4)
        read_v4(p, len, drop);
    else if (p[0] >> 4 == 6)
        read_v6(p, len, drop);
}
