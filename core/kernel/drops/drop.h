/* What is told of dropped packets: the reasons, a count, and one packet as it was. */
#ifndef WW_KERNEL_DROP_H
#define WW_KERNEL_DROP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model/addr.h"

enum ww_drop_reason {
    WW_REASON_OUT,     /* no output rule of the sender allows it */
    WW_REASON_IN,      /* no inbound rule of the receiver allows it */
    WW_REASON_HOST,    /* the host sent it, and may not */
    WW_REASON_PORT,    /* at a published host port: its sender may not */
    WW_REASON_STALE,   /* from a published host port, and no answer to anything; counted as PORT */
    WW_REASON_SPOOF,   /* a managed container sent it from an address, or about a flow, that is not its own */
    WW_REASON_FORGED,  /* another sender used a managed container's address */
    WW_REASON_INVALID, /* belongs to no tracked flow, and cannot begin one */
    WW_REASON_GUARD,   /* one end is not known on its guarded network */
    WW_REASON_LINK,    /* past the bridge, or with the MAC of another: its sender cannot be told; not counted */
    WW_REASON_BRIDGE,  /* at the receiver's bridge port: to a group, to an address that is not its, or of another
                          protocol */
    WW_REASON_CHAIN,   /* a user chain returned it, and no later rule allows it */
    WW_REASONS,
};

const char *ww_drop_reason_name(enum ww_drop_reason reason); /* one word */

/* One count. Which of addr, mac, port names the container depends on the reason. */
struct ww_drop_counter {
    enum ww_drop_reason reason;
    bool audited;         /* they passed all the same, for the container is audited */
    bool lost;            /* those of audited flows that there was no room to report; for no reason of its own */
    struct ww_addr addr;  /* the container's; lost: or the host's; PORT: the host's, where the port is published on one
                             address; or none */
    struct ww_mac mac;    /* SPOOF: the container's, else zero */
    uint32_t bridge_port; /* the container's bridge port (interface index), where only that is known; else 0 */
    int family;           /* AF_INET, AF_INET6, 0 with SPOOF */
    uint8_t proto;        /* PORT */
    uint16_t port;        /* PORT: the host's */
    uint64_t packets;
    uint64_t bytes;
};

/* One packet that was dropped, as far as it could be read: what is not known is 0. */
struct ww_drop {
    enum ww_drop_reason reason;
    bool audited;         /* it passed all the same, for its container is audited */
    uint32_t bridge_port; /* dropped at a bridge port, the sender's or (BRIDGE) the receiver's: its interface index */
    bool sender;          /* CHAIN: of the sender's side */
    struct ww_addr src;
    struct ww_addr dst;
    uint8_t proto;  /* IPPROTO_…, behind extension headers */
    bool has_ports; /* of TCP, UDP, SCTP, DCCP, UDP-Lite */
    uint16_t sport;
    uint16_t dport;
    struct ww_addr orig_dst; /* in a tracked flow's own direction: before destination NAT; family 0: not known */
    uint16_t orig_dport;     /* 0: none */
    bool has_icmp;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint32_t in;       /* interface index */
    uint32_t out;      /* interface index */
    struct ww_mac mac; /* the frame's source, where it came in by an Ethernet */
};

typedef void (*ww_drop_fn)(const struct ww_drop *drop, void *arg);

#endif
