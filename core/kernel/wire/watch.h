/* Listens for changes of nftables made by other programs (linux/netfilter/nfnetlink.h, NFNLGRP_NFTABLES). */
#ifndef WW_KERNEL_WATCH_H
#define WW_KERNEL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/base_ruleset/schema.h"

/* The process that changed the table last. */
struct ww_author {
    uint32_t portid; /* of the netlink socket */
    uint32_t pid;    /* 0: unknown */
    char name[16];   /* the process's name; "" if unknown */
};

/* One change of a table of ours; borrowed while it is told. */
struct ww_notification {
    enum ww_table_id table;
    uint8_t type;        /* NFT_MSG_… */
    const char *name;    /* of the chain or set that was changed, or in which something was; NULL for a table */
    const void *comment; /* a chain's userdata, NULL if it has none */
    uint16_t comment_len;
};

typedef void (*ww_watch_fn)(const struct ww_notification *n, void *arg);

struct ww_watch;

/*
 * Subscribe, in the network namespace of the calling thread. What the socket `own_portid` changes is not told. It
 * costs every commit 30 to 60 %: only while needed.
 */
int ww_watch_new(uint32_t own_portid, struct ww_watch **ret_watch, struct ww_error *err);
void ww_watch_free(struct ww_watch *watch);

/* Readable when there is something to drain. */
int ww_watch_fd(const struct ww_watch *watch);

/*
 * Read what is there, without waiting, and tell fn (may be NULL) each change of table `inet whalewall` or `bridge
 * whalewall`, in the order in which they were made: how many. -ENOBUFS when some were lost (the next call goes on),
 * other -errno when the socket fails.
 */
int ww_watch_drain(struct ww_watch *watch, ww_watch_fn fn, void *arg, struct ww_error *err);

/* The process that made the last such change; borrowed, NULL before the first. */
const struct ww_author *ww_watch_author(const struct ww_watch *watch);

#endif
