/* The system calls that a process may use, as a program for the kernel (seccomp(2)). */
#ifndef WW_SANDBOX_FILTER_H
#define WW_SANDBOX_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

/* The worker's one descriptor: the socket to the agent. */
#define WW_WORKER_FD 0

struct sock_filter;

struct ww_filter {
    struct sock_filter *code; /* owned */
    unsigned short n;
    uint32_t calls; /* how many system calls it lets through */
};

/* A worker's: any other call ends it. Made once, before descriptors are scarce. -ENOMEM, or what libseccomp says. */
int ww_filter_worker(struct ww_filter *ret_filter, struct ww_error *err);
/* That of one that loads a site's policies, and forks workers: what they may, and that. Otherwise the same. */
int ww_filter_loader(struct ww_filter *ret_filter, struct ww_error *err);
/* The program's own, whose workers read the labels: any other call is an error, and making processes ends it. */
int ww_filter_program(struct ww_filter *ret_filter, struct ww_error *err);
void ww_filter_done(struct ww_filter *filter);

/* From now on this thread, and those it makes, are held to it, for good; the kernel logs what is refused. Needs
 * no_new_privs. -errno. */
int ww_filter_install(const struct ww_filter *filter);

#endif
