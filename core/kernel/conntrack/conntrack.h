/*
 * The way to the tracked flows (linux/netfilter/nfnetlink_conntrack.h), in the network namespace of the thread that
 * opens it. ct_scan.h finds those of changed rulesets, has each judged by the simulator, and deletes what is no longer
 * allowed.
 */
#ifndef WW_KERNEL_CONNTRACK_H
#define WW_KERNEL_CONNTRACK_H

#include "core/base/error.h"

struct ww_conntrack;

/* Open the netlink sockets. -EPERM without CAP_NET_ADMIN, -EOPNOTSUPP without ctnetlink. */
int ww_conntrack_new(struct ww_conntrack **ret_ct, struct ww_error *err);
void ww_conntrack_free(struct ww_conntrack *ct);

#endif
