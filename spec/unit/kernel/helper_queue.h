/* A program that listens at nfqueues, as users have them: takes each packet, counts it, and gives its verdict. */
#ifndef WW_SPEC_HELPER_QUEUE_H
#define WW_SPEC_HELPER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* At the queues first to first + HELPER_QUEUES - 1 of the network namespace that it was opened in. */
#define HELPER_QUEUES 6

struct helper_queue {
    uint16_t first;
    pid_t pid;
    struct queue_slot *slots; /* shared with the listener's process */
};

/* Whether this kernel has nfqueue for nftables (CONFIG_NFT_QUEUE); says so when not. */
bool helper_queue_exists(void);

/* Begin to listen: what comes is accepted. Ends with close, or with this process. */
void helper_queue_open(struct helper_queue *q, uint16_t first);
void helper_queue_close(struct helper_queue *q);

/* What comes to queue number first + i from now on is dropped, or accepted. */
void helper_queue_drop(struct helper_queue *q, unsigned i, bool drop);

/* Packets that came to queue number first + i since this was last asked. */
unsigned helper_queue_count(struct helper_queue *q, unsigned i);

#endif
