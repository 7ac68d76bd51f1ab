/* What /proc tells of other processes: how they are called, which network they are in, and which files they have open.
 */
#ifndef WW_AGENT_PROCESS_H
#define WW_AGENT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define WW_PROCESS_NAME "whalewall" /* of this program, and of the Go program */

bool ww_process_is_called(pid_t pid, const char *name);

/* Each other process of that name in this network namespace; stops at the first result that is not 0, and returns it.
 */
int ww_process_each(const char *name, int (*fn)(pid_t pid, void *arg), void *arg);

/* The path of each file that it has open; none where that may not be seen. As ww_process_each. */
int ww_process_each_file(pid_t pid, int (*fn)(const char *path, void *arg), void *arg);

/*
 * A whalewall that works in this network namespace, by the lock of its data directory, which is put into dir. 0: there
 * is none that can be seen.
 */
pid_t ww_process_find_running(char *dir, size_t size);

#endif
