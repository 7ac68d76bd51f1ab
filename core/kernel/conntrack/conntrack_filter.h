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

#include "core/model/addr.h"

/* Room for any question. */
#define WW_CT_QUESTION_BYTES 512

/* All flows of a family; AF_UNSPEC: all. */
struct nlmsghdr *ww_ct_ask_family(void *bytes, int family);

/* The IPv4 flows whose original (or reply) source is `addr`. */
struct nlmsghdr *ww_ct_ask_source(void *bytes, const struct ww_addr *addr, bool reply);

/* The IPv4 flows that were sent to this port, or (from) from it. */
struct nlmsghdr *ww_ct_ask_port(void *bytes, uint8_t proto, uint16_t port, bool from);

/*
 * Does this kernel filter right? Before 5.17 some forget the address of a reply filter, and would miss flows without a
 * word. All (6.18 too) compare IPv6 addresses the wrong way round, so IPv6 is never filtered.
 */
bool ww_ct_can_filter(void);

/* What is known about the table's size, and what is wanted of it. */
struct ww_ct_load {
    bool can_filter;
    bool needs_v6; /* IPv6 flows matter, too */
    size_t buckets;
    size_t tracked;    /* flows in the table */
    size_t tracked_v6; /* of these IPv6, as far as known */
    size_t questions;  /* filtered dumps of IPv4 that would be needed */
};

/* Is it cheaper to have IPv4 filtered (and IPv6 told apart, where needed) than to have all told at once? */
bool ww_ct_prefers_filter(const struct ww_ct_load *load);

/* Fill in buckets and tracked for the network namespace of the calling thread; large numbers where unknown. */
void ww_ct_measure(struct ww_ct_load *load);

#endif
