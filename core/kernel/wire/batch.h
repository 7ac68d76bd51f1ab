/*
 * One nf_tables transaction: messages gathered in a buffer, sent with one sendmsg, and the kernel's answers mapped back
 * to whose object was refused (linux/netfilter/nfnetlink.h).
 */
#ifndef WW_KERNEL_BATCH_H
#define WW_KERNEL_BATCH_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/base_ruleset/schema.h"
#include "core/kernel/wire/refusal.h"

#define WW_BATCH_ROOM 65536 /* what one message may need */

/* Whose a message is. Borrowed, must live until the batch is sent. */
struct ww_batch_tag {
    const char *id;     /* container, NULL: none's */
    const char *origin; /* rule, NULL: not one rule's */
};

struct ww_batch {
    enum ww_table_id table; /* what the next messages are about; set at will */
    const char *name;       /* of the tables; NULL: WW_TABLE */
    char *data;
    size_t len;
    size_t cap;
    struct ww_batch_tag *tags; /* of each message, by its number */
    size_t n;
    size_t cap_tags;
    size_t last;       /* where the last message starts */
    uint32_t last_set; /* the last number given to a set of this transaction */
    bool failed;       /* out of memory */
};

void ww_batch_done(struct ww_batch *b);

static inline const char *ww_batch_name(const struct ww_batch *b)
{
    return b->name ? b->name : WW_TABLE;
}

/*
 * Begin a message of this NFT_MSG_ type for the batch's table. There is room for WW_BATCH_ROOM bytes; end it with
 * ww_batch_finish before the next. NULL when out of memory (sticks).
 */
struct nlmsghdr *ww_batch_start(struct ww_batch *b, uint16_t type, uint16_t flags, const char *id, const char *origin);
void ww_batch_finish(struct ww_batch *b, const struct nlmsghdr *msg);

/*
 * Send it; an empty one is not sent. 0 when the kernel took all of it. Else -errno, nothing was changed, and
 * *ret_refusal (may be NULL) says whose message was refused.
 */
int ww_batch_send(struct ww_batch *b, struct mnl_socket *socket, struct ww_refusal *ret_refusal, struct ww_error *err);

#endif
