/* The Go program of the same name, which may have been here before: whether it runs, and what it left in the kernel. */
#ifndef WW_AGENT_GO_PROGRAM_H
#define WW_AGENT_GO_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ww_agent;
struct ww_status;

struct ww_go_program {
    pid_t elsewhere; /* it ran with another directory, when the program could still see that; 0: it did not */
    size_t objects;  /* of its in table `ip filter`, when they were counted last */
    char text[320];  /* what the status says of them */
};

/*
 * Does it run in this network namespace? It is told by its database, which it holds open: `<dir>/db.sqlite` by its
 * lock, whichever user asks; another one by what may be seen of the process in /proc. *ret_pid is 0 where that cannot
 * be seen. dir NULL: do not look at the lock, for the file is this program's own.
 */
bool ww_go_program_runs(const char *dir, pid_t *ret_pid);

/* Does it run with whatever directory? Its process, or 0. For the start, before the program gives up such looks. */
pid_t ww_go_program_elsewhere(void);

/* At the start: so many of its objects were found. */
void ww_go_program_found(struct ww_agent *a, size_t objects);
/* A problem while any are there. -ENOMEM. */
int ww_go_program_status(struct ww_agent *a, struct ww_status *s);

#endif
