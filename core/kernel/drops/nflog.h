/* The listener of an NFLOG group: reports of dropped packets, decoded (linux/netfilter/nfnetlink_log.h). */
#ifndef WW_KERNEL_NFLOG_H
#define WW_KERNEL_NFLOG_H

#include <libmnl/libmnl.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/kernel/drops/drop.h"

struct ww_nflog;

/* Bind the group in the calling thread's network namespace. Errors as ww_kernel_report_drops. */
int ww_nflog_new(uint16_t group, struct ww_nflog **ret_nflog, struct ww_error *err);

/*
 * Only have the group, so that no other program has it; of what is logged to it nothing is kept. It goes with the
 * socket. Errors as ww_nflog_new.
 */
int ww_nflog_hold(uint16_t group, struct mnl_socket **ret_socket, struct ww_error *err);

void ww_nflog_free(struct ww_nflog *nflog);
int ww_nflog_fd(const struct ww_nflog *nflog);

/* As ww_kernel_drain_drops. Never blocks. */
int ww_nflog_drain(struct ww_nflog *nflog, ww_drop_fn fn, void *arg, struct ww_error *err);

/* Decode one datagram of messages; what is no report of ours is skipped. Number of reports. Reads hostile bytes. */
int ww_nflog_decode(const void *bytes, size_t len, ww_drop_fn fn, void *arg);

/* nflog_orig_dst.c: the original destination, by the attribute NFULA_CT: before destination NAT. */
void ww_nflog_take_orig_dst(const struct nlattr *flow, struct ww_drop *drop);

#endif
