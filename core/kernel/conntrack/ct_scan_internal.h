/* What a scan of conntrack is made of. Private to conntrack.c and ct_scan*.c. */
#ifndef WW_KERNEL_CT_SCAN_INTERNAL_H
#define WW_KERNEL_CT_SCAN_INTERNAL_H

#include <libmnl/libmnl.h>

#include "core/base/buf.h"
#include "core/kernel/conntrack/conntrack_filter.h"
#include "core/kernel/conntrack/conntrack_judge.h"
#include "core/kernel/conntrack/ct_scan.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/hostaddr.h"

struct ww_conntrack {
    struct mnl_socket *socket;  /* for dumps; NULL: it was left in the midst of one */
    struct mnl_socket *deletes; /* works while a dump is under way */
    bool can_filter;
    size_t tracked_v6; /* seen in the last whole dump of IPv6 */
};

/* One change, or some addresses, that a scan is about. */
struct ww_ct_scan_part {
    struct ww_case facts; /* what is affected is below, once the scan has begun */
    struct ww_affected affected;
};

struct ww_ct_scan {
    struct ww_conntrack *ct;
    struct ww_ct_scan_part *parts;
    size_t n_parts;
    struct ww_hostaddr hosts;
    struct ww_affected affected; /* of all parts together */
    struct ww_ct_load load;      /* to choose the way of asking by */
    bool filter;                 /* … which was chosen */
    size_t question;             /* the next one: ct_scan_find.c */
    struct ww_asking asking;
    bool asks;            /* the answers to one are not read to the end yet */
    unsigned tries;       /* at it */
    char *bytes;          /* WW_ASK_BYTES for answers */
    struct ww_buf found;  /* the kernel's messages about flows that concern what is affected, one after the other */
    size_t judged;        /* bytes of them */
    struct ww_buf doomed; /* delete messages, one after the other */
    int deleted;
    int refused; /* the first refusal to delete one */
    size_t seen_v6;
    bool proxied; /* the host itself talks to a changed container: its userland proxy may be at work */
};

#endif
