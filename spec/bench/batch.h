/* nf_tables over netlink: one transaction, and questions. */
#ifndef WW_BENCH_BATCH_H
#define WW_BENCH_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* All zero is empty and valid. */
struct batch {
    char *data;
    size_t len;
    size_t cap;
    size_t last; /* where the last message begins */
    uint32_t n;
};

/* A netlink socket of the namespace that this thread is in. */
struct mnl_socket *batch_socket(void);

/* A message of nf_tables with room for at least 64 KiB; finish it before the next one. */
struct nlmsghdr *batch_start(struct batch *b, uint16_t type, uint16_t flags, uint8_t family);
void batch_finish(struct batch *b, const struct nlmsghdr *msg);
/* Send all in one transaction, wait for the answer, and empty it. Returns how long that took, in ns. */
int64_t batch_send(struct batch *b, struct mnl_socket *socket);

/* A dump (flags NLM_F_DUMP) or one question (NLM_F_ACK); returns 0, or a negative errno as the kernel said. */
int batch_ask(struct mnl_socket *socket, struct nlmsghdr *msg, mnl_cb_t fn, void *arg);

#endif
