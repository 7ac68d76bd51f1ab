/* The event loop: everything that happens comes in here, and goes to what is to be done about it. */
#ifndef WW_AGENT_LOOP_H
#define WW_AGENT_LOOP_H

#include "core/base/error.h"
#include "core/docker/source.h"

struct ww_agent;
struct ww_loop;

/* Also sets what the agent has of it: `uv`, `timers`, `nft_watch`. */
int ww_loop_new(struct ww_agent *a, struct ww_loop **ret_loop, struct ww_error *err);
void ww_loop_free(struct ww_loop *loop);

/* Turn until it is to stop: 0, or -errno and why it failed. */
int ww_loop_run(struct ww_loop *loop, struct ww_error *err);
/* Do what is due, without waiting: 0, 1: it is to stop; -errno. Of no use in ww_loop_run. */
int ww_loop_dispatch(struct ww_loop *loop, struct ww_error *err);
/* For a loop around it: readable when something is due. */
int ww_loop_fd(const struct ww_loop *loop);
/* … and after so many ms, from now on; -1: not by time. */
int ww_loop_timeout(struct ww_loop *loop);

/* From any thread, and from within a signal's handler: it is to stop; to read everything anew. */
void ww_loop_stop(struct ww_loop *loop);
void ww_loop_reload(struct ww_loop *loop);
void ww_loop_wake(struct ww_loop *loop); /* there is something to be looked at */

struct ww_source_io ww_loop_source_io(struct ww_loop *loop);
void ww_loop_watch_news(struct ww_loop *loop); /* dropped packets, ports of bridges, the reader of labels */

#endif
