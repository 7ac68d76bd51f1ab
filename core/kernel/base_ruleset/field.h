/* What of a packet, or of its flow, a rule can look at: how the kernel loads it, and how people write it. */
#ifndef WW_KERNEL_FIELD_H
#define WW_KERNEL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"

#define WW_FIELD_BYTES 16 /* the longest field */

enum ww_field {
    WW_F_NONE,
    WW_F_SADDR,
    WW_F_DADDR,
    WW_F_PROTO,
    WW_F_SPORT,
    WW_F_DPORT,
    WW_F_WIDTH, /* nothing of the packet's: the length of the prefix that the address behind it in a set's key has */
    WW_F_ORIG_DADDR, /* what the sender wrote, before destination NAT */
    WW_F_ORIG_DPORT,
    WW_F_FLOW_SADDR, /* the same in packets of both directions: the flow's source, and its destination */
    WW_F_FLOW_DADDR,
    WW_F_FLOW_PROTO,
    WW_F_FLOW_SPORT,
    WW_F_FLOW_DPORT,
    WW_F_MAC,       /* source MAC address */
    WW_F_MAC_TO,    /* destination MAC address */
    WW_F_PROTOCOL,  /* what it carries, behind one tag */
    WW_F_ETHERTYPE, /* of the frame: of a tagged one, the tag's */
    WW_F_SENDER,    /* the two above at once, as they stand in the frame */
    WW_F_TAG,       /* of a tagged frame: priority and VLAN */
    WW_F_SIZE,      /* of all behind the frame's header, in bytes */
    WW_F_ARP_KIND,  /* of which addresses an ARP message is about */
    WW_F_ARP_OP,
    WW_F_ARP_MAC, /* the sender's addresses in an ARP message */
    WW_F_ARP_ADDR,
    WW_F_IIF,
    WW_F_OIF,
    WW_F_IBRNAME, /* the bridge whose port it came through, or goes through */
    WW_F_OBRNAME,
    WW_F_IIFNAME,
    WW_F_OIFNAME,
    WW_F_IIFTYPE,
    WW_F_IIFKIND, /* "veth", "bridge", … */
    WW_F_PKTTYPE, /* PACKET_MULTICAST and so on: by the frame's destination */
    WW_F_CT_STATE,
    WW_F_CT_STATUS,
    WW_F_CT_DIRECTION,
    WW_F_CT_LABEL,
    WW_F_HOPLIMIT,
    WW_F_MULTICAST,   /* the first byte of an IPv6 destination */
    WW_F_NEXT_HEADER, /* what follows an IPv6 header at once */
    WW_F_BEHIND,      /* and what follows that, where it is an extension header */
    WW_F_OPTION,      /* a header of options, where that follows it: its length, and the first's type and length */
    WW_F_LENGTH,      /* of what follows it, in bytes */
    WW_F_ICMP_TYPE,
    WW_F_ICMP_CODE,
    WW_F_ICMPV6_TYPE,
    WW_F_ICMPV6_CODE,
    WW_F_QUOTED_TO, /* of an ICMPv6 error: where the packet was to go that it is about */
    WW_F_ND_TARGET, /* the address of which the link-layer address is asked for, or told */
    WW_F_ND_OPTION, /* the first option's type and length */
    WW_F_ND_MAC,    /* and the link-layer address in it */
    WW_F_TCP_FLAGS,
    WW_F_SCTP_CHUNK, /* the kind of the first chunk */
    WW_F_FIB_DADDR,  /* what the routing table says the destination is */
    WW_F_FIB_SADDR,
    WW_F_COUNT,
};

enum ww_field_load { WW_LOAD_PAYLOAD, WW_LOAD_META, WW_LOAD_CT, WW_LOAD_FIB };

enum ww_field_type {
    WW_TYPE_NUMBER,
    WW_TYPE_ADDR,
    WW_TYPE_MAC,
    WW_TYPE_PROTO,
    WW_TYPE_PORT,
    WW_TYPE_IFACE, /* an interface's index */
    WW_TYPE_NAME,  /* an interface's name */
};

/* key: payload base, meta key, ct key or fib flags. offset: in the payload; for ct the direction, -1 for none. */
struct ww_field_info {
    const char *name;
    enum ww_field_load load;
    enum ww_field_type type;
    uint32_t key;
    int32_t offset;
    uint8_t len;
    bool host_order; /* the kernel loads it as a number of the machine */
};

/* family: AF_INET, AF_INET6, or 0 where it does not matter. */
const struct ww_field_info *ww_field_info(enum ww_field field, int family);

/* Append the value (network order unless host_order) as people write it. */
void ww_field_write(enum ww_field_type type, const uint8_t *value, uint8_t len, struct ww_buf *out);

#endif
