#include "core/agent/nft_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"

#define RETRY_MS 30000

struct ww_nft_watch {
    struct ww_agent *agent;
    void (*changed)(struct ww_agent *a);
    uv_poll_t poll;
    bool wanted;
    bool watched;
    bool closing; /* its handle is still with libuv */
};

static void on_changed(uv_poll_t *poll, int status, int events)
{
    struct ww_nft_watch *w = poll->data;
    (void)events;
    w->changed(w->agent);
    if (status < 0 && w->watched) /* notifications were lost; libuv stops at such an error */
        uv_poll_start(&w->poll, UV_READABLE, on_changed);
}

static void watch(struct ww_nft_watch *w);

static void on_closed(uv_handle_t *handle)
{
    struct ww_nft_watch *w = handle->data;
    w->closing = false;
    if (w->wanted)
        watch(w);
}

static void unwatch(struct ww_nft_watch *w)
{
    uv_poll_stop(&w->poll);
    w->closing = true;
    uv_close((uv_handle_t *)&w->poll, on_closed);
    ww_kernel_watch(w->agent->kernel, false, NULL);
    w->watched = false;
}

static void watch(struct ww_nft_watch *w)
{
    struct ww_agent *a = w->agent;
    struct ww_error err = {0};
    if (ww_kernel_watch(a->kernel, true, &err) < 0) {
        ww_log(a->log, WW_ERROR, "cannot watch nftables; comparing everything every 30 s", WW_S("error", err.text));
        ww_timers_set(a->timers, WW_TIMER_WATCH, RETRY_MS);
        return;
    }
    uv_poll_init(a->uv, &w->poll, ww_kernel_watch_fd(a->kernel));
    w->poll.data = w;
    uv_poll_start(&w->poll, UV_READABLE, on_changed);
    w->watched = true;
}

void ww_nft_watch_set(struct ww_nft_watch *w, bool on)
{
    w->wanted = on;
    if (!on && w->watched)
        unwatch(w);
    else if (on && !w->watched && !w->closing && !ww_timers_is_set(w->agent->timers, WW_TIMER_WATCH))
        watch(w);
}

bool ww_nft_watch_retry(struct ww_nft_watch *w)
{
    if (!w->wanted || w->watched)
        return false;
    watch(w);
    return true;
}

int ww_nft_watch_new(struct ww_agent *a, void (*changed)(struct ww_agent *a), struct ww_nft_watch **ret_watch,
                     struct ww_error *err)
{
    struct ww_nft_watch *w = calloc(1, sizeof(*w));
    if (!w)
        return ww_fail(err, -ENOMEM, "out of memory");
    w->agent = a;
    w->changed = changed;
    *ret_watch = w;
    return 0;
}

void ww_nft_watch_free(struct ww_nft_watch *w)
{
    free(w);
}
