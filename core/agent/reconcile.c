/* The way of the data, arrow by arrow: read ww_reconcile() at the end first. */
#include "core/agent/reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/assemble.h"
#include "core/agent/commit_latency.h"
#include "core/agent/ct_scans.h"
#include "core/agent/defer.h"
#include "core/agent/derive.h"
#include "core/agent/faults.h"
#include "core/agent/fencing.h"
#include "core/agent/guard.h"
#include "core/agent/idset.h"
#include "core/agent/manager.h"
#include "core/agent/order.h"
#include "core/agent/repair_state.h"
#include "core/agent/report.h"
#include "core/agent/resolver.h"
#include "core/agent/start_latency.h"
#include "core/agent/step.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

/* A transaction that the kernel refuses is tried again without the one at fault: at most this often in one go. */
#define REFUSALS_MAX 1000
#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS 5000
#define BACKOFF_PENDING_MS 500 /* in lockdown */

static void log_failure(struct ww_agent *a, const char *msg, const struct ww_error *err)
{
    ww_log(a->log, WW_ERROR, msg, WW_S("error", err->text));
}

static void ids_free(char **ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
    free(ids);
}

/* What the world says has changed. */
struct changed {
    char **ids;
    size_t n;
    int64_t since;
};

/* The loop ends, and the call that runs it fails with the first reason. */
static void give_up(struct ww_agent *a, const struct ww_error *why)
{
    if (!a->reconciling.failure.code)
        a->reconciling.failure = *why;
    a->stopped = true;
    uv_stop(a->uv);
}

/* world → facts → policy → compiled, for each container that changed. What fails for want of memory stays dirty. */
static void derive_dirty(struct ww_agent *a, struct changed *changed)
{
    struct ww_error err = {0};
    *changed = (struct changed){0};
    if (ww_world_take_dirty(a->world, &changed->ids, &changed->n, &changed->since, &err) < 0) {
        log_failure(a, "cannot see what changed; trying again", &err);
        ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
        return;
    }
    if (!changed->n)
        changed->since = ww_clock_mono();
    ww_order_by_label(a->world, changed->ids, changed->n); /* a reader is shared by those with one label */
    for (size_t i = 0; i < changed->n; i++) {
        ww_manager_alive(a);
        ww_report_container_strays(a, changed->ids[i]);
        int rc = ww_derive(a, changed->ids[i], &err);
        if (rc == 0 && ww_guard_container(a, changed->ids[i], &err) == 0)
            continue;
        if (rc == -EPIPE) /* no label can be read any more: a new program can */
            give_up(a, &err);
        ww_log(a->log, WW_ERROR, "cannot translate a container's labels; trying again", WW_ID(changed->ids[i]),
               WW_S("error", err.text));
        ww_world_mark_dirty(a->world, changed->ids[i]);
        ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
    }
}

/* After the commit: a container that starts must not wait for the disk. */
static void remember_world(struct ww_agent *a, struct changed *changed)
{
    struct ww_error err = {0};
    const char *const *ids = (const char *const *)changed->ids;
    if (changed->n)
        ww_report_store(a, ww_store_save_world(a->store, a->world, ids, changed->n, &err), &err);
    ids_free(changed->ids, changed->n);
}

static void remember_compiled(struct ww_agent *a)
{
    struct ww_error err = {0};
    ww_report_store(a, ww_store_cache_save(a->store, &err), &err);
}

/* compiled → sealed rulesets in the desired plan. */
static void assemble_pending(struct ww_agent *a)
{
    struct ww_error err = {0};
    size_t n = ww_idset_count(&a->pending);
    const char **heads = ww_idset_array(&a->pending);
    if (n && !heads) {
        ww_fail(&err, -ENOMEM, "out of memory");
        log_failure(a, "cannot put the containers' rules together; trying again", &err);
        ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int rc = ww_assemble(a, heads[i], &err);
        if (rc == 0)
            rc = ww_idset_add(&a->unapplied, heads[i], &err);
        if (rc == 0)
            continue;
        ww_log(a->log, WW_ERROR, "cannot put a container's rules together; trying again", WW_ID(heads[i]),
               WW_S("error", err.text));
        ww_world_mark_dirty(a->world, heads[i]);
        ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
    }
    free(heads);
    ww_idset_done(&a->pending);
}

/* One container's rules are refused: it alone is closed, the rest go on. */
static int quarantine_refused(struct ww_agent *a, const struct ww_refusal *refusal, struct ww_error *err)
{
    ww_report_kernel_fault(a, refusal->id, refusal->origin, err->text);
    int rc = ww_faults_set(&a->faults, refusal->id, err->text, err);
    if (rc == 0)
        rc = ww_assemble(a, refusal->id, err);
    if (rc == 0)
        rc = ww_idset_add(&a->unapplied, refusal->id, err);
    if (rc < 0)
        ww_faults_remove(&a->faults, refusal->id); /* it is not closed yet: blame it again at the next try */
    return rc;
}

/* desired − applied, all of it: the kernel's content is not known. */
static int make_resync_step(struct ww_agent *a, struct ww_step *step, struct ww_error *err)
{
    int rc = ww_plan_diff(a->applied, a->desired, NULL, 0, &step->rules, err);
    return rc < 0 ? rc : ww_fences_diff(a->fences_applied, a->fences, NULL, 0, &step->fences, err);
}

/* The same among what may differ. Without memory for that list: among all. */
static int make_delta_step(struct ww_agent *a, struct ww_step *step, struct ww_error *err)
{
    ww_auto_free const char **containers = ww_idset_array(&a->unapplied);
    ww_auto_free const char **networks = ww_idset_array(&a->unfenced);
    int rc = 0;
    if (a->unapplied.ids)
        rc = ww_plan_diff(a->applied, a->desired, containers, ww_idset_count(&a->unapplied), &step->rules, err);
    if (rc == 0 && a->unfenced.ids)
        rc = ww_fences_diff(a->fences_applied, a->fences, networks, ww_idset_count(&a->unfenced), &step->fences, err);
    return rc;
}

static int make_step(struct ww_agent *a, struct ww_step *ret_step, struct ww_error *err)
{
    struct ww_step step = {0};
    int rc = a->resync ? make_resync_step(a, &step, err) : make_delta_step(a, &step, err);
    if (rc < 0)
        ww_step_done(&step);
    else
        *ret_step = step;
    return rc;
}

static int commit_once(struct ww_agent *a, struct ww_step *ret_step, struct ww_refusal *refusal, struct ww_error *err)
{
    int rc = make_step(a, ret_step, err);
    if (rc < 0)
        return rc;
    rc = ww_defer(a, ret_step, err);
    if (rc == 0 && a->resync && !a->repair.closed)
        rc = ww_kernel_adopt(a->kernel, NULL, err);
    if (rc == 0 && a->resync)
        rc = ww_defer_apply_all(a, ret_step, refusal, err);
    else if (rc == 0 && (ret_step->rules.n || ret_step->fences.n))
        rc = ww_kernel_apply(a->kernel, &ret_step->rules, &ret_step->fences, refusal, err);
    if (rc < 0)
        ww_step_done(ret_step);
    return rc;
}

/*
 * A transaction failed: is there anything to be done about it at once? No ruleset is blamed before the table was read
 * again, for another program may have changed it. known: it was.
 */
static bool may_mend(struct ww_agent *a, bool known, const struct ww_refusal *refusal, struct ww_error *err)
{
    if (!known) {
        ww_log(a->log, WW_WARN, "the kernel refuses a change; reading the table again", WW_S("error", err->text));
        return true;
    }
    if (refusal->id && ww_repair_state_excuses(a, refusal->id))
        return false; /* later: a loop that is busy here cannot see what other programs do */
    return refusal->id && ww_plan_get(a->desired, refusal->id) && !ww_faults_get(&a->faults, refusal->id) &&
           quarantine_refused(a, refusal, err) == 0;
}

/* step → one netlink transaction → ack. */
static int commit(struct ww_agent *a, struct ww_step *ret_step, struct ww_error *err)
{
    for (int tries = 0; tries < REFUSALS_MAX; tries++) {
        struct ww_refusal refusal = {0};
        bool known = a->resync && !a->repair.closed;
        int rc = commit_once(a, ret_step, &refusal, err);
        a->repair.closed = false;
        a->resync = a->resync || rc < 0;
        bool again = rc < 0 && may_mend(a, known, &refusal, err);
        ww_refusal_done(&refusal);
        if (!again)
            return rc;
    }
    return ww_fail(err, -ELOOP, "the kernel refused %d transactions in a row", REFUSALS_MAX);
}

/* Nothing was changed, the old rules are in force. The next try compares everything. */
static void commit_failed(struct ww_agent *a, const struct ww_error *err)
{
    int64_t wait = BACKOFF_FIRST_MS;
    ww_repair_state_lockdown(a);
    for (unsigned i = 0; i < a->reconciling.failures && wait < BACKOFF_LAST_MS; i++)
        wait *= 2;
    const int64_t last = a->repair.pending ? BACKOFF_PENDING_MS : BACKOFF_LAST_MS;
    if (wait > last)
        wait = last;
    if (a->reconciling.failures++ == 0)
        log_failure(a, "cannot change the kernel's rules; the former rules stay in force, trying again", err);
    ww_timers_set(a->timers, WW_TIMER_RETRY, wait);
}

static void remember(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_error err = {0};
    int rc = ww_store_save_diff(a->store, &step->rules, &err);
    if (rc == 0)
        rc = ww_store_save_fences(a->store, &step->fences, &err);
    if (rc == 0)
        rc = ww_store_set_last_event(a->store, ww_source_last_event(a->source), &err);
    ww_report_store(a, rc, &err);
}

/* The kernel has acknowledged: the values that apply become those that we go on from. */
static void go_on_from(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_error err = {0};
    a->reconciling.failures = 0;
    a->resync = false;
    if (!a->deferred.ids)
        ww_idset_done(&a->unfenced);
    ww_idset_done(&a->unapplied);
    for (const struct ww_id *i = a->deferred.ids; i; i = i->hh.next)
        a->resync = ww_idset_add(&a->unapplied, i->id, &err) < 0 || a->resync;
    if (!a->resync && ww_plan_apply(a->applied, &step->rules, &err) == 0 &&
        ww_fences_apply(a->fences_applied, &step->fences, &err) == 0)
        return;
    log_failure(a, "out of memory after a commit; comparing everything", &err);
    a->resync = true;
    ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
}

static void committed(struct ww_agent *a, struct ww_step *step, int64_t since)
{
    ww_commit_latency_done(a, step, since);
    if (a->reconciling.failures)
        ww_log(a->log, WW_INFO, "the kernel's rules can be changed again");
    bool first = !a->ready;
    go_on_from(a, step);
    ww_start_latency_committed(a, &step->rules);
    ww_report_commit(a, step, since);
    ww_report_faults_over(a);
    ww_resolver_follow(a);
    ww_repair_state_done(a);
    if (!first && !step->rules.n && !step->fences.n) {
        ww_step_done(step);
        return;
    }
    if (!first)
        ww_guard_forget_neighbours(a, &step->fences);
    ww_guard_bridge_groups(a, first ? NULL : &step->fences);
    bool scanned = ww_ct_scans_add(a, step) == 0; /* which begins now, before the disk is waited for */
    if (first) /* a run that was killed before its scan was over had remembered the step already */
        ww_ct_scans_add_all(a, true);
    remember(a, step);
    if (!scanned)
        ww_step_done(step);
}

/* desired → kernel → applied. */
static void move_kernel(struct ww_agent *a, int64_t since)
{
    struct ww_step step = {0};
    struct ww_error err = {0};
    if (commit(a, &step, &err) < 0) {
        ww_commit_latency_failed(a, since);
        commit_failed(a, &err);
        return;
    }
    committed(a, &step, since);
    ww_repair_state_follow(a);
}

static int mark_pending(struct ww_ruleset *rs, void *arg)
{
    struct ww_agent *a = arg;
    return ww_idset_add(&a->pending, rs->id, NULL);
}

static int mark_fence(struct ww_fence *f, void *arg)
{
    struct ww_agent *a = arg;
    return ww_world_mark_network_dirty(a->world, f->id);
}

/* What was remembered may be gone by now. */
static int mark_remembered(struct ww_agent *a)
{
    int rc = ww_plan_each(a->desired, mark_pending, a);
    return rc < 0 ? rc : ww_fences_each(a->fences, mark_fence, a);
}

/* The containers whose labels could not be read, for something happened to the process that was to read them. */
static void mark_troubled(struct ww_agent *a)
{
    for (const struct ww_id *i = a->troubled.ids; i; i = i->hh.next)
        ww_world_mark_dirty(a->world, i->id);
}

void ww_reconcile(struct ww_agent *a)
{
    uint64_t generation = ww_source_generation(a->source);
    if (a->cleared)
        return;
    if (generation == 0) /* half a world would close what the last one allowed */
        return;
    if (generation != a->reconciling.listed) { /* a full list is held against the whole table */
        a->resync = true;
        mark_troubled(a);
    }
    a->reconciling.listed = generation;
    a->counts.reconciliations++;
    if (!a->ready && mark_remembered(a) < 0) {
        ww_timers_set(a->timers, WW_TIMER_RETRY, BACKOFF_FIRST_MS);
        return;
    }
    struct changed changed;
    derive_dirty(a, &changed);
    assemble_pending(a);
    ww_fencing_follow(a);
    if ((a->resync || a->unapplied.ids || a->unfenced.ids) && !ww_repair_state_keeps_lockdown(a))
        move_kernel(a, changed.since);
    if (a->policy.ops->prepare)
        a->policy.ops->prepare(a->policy.self);
    remember_world(a, &changed);
    remember_compiled(a);
}

void ww_reconcile_last(struct ww_agent *a)
{
    if (!a->deferred.ids || a->cleared)
        return;
    ww_ct_scans_finish(a); /* after which no container has to wait */
    ww_reconcile(a);
}

void ww_reconcile_retry_faults(struct ww_agent *a)
{
    struct ww_error err = {0};
    const struct ww_fault *fault;
    for (fault = a->faults.by_id; fault; fault = fault->hh.next) {
        if (ww_idset_add(&a->pending, fault->id, &err) < 0)
            return;
    }
    ww_faults_done(&a->faults);
    mark_troubled(a);
    ww_reconcile(a);
}
