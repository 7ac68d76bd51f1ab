#include "core/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/agent/agent_internal.h"
#include "core/agent/boot.h"
#include "core/agent/ct_scans.h"
#include "core/agent/data_dir.h"
#include "core/agent/docker_user.h"
#include "core/agent/drops.h"
#include "core/agent/events.h"
#include "core/agent/faults.h"
#include "core/agent/guard_lease.h"
#include "core/agent/idset.h"
#include "core/agent/lock.h"
#include "core/agent/loop.h"
#include "core/agent/managed_container.h"
#include "core/agent/manager.h"
#include "core/agent/nft_watch.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_bindings.h"
#include "core/agent/reconcile.h"
#include "core/agent/repair_state.h"
#include "core/agent/report.h"
#include "core/agent/scrape.h"
#include "core/agent/serve.h"
#include "core/agent/site.h"
#include "core/agent/site_watch.h"
#include "core/agent/start_latency.h"
#include "core/base/clock.h"

/* Open the database, and load the rules that were applied last. */
static int agent_open_store(struct ww_agent *a, const char *dir, struct ww_error *err)
{
    struct ww_error trouble = {0};
    int rc = ww_store_open(dir, &a->store, &trouble);
    if (rc < 0)
        return ww_fail(err, rc, "%s", trouble.text);
    if (trouble.code) {
        ww_log(a->log, WW_ERROR, "the database is in trouble; enforcement goes on", WW_S("error", trouble.text));
        a->counts.database_errors++;
        a->said.store_lost = !ww_store_is_durable(a->store);
        snprintf(a->said.store_trouble, sizeof(a->said.store_trouble), "%s", trouble.text);
    }
    size_t bad = 0;
    int n = ww_store_load_plan(a->store, a->applied, &bad, &trouble);
    if (n < 0)
        ww_report_store(a, n, &trouble);
    if (bad)
        ww_log(a->log, WW_ERROR, "some remembered rules cannot be read; they are made anew from the labels",
               WW_I("rulesets", (int64_t)bad));
    n = a->guard.mode == WW_GUARD_OFF ? 0 : ww_store_load_fences(a->store, a->fences, &bad, &trouble);
    if (n < 0)
        ww_report_store(a, n, &trouble);
    return 0;
}

/*
 * What is in force stays in force until the engine's first list: the kernel's own content is newer than the database,
 * where there is any. After a boot there is none, and the last known rules go in. They also take the place of another
 * version's, which cannot be read, but only if there are any.
 */
static int agent_take_over(struct ww_agent *a, struct ww_error *err)
{
    struct ww_kernel_found found = {0};
    ww_kernel_mark_allowed(a->kernel, a->docker_user.wanted);
    ww_kernel_share_table(a->kernel, a->shared_table);
    ww_nft_watch_set(a->nft_watch, true); /* before the table is read: nothing may happen between */
    int rc = a->shared_table ? ww_lock_namespace(a->kernel, &a->locks[1], err) : 0;
    if (rc == 0)
        rc = ww_kernel_adopt(a->kernel, &found, err);
    if (rc == 0 && !a->shared_table && !ww_kernel_owns_table(a->kernel))
        rc = ww_lock_namespace(a->kernel, &a->locks[1], err);
    if (rc < 0)
        return rc;
    ww_repair_state_follow(a);
    ww_port_bindings_open(a);
    ww_loop_watch_news(a->loop);
    ww_docker_user_start(a);
    ww_report_start(a, &found);
    a->resync = true;
    if (found.elements > 0 || (found.other_layout && !ww_plan_count(a->applied) && !ww_fences_count(a->fences)))
        return 0;
    struct ww_error boot_err = {0};
    if (ww_boot(a, &boot_err) < 0)
        ww_log(a->log, WW_ERROR, "the last known rules cannot be put in force; waiting for the engine",
               WW_S("error", boot_err.text));
    else if (ww_plan_count(a->applied) || ww_fences_count(a->fences))
        ww_log(a->log, WW_INFO, "the last known rules are in force",
               WW_I("containers", (int64_t)ww_plan_count(a->applied)),
               WW_I("guarded_networks", (int64_t)ww_fences_count(a->fences)));
    return 0;
}

static int agent_open_source(struct ww_agent *a, const struct ww_source_options *options, struct ww_error *err)
{
    struct ww_source_options source = *options;
    source.since_ns =
        ww_store_last_event(a->store); /* what happened meanwhile; the list after it has all that counts */
    struct ww_source_io io = ww_loop_source_io(a->loop);
    return ww_source_new(&source, &io, a->world, &a->source, err);
}

/* What `status` says, and nothing else needs. */
static int agent_note_begin(struct ww_agent *a, const char *data_dir, struct ww_error *err)
{
    struct utsname name;
    a->began_real = ww_clock_real();
    a->began_mono = ww_clock_mono();
    if (uname(&name) == 0)
        snprintf(a->kernel_release, sizeof(a->kernel_release), "%s", name.release);
    a->data_dir = strdup(data_dir);
    return a->data_dir ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

static int agent_open(struct ww_agent *a, const struct ww_agent_options *options, struct ww_error *err)
{
    a->world = ww_world_new();
    a->desired = ww_plan_new_plain(); /* the simulator asks `applied` */
    a->applied = ww_plan_new();
    a->fences = ww_fences_new();
    a->fences_applied = ww_fences_new();
    if (!a->world || !a->desired || !a->applied || !a->fences || !a->fences_applied)
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_site_open(a);
    int rc = agent_note_begin(a, options->data_dir, err);
    if (rc == 0)
        rc = ww_data_dir_open(options->data_dir, true, err);
    if (rc == 0)
        rc = ww_lock_directory(options->data_dir, true, &a->locks[0], err);
    if (rc == 0)
        rc = ww_loop_new(a, &a->loop, err);
    if (rc == 0)
        rc = ww_kernel_new(&a->kernel, err);
    if (rc == 0)
        rc = ww_drops_open(a, options->kernel_drop_log, err);
    if (rc == 0)
        rc = agent_open_store(a, options->data_dir, err);
    if (rc == 0)
        rc = agent_open_source(a, &options->source, err);
    if (rc == 0 && options->n_watch_paths)
        rc = ww_site_watch_new(a, options->watch_paths, options->n_watch_paths, &a->site.watch, err);
    return rc < 0 ? rc : agent_take_over(a, err);
}

int ww_agent_new(const struct ww_agent_options *options, struct ww_policy policy, struct ww_log *log,
                 struct ww_agent **ret_agent, struct ww_error *err)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    if (!a) {
        policy.ops->free(policy.self);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    a->policy = policy;
    a->log = log;
    a->sees_bridged = ww_kernel_sees_bridged;
    a->trust_image_labels = options->trust_image_labels;
    a->audit = options->audit;
    a->audit_labels = options->audit_labels;
    a->docker_user.wanted = options->docker_user;
    a->shared_table = options->shared_table;
    a->locks[0] = a->locks[1] = -1;
    a->guard.mode = options->guard;
    a->site.load = options->load_policy;
    a->site.load_from = options->load_from;
    a->sandbox = options->sandbox;
    a->go_program.elsewhere = options->go_program;
    a->system_calls = options->system_calls;
    a->metrics_fd = options->metrics_fd;
    a->no_control_socket = options->no_control_socket;
    a->trims = options->trims;
    a->state.fn = options->on_state;
    a->state.arg = options->on_state_arg;
    ww_manager_open(a, &options->notify);
    a->events = ww_events_new();
    int rc = a->events ? 0 : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0) {
        ww_log_observe(log, ww_events_note, a->events);
        rc = agent_open(a, options, err);
    }
    if (rc < 0) {
        ww_agent_free(a);
        return rc;
    }
    *ret_agent = a;
    return 0;
}

void ww_agent_free(struct ww_agent *a)
{
    if (!a)
        return;
    ww_source_free(a->source);
    ww_loop_free(a->loop);
    ww_site_watch_free(a->site.watch);
    ww_serving_free(a->serving);
    ww_scraping_free(a->scraping);
    ww_manager_close(a);
    if (a->metrics_fd)
        close(a->metrics_fd);
    ww_ct_scans_done(a);
    ww_managed_containers_done(&a->managed);
    ww_faults_done(&a->faults);
    ww_said_done(&a->said);
    ww_idset_done(&a->pending);
    ww_idset_done(&a->unapplied);
    ww_idset_done(&a->unfenced);
    ww_idset_done(&a->deferred);
    ww_idset_done(&a->troubled);
    ww_start_latencies_done(&a->start_latencies);
    free(a->data_dir);
    ww_plan_free(a->desired);
    ww_plan_free(a->applied);
    ww_drops_free(a->drops);
    ww_fences_free(a->fences);
    ww_fences_free(a->fences_applied);
    ww_guard_leases_done(&a->guard.leases);
    ww_ports_free(a->ports);
    ww_port_bindings_done(&a->port_binding_faults);
    ww_kernel_free(a->kernel);
    ww_store_close(a->store);
    for (size_t i = 0; i < 2; i++)
        if (a->locks[i] >= 0)
            close(a->locks[i]);
    ww_world_free(a->world);
    a->policy.ops->free(a->policy.self);
    ww_site_close(a);
    ww_log_observe(a->log, NULL, NULL);
    ww_events_free(a->events);
    free(a);
}

static void open_metrics(struct ww_agent *a)
{
    struct ww_error err = {0};
    int fd = a->metrics_fd;
    a->metrics_fd = 0;
    if (fd && ww_scraping_new(a, fd, &a->scraping, &err) < 0)
        ww_log(a->log, WW_ERROR, "no metrics over TCP", WW_S("error", err.text));
}

void ww_agent_start(struct ww_agent *a)
{
    ww_serving_open(a);
    open_metrics(a);
    ww_source_start(a->source);
    ww_manager_ready(a);
}

/* Once. */
static void end_agent(struct ww_agent *a)
{
    if (a->ended)
        return;
    a->ended = true;
    ww_manager_stopping(a);
    ww_reconcile_last(a);
}

int ww_agent_run(struct ww_agent *a, struct ww_error *err)
{
    int rc = ww_loop_run(a->loop, err);
    end_agent(a);
    return rc;
}

int ww_agent_dispatch(struct ww_agent *a, struct ww_error *err)
{
    int rc = a->ended ? 1 : ww_loop_dispatch(a->loop, err);
    if (rc)
        end_agent(a);
    return rc;
}

int ww_agent_fd(const struct ww_agent *a)
{
    return ww_loop_fd(a->loop);
}

int ww_agent_timeout(const struct ww_agent *a)
{
    return ww_loop_timeout(a->loop);
}

void ww_agent_stop(struct ww_agent *a)
{
    ww_loop_stop(a->loop);
}

void ww_agent_reload(struct ww_agent *a)
{
    ww_loop_reload(a->loop);
}

void ww_agent_ask(struct ww_agent *a, const struct ww_request *request, struct ww_answer *answer)
{
    struct ww_control_ops ops = ww_serving_ops(a);
    ww_answer(answer, &ops, request);
    if (a->cleared)
        ww_loop_wake(a->loop);
}
