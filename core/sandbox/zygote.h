/*
 * A process that forks workers. It is forked itself before the program has opened anything, so neither it nor a worker
 * inherits what must not get out, and the program need not fork later, when it has threads and secrets. It holds its
 * end of a socket pair and nothing else, reads nothing but the agent's orders, and ends, with all workers, when the
 * agent does.
 */
#ifndef WW_SANDBOX_ZYGOTE_H
#define WW_SANDBOX_ZYGOTE_H

#include <stdint.h>

#include "core/base/error.h"

struct ww_zygote;

struct ww_zygote_job {
    /* In the zygote, once, before anything else: what all workers share. What fails is ww_zygote_start's failure. */
    int (*prepare)(void *arg, struct ww_error *err);
    /* In each worker, whose only descriptor is WW_WORKER_FD, a stream socket to the agent. When it returns, it ends. */
    void (*serve)(void *arg);
    void *arg;
};

/* Fork it. Call it while there is one thread and nothing is open but the standard streams. */
int ww_zygote_start(const struct ww_zygote_job *job, struct ww_zygote **ret_zygote, struct ww_error *err);
void ww_zygote_free(struct ww_zygote *zygote); /* it and all its workers have ended then */

/*
 * Have a worker forked. Returns at once, before it is there: *ret_fd, the caller's, is the other end of its socket, and
 * does not block. *ret_serial is for ww_zygote_kill. -EPIPE: the zygote is gone.
 */
int ww_zygote_spawn(struct ww_zygote *zygote, int *ret_fd, uint32_t *ret_serial, struct ww_error *err);

/* Have this worker ended, whatever it does. */
void ww_zygote_kill(struct ww_zygote *zygote, uint32_t serial);

#endif
