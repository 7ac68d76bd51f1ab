/* What the network namespace is set to. */
#ifndef WW_KERNEL_SYSCTL_H
#define WW_KERNEL_SYSCTL_H

#include <stdbool.h>

/*
 * Is traffic that stays inside one bridge seen by the inet hooks? net.bridge.bridge-nf-call-iptables (AF_INET),
 * -ip6tables (AF_INET6), of the calling thread's network namespace; false where br_netfilter is not loaded.
 */
bool ww_sysctl_sees_bridged(int family);

/*
 * Does the kernel tell SCTP's ports apart in the flows that it tracks (CONFIG_NF_CT_PROTO_SCTP)? Where it tracks
 * nothing yet it is taken to.
 */
bool ww_sysctl_tracks_sctp(void);

#endif
