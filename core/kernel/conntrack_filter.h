/*
 * Questions to ctnetlink: dump all flows, those of a family, or those that the kernel picks out by address or port
 * (CTA_FILTER, Linux 5.8; nf_conntrack_netlink.c, ctnetlink_parse_tuple_filter).
 */
#ifndef WW_KERNEL_CONNTRACK_FILTER_H
#define WW_KERNEL_CONNTRACK_FILTER_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel/scope.h"

/* Room for any question. */
#define WW_CT_QUESTION_BYTES 512

/* All flows of a family; AF_UNSPEC: all. */
struct nlmsghdr *ww_ct_ask_family(void *bytes, int family);

/* The flows whose original (or reply) source is `addr`. */
struct nlmsghdr *ww_ct_ask_source(void *bytes, const struct ww_addr *addr, bool reply);

/* The flows of a family that were sent to this port. */
struct nlmsghdr *ww_ct_ask_port(void *bytes, int family, uint8_t proto, uint16_t dport);

/*
 * Does this kernel filter right? Before 5.17 some compare IPv6 addresses the wrong way round, and some forget the
 * address of a reply filter: both would miss flows without a word.
 */
bool ww_ct_can_filter(void);

/* What is known about the table's size, and what is wanted of it. */
struct ww_ct_load {
    bool can_filter;
    size_t buckets;
    size_t tracked;      /* flows in the table */
    size_t tracked_v6;   /* of these IPv6, as far as known */
    size_t questions_v4; /* filtered dumps that would be needed */
    size_t questions_v6;
};

/* How to look at each family: one dump of all its flows, or the filtered dumps. */
struct ww_ct_way {
    bool whole_v4;
    bool whole_v6;
};

/* The cheapest way; both whole is one dump. */
struct ww_ct_way ww_ct_choose(const struct ww_ct_load *load);

/* Fill in buckets and tracked for the network namespace of the calling thread; large numbers where unknown. */
void ww_ct_measure(struct ww_ct_load *load);

#endif
