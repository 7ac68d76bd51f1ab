/* What another thread does for the loop, because it waits for the kernel. */
#ifndef WW_AGENT_WORK_H
#define WW_AGENT_WORK_H

#include "core/base/error.h"

struct uv_loop_s;

/* Before anything else: start the other thread. -ENOMEM, -EAGAIN: the system allows no more threads. */
int ww_work_prepare(struct uv_loop_s *loop, struct ww_error *err);

/*
 * Have the other thread call work(arg), and after that the loop's thread done(arg), unless the loop ends before: then
 * it waits for work(), and done() is not called. What is started meanwhile comes after it. 0 or -ENOMEM.
 */
int ww_work_start(struct uv_loop_s *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg,
                  struct ww_error *err);

#endif
