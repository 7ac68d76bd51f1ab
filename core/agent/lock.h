/* Only one program for each data directory, and for each network namespace. Locks go with the descriptor. */
#ifndef WW_AGENT_LOCK_H
#define WW_AGENT_LOCK_H

#include "core/base/error.h"

#define WW_LOCK_FILE "lock"

/*
 * Lock `<dir>/lock` (flock(2)), which holds the process's number. -EBUSY, with a text that names the other one; 0 and
 * *ret_fd -1 where nothing can be written, and so nothing be spoilt.
 */
int ww_lock_directory(const char *dir, int *ret_fd, struct ww_error *err);

/*
 * Lock this network namespace, by an abstract unix socket (unix(7)); for a table that nobody can own. -EBUSY, with a
 * text that names the other one. A socket of somebody who may not change nftables anyway is no lock: 0 and *ret_fd -1.
 */
int ww_lock_namespace(int *ret_fd, struct ww_error *err);

#endif
