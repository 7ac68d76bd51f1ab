/* The system calls that a worker may use, as a program for the kernel (seccomp(2)). */
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
    uint32_t calls; /* how many system calls it lets through; any other ends the process */
};

/* Made once, before descriptors are scarce. -ENOMEM, or what libseccomp says. */
int ww_filter_worker(struct ww_filter *ret_filter, struct ww_error *err);
void ww_filter_done(struct ww_filter *filter);

/* From now on this process is held to it, for good. Needs no_new_privs. -errno. */
int ww_filter_install(const struct ww_filter *filter);

#endif
