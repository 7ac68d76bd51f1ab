/* Tracked flows put into the kernel's table by hand, and looked up there. */
#ifndef WW_SPEC_HELPER_TRACKED_H
#define WW_SPEC_HELPER_TRACKED_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel/conntrack/ct_scan.h"

/* dst NULL: as the original destination. Ports of ICMP are left out. zone 0: the default one. */
struct helper_flow {
    uint8_t proto;
    const char *src;
    uint16_t sport;
    const char *orig_dst;
    uint16_t orig_dport;
    const char *dst;
    uint16_t dport;
    uint16_t zone;
    uint8_t label; /* bit 0: in the low half, bit 1: in the high half */
};

/* Empty the table of this namespace. */
void helper_forget_all(struct mnl_socket *socket);

/* Put it into the table for an hour. */
void helper_track(struct mnl_socket *socket, const struct helper_flow *flow);

/* Put in `n` flows of UDP from 198.51.100.x to 203.0.113.x. */
void helper_track_many(struct mnl_socket *socket, unsigned n);

/* Is this flow in the table? */
bool helper_is_tracked(struct mnl_socket *socket, const struct helper_flow *flow);

/* Look for the flows of the rulesets in `diff`, and delete those that `plan` does not allow. Their number, or -errno.
 */
int helper_remove_flows(struct ww_conntrack *ct, const struct ww_plan *plan, const struct ww_diff *diff,
                        struct ww_error *err);

/* How many flows a question of conntrack_filter.h brings. */
size_t helper_count(struct mnl_socket *socket, struct nlmsghdr *question);

#endif
