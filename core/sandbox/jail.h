/* What is taken away from a worker before it reads the first byte that was not written by the program. */
#ifndef WW_SANDBOX_JAIL_H
#define WW_SANDBOX_JAIL_H

#include <stdint.h>
#include <sys/types.h>

#include "core/base/error.h"
#include "core/sandbox/filter.h"

/* What it got. */
struct ww_jail_report {
    uint32_t landlock; /* version of its interface; 0: the kernel has none */
    uint32_t user;     /* its user; 0: no other one could be had */
    uint32_t calls;    /* system calls that are left */
};

/* For the zygote, which must be able to make a worker another user, and to end it: all other capabilities go, for good.
 */
void ww_jail_shed(void);

/*
 * Shut this process in: another user, no capabilities, no privileges to gain, no files, limits, few system calls; it
 * ends with its parent. parent: whose child it must still be. All but another user and landlock must be had: -errno.
 */
int ww_jail_enter(const struct ww_filter *filter, pid_t parent, struct ww_jail_report *ret_report,
                  struct ww_error *err);

/* The same for one that forks workers of its own (loader.h), which are in its jail from the start; then each shuts
 * itself in like any other, with ww_jail_narrow. */
int ww_jail_enter_loader(const struct ww_filter *filter, pid_t parent, struct ww_jail_report *ret_report,
                         struct ww_error *err);
int ww_jail_narrow(const struct ww_filter *filter, pid_t parent, struct ww_error *err);

#endif
