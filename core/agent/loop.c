#include "core/agent/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/ct_scans.h"
#include "core/agent/docker_user.h"
#include "core/agent/drops.h"
#include "core/agent/guard.h"
#include "core/agent/manager.h"
#include "core/agent/nft_watch.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_binding_find.h"
#include "core/agent/port_bindings.h"
#include "core/agent/reader_watch.h"
#include "core/agent/reconcile.h"
#include "core/agent/repair.h"
#include "core/agent/report.h"
#include "core/agent/serve.h"
#include "core/agent/site.h"
#include "core/agent/site_change.h"
#include "core/agent/start_latency.h"
#include "core/agent/state.h"
#include "core/agent/status.h"
#include "core/agent/timers.h"
#include "core/agent/waits.h"
#include "core/agent/watches.h"
#include "core/agent/work.h"
#include "core/base/trim.h"

struct ww_loop {
    struct ww_agent *agent;
    uv_loop_t uv;
    uv_check_t check; /* once after all that was ready has been read: bursts coalesce here */
    uv_async_t wake;  /* for what other threads ask */
    atomic_bool stop;
    atomic_bool reload;
    uv_poll_t drop_poll;
    uv_poll_t port_poll;
    struct ww_watches watches;
    bool settled; /* what only the start needed is given back */
};

static void take_notices(struct ww_agent *a)
{
    struct ww_notice notice;
    while (ww_source_take_notice(a->source, &notice))
        ww_log(a->log, notice.level, notice.text, WW_EVENT("engine"));
}

/* With its scans, and the questions that it asks about each container, the start is over: give back what nothing else
 * needs. */
static void give_back(struct ww_agent *a)
{
    if (a->loop->settled || !a->ready || a->ct_scans.list || ww_source_is_busy(a->source))
        return;
    a->loop->settled = true;
    if (a->policy.ops->rest)
        a->policy.ops->rest(a->policy.self);
    ww_store_trim(a->store);
    if (a->trims)
        ww_trim();
}

/* Whatever the source learned becomes rules. */
static void turn_over(struct ww_agent *a)
{
    take_notices(a);
    ww_report_services(a);
    ww_agent_follow_engine(a);
    ww_start_latency_follow(a);
    ww_port_bindings_follow(a);
    bool listed = ww_source_generation(a->source) != a->reconciling.listed;
    if (listed)
        ww_site_listed(a);
    if (listed || a->look_apart || ww_world_is_dirty(a->world) || ww_world_has_dirty_networks(a->world))
        ww_reconcile(a);
    ww_start_latency_follow(a);
    ww_docker_user_follow(a);
    ww_manager_follow(a);
    ww_agent_state_follow(a);
    give_back(a);
}

static void on_check(uv_check_t *handle)
{
    const struct ww_loop *loop = handle->data;
    turn_over(loop->agent);
    ww_serving_end(loop->agent); /* a request that did not come by the socket causes no event there */
}

static void source_watch(void *arg, int fd, int events)
{
    struct ww_loop *loop = arg;
    ww_watches_set(&loop->watches, fd, events);
}

static void source_timer(void *arg, int64_t ms)
{
    const struct ww_loop *loop = arg;
    if (ms < 0)
        ww_timers_stop(loop->agent->timers, WW_TIMER_SOURCE);
    else
        ww_timers_set(loop->agent->timers, WW_TIMER_SOURCE, ms);
}

struct ww_source_io ww_loop_source_io(struct ww_loop *loop)
{
    return (struct ww_source_io){.arg = loop, .watch = source_watch, .timer = source_timer};
}

/* --- What the timers do. --- */

static void on_source(struct ww_agent *a)
{
    ww_source_timeout(a->source);
    turn_over(a); /* libuv may sleep between its timers and its check handles */
}

/* What waited for the tracked flows goes on. */
static void scans_over(struct ww_agent *a)
{
    ww_repair_scanned(a);
    if (a->deferred.ids)
        ww_reconcile(a);
}

static void on_ct_scan(struct ww_agent *a)
{
    if (ww_ct_scans_end(a))
        scans_over(a);
    ww_ct_scans_turn(a);
}

static void on_port_bindings(struct ww_agent *a)
{
    ww_port_bindings_retry(a);
    a->look_apart = true;
    turn_over(a);
}

static void on_guard_lease(struct ww_agent *a)
{
    ww_guard_lease_due(a);
    turn_over(a);
}

static void on_watch(struct ww_agent *a)
{
    if (!ww_nft_watch_retry(a->nft_watch))
        return;
    a->resync = true;
    ww_reconcile(a);
}

static const ww_timer_fn on_timer[WW_TIMERS] = {
    [WW_TIMER_SOURCE] = on_source,
    [WW_TIMER_CT_SCAN] = on_ct_scan,
    [WW_TIMER_PORT_BINDINGS] = on_port_bindings,
    [WW_TIMER_WAITS] = ww_waits_look,
    [WW_TIMER_RETRY] = ww_reconcile,
    [WW_TIMER_FAULTS] = ww_reconcile_retry_faults,
    [WW_TIMER_REPAIR] = ww_repair,
    [WW_TIMER_WATCH] = on_watch,
    [WW_TIMER_GUARD_LEASE] = on_guard_lease,
    [WW_TIMER_DOCKER_USER] = ww_docker_user_turn,
    [WW_TIMER_READER] = ww_reader_watch_look,
    [WW_TIMER_WATCHDOG] = ww_manager_alive,
};

/* --- What there is to be read. --- */

static void on_ports(uv_poll_t *poll, int status, int events)
{
    const struct ww_loop *loop = poll->data;
    (void)events;
    ww_port_bindings_look(loop->agent);
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
    struct ww_agent *a = loop->agent;
    ww_reader_watch_begin(a);
    watch_fd(loop, &loop->drop_poll, ww_kernel_drop_fd(a->kernel), on_drops);
    watch_fd(loop, &loop->port_poll, a->ports ? ww_ports_fd(a->ports) : -1, on_ports);
}

static void reload(struct ww_agent *a)
{
    ww_manager_reloading(a);
    ww_serving_open(a);
    ww_site_reload(a);
    ww_log(a->log, WW_INFO, "asking the engine for everything again", WW_EVENT("reload"));
    ww_source_resync(a->source);
}

static void on_wake(uv_async_t *handle)
{
    struct ww_loop *loop = handle->data;
    struct ww_agent *a = loop->agent;
    if (atomic_exchange(&loop->reload, false))
        reload(a);
    if (!atomic_exchange(&loop->stop, false))
        return;
    ww_report_stop(a);
    a->stopped = true;
    uv_stop(&loop->uv);
}

void ww_loop_stop(struct ww_loop *loop)
{
    atomic_store(&loop->stop, true);
    uv_async_send(&loop->wake);
}

void ww_loop_wake(struct ww_loop *loop)
{
    uv_async_send(&loop->wake);
}

void ww_loop_reload(struct ww_loop *loop)
{
    atomic_store(&loop->reload, true);
    uv_async_send(&loop->wake);
}

static int loop_open(struct ww_loop *loop, struct ww_error *err)
{
    struct ww_agent *a = loop->agent;
    a->uv = &loop->uv;
    loop->watches = (struct ww_watches){.uv = &loop->uv, .agent = a};
    uv_check_init(&loop->uv, &loop->check);
    loop->check.data = loop;
    uv_check_start(&loop->check, on_check);
    int rc = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (rc < 0)
        return ww_fail(err, rc, "cannot make the loop's own events: %s", uv_strerror(rc));
    loop->wake.data = loop;
    rc = ww_work_new(&loop->uv, &a->work, err);
    if (rc == 0)
        rc = ww_timers_new(&loop->uv, a, on_timer, &a->timers, err);
    return rc < 0 ? rc : ww_nft_watch_new(a, ww_repair_look, &a->nft_watch, err);
}

int ww_loop_new(struct ww_agent *a, struct ww_loop **ret_loop, struct ww_error *err)
{
    struct ww_loop *loop = calloc(1, sizeof(*loop));
    if (!loop || uv_loop_init(&loop->uv) < 0) {
        free(loop);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    loop->agent = a;
    int rc = loop_open(loop, err);
    if (rc < 0)
        ww_loop_free(loop);
    else
        *ret_loop = loop;
    return rc;
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
    struct ww_agent *a = loop->agent;
    ww_work_stop(a->work);
    ww_watches_stop(&loop->watches);
    ww_reader_watch_end(a);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    ww_work_free(a->work);
    ww_timers_free(a->timers);
    ww_nft_watch_free(a->nft_watch);
    a->work = NULL;
    a->timers = NULL;
    a->nft_watch = NULL;
    a->uv = NULL;
    free(loop);
}

static int failure_of(const struct ww_loop *loop, struct ww_error *err)
{
    const struct ww_error *failure = &loop->agent->reconciling.failure;
    return failure->code ? ww_fail(err, failure->code, "%s", failure->text) : 0;
}

int ww_loop_run(struct ww_loop *loop, struct ww_error *err)
{
    int rc = uv_run(&loop->uv, UV_RUN_DEFAULT);
    (void)rc; /* handles are still open when it is stopped */
    return failure_of(loop, err);
}

int ww_loop_dispatch(struct ww_loop *loop, struct ww_error *err)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    int rc = failure_of(loop, err);
    return rc < 0 ? rc : loop->agent->stopped;
}

int ww_loop_fd(const struct ww_loop *loop)
{
    return uv_backend_fd(&loop->uv);
}

int ww_loop_timeout(struct ww_loop *loop)
{
    uv_update_time(&loop->uv); /* it counts from the last turn */
    return uv_backend_timeout(&loop->uv);
}
