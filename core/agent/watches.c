#include "core/agent/watches.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <uv.h>

#include "core/agent/agent_internal.h"

struct ww_watch {
    uv_poll_t poll; /* first: libuv hands this pointer to the close callback */
    int fd;
    struct ww_agent *agent;
    UT_hash_handle hh;
};

static void on_io(uv_poll_t *poll, int status, int events)
{
    struct ww_watch *w = (struct ww_watch *)poll;
    int ready = 0;
    if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)))
        ready |= WW_IO_READ;
    if (status < 0 || (events & UV_WRITABLE))
        ready |= WW_IO_WRITE;
    ww_source_ready(w->agent->source, w->fd, ready);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle); /* poll is the first member of struct ww_watch */
}

static void stop(struct ww_watches *watches, struct ww_watch *w)
{
    HASH_DEL(watches->by_fd, w);
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

static struct ww_watch *new_watch(struct ww_watches *watches, int fd)
{
    struct ww_watch *w = calloc(1, sizeof(*w));
    if (!w || uv_poll_init(watches->uv, &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->fd = fd;
    w->agent = watches->agent;
    HASH_ADD_INT(watches->by_fd, fd, w);
    if (w->hh.tbl)
        return w;
    uv_close((uv_handle_t *)&w->poll, on_closed);
    return NULL;
}

void ww_watches_set(struct ww_watches *watches, int fd, int events)
{
    struct ww_watch *w;
    HASH_FIND_INT(watches->by_fd, &fd, w);
    if (events == 0) {
        if (w)
            stop(watches, w);
        return;
    }
    if (!w)
        w = new_watch(watches, fd);
    if (!w)
        return;
    int flags = (events & WW_IO_READ ? UV_READABLE : 0) | (events & WW_IO_WRITE ? UV_WRITABLE : 0);
    uv_poll_start(&w->poll, flags, on_io);
}

void ww_watches_stop(struct ww_watches *watches)
{
    struct ww_watch *w;
    struct ww_watch *next;
    HASH_ITER (hh, watches->by_fd, w, next)
        stop(watches, w);
}
