/* Ethernet frames as a container with a raw socket can make them: any address, any MAC, any protocol. */
#ifndef WW_SPEC_HELPER_FRAME_H
#define WW_SPEC_HELPER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "helper_bytes.h"
#include "helper_lab.h"

/* A UDP datagram in a frame. Texts are addresses of one family; vlan 0: no tag. */
struct frame {
    const char *from_mac;
    const char *to_mac;
    const char *src;
    const char *dst;
    uint16_t sport;
    uint16_t dport;
    uint16_t vlan;
};

/* Send it through eth0 of a place. */
void frame_send(const struct lab *lab, int place, const struct frame *frame);

/* A whole frame, as its bytes are; at LAB_HOST through br0. */
void frame_send_bytes(const struct lab *lab, int place, const struct bytes *b);

/* An IPv6 packet in a frame: `next` is what the payload begins with. */
struct ipv6_frame {
    const char *from_mac;
    const char *to_mac;
    const char *src;
    const char *dst;
    uint8_t next;
    uint8_t hops;
};

void frame_send_ipv6(const struct lab *lab, int place, const struct ipv6_frame *f, const struct bytes *payload);

/* A frame without IP, of this Ethernet type. */
void frame_send_other(const struct lab *lab, int place, const char *from_mac, const char *to_mac, uint16_t type);

/*
 * A socket at a place that sees every frame that comes in through eth0, at LAB_HOST br0 (packet(7)); close(2) it.
 * frame_seen counts, for a moment, the UDP datagrams to dport with this source, or (src NULL) frames of this Ethernet
 * type.
 */
int frame_tap(const struct lab *lab, int place);
unsigned frame_seen(int tap, const char *src, uint16_t dport_or_type);

#endif
