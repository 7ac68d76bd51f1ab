/* Only one program for each data directory, and for each network namespace. Locks go with the descriptor. */
#ifndef WW_AGENT_LOCK_H
#define WW_AGENT_LOCK_H

#include <stdbool.h>

#include "core/base/error.h"

struct ww_kernel;

#define WW_LOCK_FILE "lock"

/*
 * Lock `<dir>/lock` (flock(2)), which holds the process's number; make: also where it is not there yet. -EBUSY, with a
 * text that names the other one; 0 and *ret_fd -1 where nothing can be written, and so nothing be spoilt. -ELOOP,
 * -EISDIR: it is no file.
 */
int ww_lock_directory(const char *dir, bool make, int *ret_fd, struct ww_error *err);

/*
 * Lock this network namespace, for a table without an owner: ww_kernel_lock(), which no process without the right to
 * change nftables can take. -EBUSY, with a text that names the other one if it is known: beside the lock is an abstract
 * unix socket (unix(7)), the descriptor in *ret_fd, by which one finds the process. Any process can take that name
 * first, which does no harm: 0 and *ret_fd -1. Where the kernel has no such lock the socket is the lock, if it is one
 * of a process with that right.
 */
int ww_lock_namespace(struct ww_kernel *k, int *ret_fd, struct ww_error *err);

#endif
