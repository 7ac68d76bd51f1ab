/* What another thread does for the loop, because it waits for the kernel. Each agent has a thread of its own. */
#ifndef WW_AGENT_WORK_H
#define WW_AGENT_WORK_H

#include "core/base/error.h"

struct uv_loop_s;
struct ww_work;

/*
 * Start the other thread. It takes no signals, and is in the network namespace that this thread is in. -ENOMEM,
 * -EAGAIN: the system allows no more threads.
 */
int ww_work_new(struct uv_loop_s *loop, struct ww_work **ret_work, struct ww_error *err);

/*
 * Have the other thread call work(arg), and after that the loop's thread done(arg), unless it is stopped before. What
 * is started meanwhile comes after it. 0 or -ENOMEM.
 */
int ww_work_start(struct ww_work *w, void (*work)(void *arg), void (*done)(void *arg), void *arg, struct ww_error *err);

/* Before the loop is closed: wait for what the thread does, and for its end. What was started later is not done. */
void ww_work_stop(struct ww_work *w);
/* After the loop was closed. NULL is a no-op. */
void ww_work_free(struct ww_work *w);

#endif
