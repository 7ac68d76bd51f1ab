/* The processes of a jailed policy, seen from outside. */
#ifndef WW_SPEC_HELPER_PROCS_H
#define WW_SPEC_HELPER_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Living children of `parent` (no zombies); the number of them, of which at most `max` are in pids. */
size_t helper_children(pid_t parent, pid_t *pids, size_t max);

/* The one zygote of this process; the test fails where there is not one. */
pid_t helper_zygote(void);

/* Is there such a process, which is no zombie? */
bool helper_lives(pid_t pid);

/* How many descriptors it has, and how many of them are sockets. */
size_t helper_descriptors(pid_t pid, size_t *ret_sockets);

#endif
