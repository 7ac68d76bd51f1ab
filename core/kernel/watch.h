/* Listens for changes of nftables made by others (linux/netfilter/nfnetlink.h, NFNLGRP_NFTABLES). */
#ifndef WW_KERNEL_WATCH_H
#define WW_KERNEL_WATCH_H

#include <stdint.h>

#include "core/base/error.h"

/* Who changed the table last. */
struct ww_author {
    uint32_t portid; /* of the netlink socket */
    uint32_t pid;    /* 0: unknown */
    char name[16];   /* the process's name; "" if unknown */
};

struct ww_watch;

/* Subscribe, in the network namespace of the calling thread. It costs every commit 30 to 60 %: only while needed. */
int ww_watch_new(struct ww_watch **ret_watch, struct ww_error *err);
void ww_watch_free(struct ww_watch *watch);

/* Readable when there is something to drain. */
int ww_watch_fd(const struct ww_watch *watch);

/*
 * Read what is there, without waiting: number of notifications by others than `own_portid` that touched table
 * `inet whalewall` or `bridge whalewall`. -ENOBUFS when some were lost (the next call goes on), other -errno when the
 * socket fails.
 */
int ww_watch_drain(struct ww_watch *watch, uint32_t own_portid, struct ww_error *err);

/* Who made the last such change; borrowed, NULL before the first. */
const struct ww_author *ww_watch_author(const struct ww_watch *watch);

#endif
