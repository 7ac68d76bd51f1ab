/* One question over netlink and all its answers (netlink(7)): shared by whatever reads from the kernel by dumps. */
#ifndef WW_KERNEL_ASK_H
#define WW_KERNEL_ASK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/mem.h"

#define WW_ASK_BYTES 65536 /* more than the kernel puts into one answer (32 KiB) */

static inline void ww_cleanup_mnl(struct mnl_socket **socket)
{
    if (*socket)
        mnl_socket_close(*socket);
}

#define ww_auto_mnl __attribute__((cleanup(ww_cleanup_mnl)))

/* A bound socket of this netlink family in the network namespace of the calling thread. */
int ww_ask_open(int family, struct mnl_socket **ret_socket, struct ww_error *err);

/* What to do with one answer; 0, or -errno: then the rest is not shown, and ww_netlink_ask returns it. */
typedef int (*ww_ask_fn)(const struct nlmsghdr *answer, void *arg);

/*
 * Send `question` (its sequence number is set here) and hand every answer to fn (may be NULL), to the end of the dump
 * or to the ack. 0, or the kernel's or fn's -errno; -EINTR when the dump may be incomplete because what is dumped
 * changed meanwhile, or answers were lost: ask again.
 */
int ww_netlink_ask(struct mnl_socket *socket, struct nlmsghdr *question, ww_ask_fn fn, void *arg);

/* A question whose answers are read bit by bit. The kernel goes on with a dump only when the last bit was taken. */
struct ww_asking {
    uint32_t seq;
    ww_ask_fn fn;
    void *arg;
    bool done;
    bool interrupted;
    int result;
};

/* Send the question. 0 or -errno: nothing is under way. */
int ww_ask_begin(struct mnl_socket *socket, struct nlmsghdr *question, ww_ask_fn fn, void *arg,
                 struct ww_asking *ret_asking);
/* Read one datagram; `bytes` has room for WW_ASK_BYTES. 1: there is more, or what ww_netlink_ask returns. */
int ww_ask_more(struct mnl_socket *socket, char *bytes, struct ww_asking *asking);

#endif
