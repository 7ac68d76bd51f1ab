#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/agent/internal.h"
#include "core/agent/watches.h"
#include "core/base/clock.h"

#define FAULT_RETRY_MS 30000
#define DOCKER_USER_MS 500

struct ww_loop {
    struct ww_agent *agent;
    uv_loop_t uv;
    uv_check_t check; /* once after all that was ready has been read: bursts coalesce here */
    uv_timer_t source_timer;
    uv_timer_t look_timer;
    uv_timer_t seat_timer;
    uv_timer_t wait_timer;
    uv_timer_t retry_timer;
    uv_timer_t fault_timer;
    uv_timer_t restore_timer;
    uv_timer_t watch_timer; /* to try once more to watch */
    uv_timer_t vigil_timer;
    uv_timer_t docker_user_timer;
    uv_signal_t signals[3];
    uv_poll_t kernel_poll;
    bool kernel_wanted; /* is it to be watched? */
    uv_poll_t drop_poll;
    uv_poll_t port_poll;
    bool kernel_watched;
    bool kernel_closing; /* its handle is still with libuv */
    struct ww_error failure;
    struct ww_watches watches;
};

static void take_notices(struct ww_agent *a)
{
    struct ww_notice notice;
    while (ww_source_take_notice(a->source, &notice))
        ww_log(a->log, notice.level, notice.text);
}

/* Whatever the source learned becomes rules. */
static void turn_over(struct ww_loop *loop)
{
    struct ww_agent *a = loop->agent;
    take_notices(a);
    ww_agent_follow_engine(a);
    ww_early_follow(a);
    ww_seats_follow(a);
    bool listed = ww_source_generation(a->source) != a->listed;
    if (listed || a->look_apart || ww_world_is_dirty(a->world) || ww_world_has_dirty_networks(a->world))
        ww_reconcile(a);
    ww_early_follow(a);
    ww_docker_user_follow(a);
}

static void on_check(uv_check_t *handle)
{
    turn_over(handle->data);
}

static void source_watch(void *arg, int fd, int events)
{
    struct ww_loop *loop = arg;
    ww_watches_set(&loop->watches, fd, events);
}

static void on_source_timer(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_source_timeout(loop->agent->source);
    turn_over(loop); /* libuv may sleep between its timers and its check handles */
}

static void source_timer(void *arg, int64_t ms)
{
    struct ww_loop *loop = arg;
    if (ms < 0)
        uv_timer_stop(&loop->source_timer);
    else
        uv_timer_start(&loop->source_timer, on_source_timer, (uint64_t)ms, 0);
}

struct ww_source_io ww_loop_source_io(struct ww_loop *loop)
{
    return (struct ww_source_io){.arg = loop, .watch = source_watch, .timer = source_timer};
}

static void on_look(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_looks_turn(loop->agent);
}

void ww_loop_look(struct ww_loop *loop, int64_t ms)
{
    if (!uv_is_active((uv_handle_t *)&loop->look_timer) || uv_timer_get_due_in(&loop->look_timer) > (uint64_t)ms)
        uv_timer_start(&loop->look_timer, on_look, (uint64_t)ms, 0);
}

static void on_seats(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_seats_retry(loop->agent);
    loop->agent->look_apart = true;
    turn_over(loop);
}

void ww_loop_seats(struct ww_loop *loop, int64_t ms)
{
    if (!uv_is_active((uv_handle_t *)&loop->seat_timer) || uv_timer_get_due_in(&loop->seat_timer) > (uint64_t)ms)
        uv_timer_start(&loop->seat_timer, on_seats, (uint64_t)ms, 0);
}

static void on_waits(uv_timer_t *timer)
{
    const struct ww_loop *loop = timer->data;
    ww_waits_look(loop->agent);
}

void ww_loop_waits(struct ww_loop *loop, int64_t ms)
{
    if (!uv_is_active((uv_handle_t *)&loop->wait_timer) || uv_timer_get_due_in(&loop->wait_timer) > (uint64_t)ms)
        uv_timer_start(&loop->wait_timer, on_waits, (uint64_t)ms, 0);
}

static void on_retry(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_reconcile(loop->agent);
}

void ww_loop_retry(struct ww_loop *loop, int64_t ms)
{
    uv_timer_start(&loop->retry_timer, on_retry, (uint64_t)ms, 0);
}

static void on_vigil(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_guard_vigil_changed(loop->agent);
    turn_over(loop);
}

void ww_loop_vigil(struct ww_loop *loop, int64_t until)
{
    int64_t left = until - ww_clock_mono();
    if (!until)
        uv_timer_stop(&loop->vigil_timer);
    else
        uv_timer_start(&loop->vigil_timer, on_vigil, left > 0 ? (uint64_t)(left / WW_NS_PER_MS) + 1 : 0, 0);
}

static void on_fault_timer(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_reconcile_retry_faults(loop->agent);
}

static void on_docker_user(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_docker_user_turn(loop->agent);
}

void ww_loop_docker_user(struct ww_loop *loop)
{
    uv_timer_start(&loop->docker_user_timer, on_docker_user, DOCKER_USER_MS, DOCKER_USER_MS);
}

static void on_restore(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    ww_restore(loop->agent);
}

void ww_loop_restore(struct ww_loop *loop, int64_t ms)
{
    uv_timer_start(&loop->restore_timer, on_restore, (uint64_t)ms, 0);
}

void ww_loop_retry_faults(struct ww_loop *loop, bool on)
{
    if (!on)
        uv_timer_stop(&loop->fault_timer);
    else if (!uv_is_active((uv_handle_t *)&loop->fault_timer))
        uv_timer_start(&loop->fault_timer, on_fault_timer, FAULT_RETRY_MS, FAULT_RETRY_MS);
}

static void on_kernel_changed(uv_poll_t *poll, int status, int events)
{
    struct ww_loop *loop = poll->data;
    (void)events;
    ww_restore_look(loop->agent);
    if (status < 0 && loop->kernel_watched) /* notifications were lost; libuv stops at such an error */
        uv_poll_start(&loop->kernel_poll, UV_READABLE, on_kernel_changed);
}

static void kernel_watch(struct ww_loop *loop);

static void on_kernel_closed(uv_handle_t *handle)
{
    struct ww_loop *loop = handle->data;
    loop->kernel_closing = false;
    if (loop->kernel_wanted)
        kernel_watch(loop);
}

static void kernel_unwatch(struct ww_loop *loop)
{
    uv_poll_stop(&loop->kernel_poll);
    loop->kernel_closing = true;
    uv_close((uv_handle_t *)&loop->kernel_poll, on_kernel_closed);
    ww_kernel_watch(loop->agent->kernel, false, NULL);
    loop->kernel_watched = false;
}

static void on_watch_timer(uv_timer_t *timer)
{
    struct ww_loop *loop = timer->data;
    if (!loop->kernel_wanted || loop->kernel_watched)
        return;
    kernel_watch(loop);
    loop->agent->whole = true;
    ww_reconcile(loop->agent);
}

static void kernel_watch(struct ww_loop *loop)
{
    struct ww_error err = {0};
    if (ww_kernel_watch(loop->agent->kernel, true, &err) < 0) {
        ww_log(loop->agent->log, WW_ERROR, "cannot watch nftables; comparing everything every 30 s",
               WW_S("error", err.text));
        uv_timer_start(&loop->watch_timer, on_watch_timer, FAULT_RETRY_MS, 0);
        return;
    }
    uv_poll_init(&loop->uv, &loop->kernel_poll, ww_kernel_watch_fd(loop->agent->kernel));
    loop->kernel_poll.data = loop;
    uv_poll_start(&loop->kernel_poll, UV_READABLE, on_kernel_changed);
    loop->kernel_watched = true;
}

void ww_loop_watch_kernel(struct ww_loop *loop, bool on)
{
    loop->kernel_wanted = on;
    if (!on && loop->kernel_watched)
        kernel_unwatch(loop);
    else if (on && !loop->kernel_watched && !loop->kernel_closing && !uv_is_active((uv_handle_t *)&loop->watch_timer))
        kernel_watch(loop);
}

static void on_ports(uv_poll_t *poll, int status, int events)
{
    const struct ww_loop *loop = poll->data;
    (void)events;
    ww_seats_look(loop->agent);
    if (status < 0) /* notifications were lost; libuv stops at such an error */
        uv_poll_start(poll, UV_READABLE, on_ports);
}

static void watch_fd(struct ww_loop *loop, uv_poll_t *poll, int fd, uv_poll_cb fn)
{
    if (fd < 0 || uv_poll_init(&loop->uv, poll, fd) < 0)
        return;
    poll->data = loop;
    uv_poll_start(poll, UV_READABLE, fn);
}

static void on_drops(uv_poll_t *poll, int status, int events)
{
    const struct ww_loop *loop = poll->data;
    (void)status;
    (void)events;
    ww_drops_read(loop->agent);
}

void ww_loop_watch_news(struct ww_loop *loop)
{
    const struct ww_agent *a = loop->agent;
    watch_fd(loop, &loop->drop_poll, ww_kernel_drop_fd(a->kernel), on_drops);
    watch_fd(loop, &loop->port_poll, a->ports ? ww_ports_fd(a->ports) : -1, on_ports);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct ww_loop *loop = handle->data;
    struct ww_agent *a = loop->agent;
    struct ww_error err = {0};
    if (signum != SIGHUP) {
        ww_report_stop(a);
        uv_stop(&loop->uv);
        return;
    }
    if (ww_log_reopen(a->log, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot open the log anew; writing to the old one", WW_S("error", err.text));
    ww_serving_open(a);
    ww_log(a->log, WW_INFO, "asking the engine for everything again");
    ww_source_resync(a->source);
}

static void loop_init_timers(struct ww_loop *loop)
{
    uv_timer_t *timers[] = {&loop->source_timer,  &loop->look_timer,       &loop->retry_timer, &loop->fault_timer,
                            &loop->restore_timer, &loop->watch_timer,      &loop->vigil_timer, &loop->seat_timer,
                            &loop->wait_timer,    &loop->docker_user_timer};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(&loop->uv, timers[i]);
        timers[i]->data = loop;
    }
}

static void loop_init_signals(struct ww_loop *loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        uv_signal_start(&loop->signals[i], on_signal, numbers[i]);
    }
}

int ww_loop_new(struct ww_agent *a, struct ww_loop **ret_loop, struct ww_error *err)
{
    struct ww_loop *loop = calloc(1, sizeof(*loop));
    if (!loop || uv_loop_init(&loop->uv) < 0) {
        free(loop);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    loop->agent = a;
    loop->uv.data = loop;
    loop->watches = (struct ww_watches){.uv = &loop->uv, .agent = a};
    uv_check_init(&loop->uv, &loop->check);
    loop->check.data = loop;
    uv_check_start(&loop->check, on_check);
    loop_init_timers(loop);
    loop_init_signals(loop);
    *ret_loop = loop;
    return 0;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void ww_loop_free(struct ww_loop *loop)
{
    if (!loop)
        return;
    loop->uv.data = NULL; /* it ends: see work.h */
    ww_watches_stop(&loop->watches);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    free(loop);
}

void ww_loop_stop(struct ww_loop *loop)
{
    uv_stop(&loop->uv);
}

void ww_loop_fail(struct ww_loop *loop, const struct ww_error *why)
{
    if (!loop->failure.code)
        loop->failure = *why;
    uv_stop(&loop->uv);
}

uv_loop_t *ww_loop_uv(struct ww_loop *loop)
{
    return &loop->uv;
}

int ww_loop_run(struct ww_loop *loop, struct ww_error *err)
{
    int rc = uv_run(&loop->uv, UV_RUN_DEFAULT);
    (void)rc; /* handles are still open when a signal stops it */
    return loop->failure.code ? ww_fail(err, loop->failure.code, "%s", loop->failure.text) : 0;
}
