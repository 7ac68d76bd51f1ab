/* The transaction that removes what is foreign: deletions only, sent whole or not at all (nfnetlink batch). */
#ifndef WW_KERNEL_FOREIGN_BATCH_H
#define WW_KERNEL_FOREIGN_BATCH_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "core/base/buf.h"

/* All zero is valid, but begin must come before anything is added. */
struct ww_foreign_batch {
    struct ww_buf messages;
    uint32_t seq;   /* of the last message */
    size_t last;    /* where the last message starts */
    uint32_t first; /* seq of the first message */
    int objects;    /* rules, sets and chains that go */
};

/* Forget everything and open the transaction. */
void ww_foreign_batch_begin(struct ww_foreign_batch *batch);
void ww_foreign_batch_done(struct ww_foreign_batch *batch);

/* In family ip: delete one rule; all rules of a chain; a set with its elements; a chain. 0 or -ENOMEM. */
int ww_foreign_batch_rule(struct ww_foreign_batch *batch, const char *table, const char *chain, uint64_t handle);
int ww_foreign_batch_flush(struct ww_foreign_batch *batch, const char *table, const char *chain);
int ww_foreign_batch_set(struct ww_foreign_batch *batch, const char *table, const char *set);
int ww_foreign_batch_chain(struct ww_foreign_batch *batch, const char *table, const char *chain);

/* Close it, send it and wait for the kernel's word: 0 or the first refusal. It must not be empty. */
int ww_foreign_batch_send(struct ww_foreign_batch *batch, struct mnl_socket *socket);

#endif
