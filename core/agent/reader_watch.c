#include "core/agent/reader_watch.h"

#include <stdlib.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"

struct ww_reader_watch {
    uv_poll_t poll; /* first: libuv hands this pointer to the close callback */
    struct ww_agent *agent;
};

void ww_reader_watch_look(struct ww_agent *a)
{
    int64_t ms = a->policy.ops->look ? a->policy.ops->look(a->policy.self) : -1;
    if (ms >= 0)
        ww_timers_set(a->timers, WW_TIMER_READER, ms);
    else
        ww_timers_stop(a->timers, WW_TIMER_READER);
}

static void on_ended(uv_poll_t *poll, int status, int events)
{
    const struct ww_reader_watch *w = (const struct ww_reader_watch *)poll;
    (void)status;
    (void)events;
    ww_reader_watch_look(w->agent);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void ww_reader_watch_begin(struct ww_agent *a)
{
    int fd = a->policy.ops->waiting_fd ? a->policy.ops->waiting_fd(a->policy.self) : -1;
    struct ww_reader_watch *w = fd >= 0 ? calloc(1, sizeof(*w)) : NULL;
    if (!w || uv_poll_init(a->uv, &w->poll, fd) < 0) {
        free(w);
        return;
    }
    w->agent = a;
    a->reader_watch = w;
    uv_poll_start(&w->poll, UV_READABLE, on_ended);
    ww_reader_watch_look(a); /* its replacement may be due, and nothing else says so */
}

void ww_reader_watch_end(struct ww_agent *a)
{
    struct ww_reader_watch *w = a->reader_watch;
    a->reader_watch = NULL;
    if (a->timers)
        ww_timers_stop(a->timers, WW_TIMER_READER);
    if (w)
        uv_close((uv_handle_t *)&w->poll, on_closed);
}
