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
int ww_loop_run(struct ww_loop *loop, struct ww_error *err);
struct ww_source_io ww_loop_source_io(struct ww_loop *loop);
void ww_loop_watch_news(struct ww_loop *loop); /* dropped packets, and ports of bridges */

#endif
