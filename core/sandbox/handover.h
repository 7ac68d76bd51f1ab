/* A descriptor that goes from one process of this program to another, with a few bytes that say what it is for. */
#ifndef WW_SANDBOX_HANDOVER_H
#define WW_SANDBOX_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

/* Send both over a unix socket, without waiting. fd -1: none goes along. -errno. */
int ww_handover_send(int socket, const void *bytes, size_t n, int fd);

/* Wait for both. *ret_fd is the caller's, -1: none came. False when the other end is closed, or sent something else. */
bool ww_handover_receive(int socket, void *ret_bytes, size_t n, int *ret_fd);

/* This descriptor becomes WW_WORKER_FD, and every other one is closed. */
void ww_handover_keep_only(int fd);

#endif
