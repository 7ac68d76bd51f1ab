/* One tracked flow as ctnetlink tells it (linux/netfilter/nfnetlink_conntrack.h), and what names it for deletion. */
#ifndef WW_KERNEL_TRACKED_H
#define WW_KERNEL_TRACKED_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/model/addr.h"

/* One direction. Ports in host byte order, 0 for protocols without. */
struct ww_tuple {
    struct ww_addr src;
    struct ww_addr dst;
    uint8_t proto;
    uint16_t sport;
    uint16_t dport;
    uint16_t question; /* ICMP: type and code as one number */
};

/* The attributes are borrowed from the message; NULL where it has none. */
struct ww_tracked {
    struct ww_tuple orig;
    struct ww_tuple reply;
    bool noted[2];                  /* is something in the low (0) and in the high (1) half of its label? */
    const struct nlattr *orig_attr; /* CTA_TUPLE_ORIG */
    const struct nlattr *zone_attr; /* CTA_ZONE */
    const struct nlattr *id_attr;   /* CTA_ID */
};

/* Read an IPCTNL_MSG_CT_NEW message. -EBADMSG when it lacks a tuple or an address. */
int ww_tracked_read(const struct nlmsghdr *msg, struct ww_tracked *ret_tracked);

/* Write an IPCTNL_MSG_CT_DELETE message that names exactly this flow; `bytes` has room for WW_TRACKED_DELETE_BYTES. */
#define WW_TRACKED_DELETE_BYTES 512
struct nlmsghdr *ww_tracked_delete(const struct ww_tracked *tracked, void *bytes, uint32_t seq);

#endif
