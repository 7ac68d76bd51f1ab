/* The control socket on the event loop. */
#include "core/agent/serve.h"

#include <stdlib.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/clear.h"
#include "core/agent/drops.h"
#include "core/agent/enforced.h"
#include "core/agent/events.h"
#include "core/agent/explain.h"
#include "core/agent/metrics.h"
#include "core/agent/show.h"
#include "core/agent/status.h"
#include "core/agent/suggest.h"
#include "core/control/control.h"

struct ww_serving {
    struct ww_agent *agent;
    struct ww_control *control;
    uv_poll_t poll;
    uv_timer_t timer;
};

static void on_due(uv_timer_t *timer);

void ww_serving_end(struct ww_agent *a)
{
    if (!a->cleared || (a->serving && ww_control_is_busy(a->serving->control)))
        return;
    a->stopped = true;
    uv_stop(a->uv);
}

static void serve(struct ww_serving *s)
{
    ww_control_run(s->control);
    int64_t ms = ww_control_timeout(s->control);
    if (ms < 0)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_due, (uint64_t)ms, 0);
    ww_serving_end(s->agent);
}

static void on_due(uv_timer_t *timer)
{
    serve(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    serve(poll->data);
}

static int fill_status(void *arg, struct ww_status *status, struct ww_error *err)
{
    return ww_agent_status(arg, status, err);
}

static int fill_explanation(void *arg, const struct ww_explain_question *question, struct ww_explanation *explanation,
                            struct ww_error *err)
{
    return ww_agent_explain(arg, question, explanation, err);
}

static int fill_show(void *arg, const char *container, struct ww_show *ret_show, struct ww_error *err)
{
    return ww_agent_show(arg, container, ret_show, err);
}

static int fill_drops(void *arg, const char *container, uint64_t since, struct ww_drops_answer *ret_drops,
                      struct ww_error *err)
{
    return ww_drops_tell(arg, container, since, ret_drops, err);
}

static int fill_enforced(void *arg, const char *after, struct ww_enforced *ret_enforced, struct ww_error *err)
{
    return ww_agent_enforced(arg, after, ret_enforced, err);
}

static int fill_events(void *arg, uint64_t since, struct ww_events_answer *ret_events, struct ww_error *err)
{
    const struct ww_agent *a = arg;
    return ww_events_answer(a->events, since, ret_events, err);
}

static int fill_suggestion(void *arg, const char *container, struct ww_suggestion *ret_suggestion, struct ww_error *err)
{
    return ww_agent_suggest(arg, container, ret_suggestion, err);
}

static int clear_all(void *arg, struct ww_error *err)
{
    return ww_agent_clear(arg, err);
}

static int write_metrics(void *arg, struct ww_buf *out, struct ww_error *err)
{
    return ww_agent_metrics(arg, out, err);
}

struct ww_control_ops ww_serving_ops(struct ww_agent *a)
{
    return (struct ww_control_ops){.arg = a,
                                   .status = fill_status,
                                   .explain = fill_explanation,
                                   .show = fill_show,
                                   .drops = fill_drops,
                                   .enforced = fill_enforced,
                                   .events = fill_events,
                                   .suggest = fill_suggestion,
                                   .clear = clear_all,
                                   .metrics = write_metrics};
}

void ww_serving_open(struct ww_agent *a)
{
    struct ww_control_ops ops = ww_serving_ops(a);
    struct ww_error err = {0};
    struct ww_control *control = NULL;
    if (a->serving || a->no_control_socket)
        return;
    struct ww_serving *s = calloc(1, sizeof(*s));
    if (!s)
        return;
    if (ww_control_new(a->data_dir, &ops, &control, &err) < 0) {
        ww_log(a->log, WW_WARN,
               "no control socket: `whalewall status` will not work; the next reload (SIGHUP) tries again",
               WW_S("error", err.text));
        free(s);
        return;
    }
    s->agent = a;
    s->control = control;
    s->poll.data = s;
    s->timer.data = s;
    uv_timer_init(a->uv, &s->timer);
    uv_poll_init(a->uv, &s->poll, ww_control_fd(control));
    uv_poll_start(&s->poll, UV_READABLE, on_readable);
    a->serving = s;
}

void ww_serving_free(struct ww_serving *s)
{
    if (!s)
        return;
    ww_control_free(s->control);
    free(s);
}
