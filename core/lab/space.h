/*
 * A network namespace of the lab's own: held by a descriptor, without a process in it. A thread that enters one is back
 * in its own before the call returns.
 */
#ifndef WW_LAB_SPACE_H
#define WW_LAB_SPACE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "core/base/error.h"

#define WW_LAB_KINDS 8 /* TCP, UDP, SCTP, ICMP in both families */

struct ww_space {
    int ns;                    /* -1: there is none */
    struct mnl_socket *routes; /* rtnetlink, in this namespace */
    int raw[WW_LAB_KINDS];     /* sockets that see what arrives here; -1: none */
};

/* The calling thread's own namespace, which it goes back to. -EPERM where it could not come back. */
int ww_space_home(int *ret_home, struct ww_error *err);

/* Without root: a user and a network namespace of this process's own, in which it may make others, where the kernel
 * lets users have them. For a program that does nothing else. Whether it could be had shows in ww_space_home. */
void ww_space_leave_user(void);

/* A fresh one with lo up; router: it forwards. -EPERM with a text that says what is needed. */
int ww_space_open(int home, bool router, struct ww_space *ret_space, struct ww_error *err);
void ww_space_close(struct ww_space *space);

/* Go there, and back: whatever a thread opens in between belongs to that namespace. */
int ww_space_enter(const struct ww_space *space, struct ww_error *err);
int ww_space_leave(int home, struct ww_error *err);

#endif
