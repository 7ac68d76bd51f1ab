/* The descriptors that the engine's source watches, as handles of libuv. */
#ifndef WW_AGENT_WATCHES_H
#define WW_AGENT_WATCHES_H

struct uv_loop_s;
struct ww_agent;

struct ww_watches {
    struct uv_loop_s *uv;
    struct ww_agent *agent;
    struct ww_watch *by_fd;
};

/*
 * Watch fd for `events` (WW_IO_*), and tell the agent's source; 0: stop, fd may be closed right after. Without memory
 * it is not watched: the request runs into its time-out and is repeated.
 */
void ww_watches_set(struct ww_watches *watches, int fd, int events);

/* Stop them all. Their handles are closed with the loop's next turn. */
void ww_watches_stop(struct ww_watches *watches);

#endif
