#include "core/agent/timers.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "core/base/clock.h"

struct timer {
    uv_timer_t uv;
    struct ww_agent *agent;
    ww_timer_fn fn;
};

struct ww_timers {
    struct timer all[WW_TIMERS];
};

static void on_timer(uv_timer_t *handle)
{
    const struct timer *t = handle->data;
    t->fn(t->agent);
}

int ww_timers_new(struct uv_loop_s *uv, struct ww_agent *a, const ww_timer_fn fns[static WW_TIMERS],
                  struct ww_timers **ret_timers, struct ww_error *err)
{
    struct ww_timers *timers = calloc(1, sizeof(*timers));
    if (!timers)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < WW_TIMERS; i++) {
        struct timer *t = &timers->all[i];
        uv_timer_init(uv, &t->uv);
        t->uv.data = t;
        t->agent = a;
        t->fn = fns[i];
    }
    *ret_timers = timers;
    return 0;
}

void ww_timers_free(struct ww_timers *timers)
{
    free(timers);
}

void ww_timers_set(struct ww_timers *timers, enum ww_timer which, int64_t ms)
{
    uv_timer_start(&timers->all[which].uv, on_timer, (uint64_t)ms, 0);
}

void ww_timers_sooner(struct ww_timers *timers, enum ww_timer which, int64_t ms)
{
    if (!ww_timers_is_set(timers, which) || uv_timer_get_due_in(&timers->all[which].uv) > (uint64_t)ms)
        ww_timers_set(timers, which, ms);
}

void ww_timers_repeat(struct ww_timers *timers, enum ww_timer which, int64_t ms)
{
    if (!ww_timers_is_set(timers, which))
        uv_timer_start(&timers->all[which].uv, on_timer, (uint64_t)ms, (uint64_t)ms);
}

void ww_timers_until(struct ww_timers *timers, enum ww_timer which, int64_t end)
{
    int64_t left = end - ww_clock_mono();
    if (!end)
        ww_timers_stop(timers, which);
    else
        ww_timers_set(timers, which, left > 0 ? left / WW_NS_PER_MS + 1 : 0);
}

void ww_timers_stop(struct ww_timers *timers, enum ww_timer which)
{
    uv_timer_stop(&timers->all[which].uv);
}

bool ww_timers_is_set(const struct ww_timers *timers, enum ww_timer which)
{
    return uv_is_active((const uv_handle_t *)&timers->all[which].uv);
}
