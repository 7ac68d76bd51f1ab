#include "core/agent/restoring.h"

#include "core/agent/agent_internal.h"
#include "core/agent/ct_scans.h"
#include "core/agent/idset.h"
#include "core/agent/nft_watch.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define EXCUSES 20      /* refusals in a row that may be others' doing */
#define FAULTS_MS 30000 /* between tries with what was refused */

void ww_restoring_say(struct ww_agent *a, enum ww_level level, const char *msg, const char *error)
{
    const struct ww_restoring *r = &a->restoring;
    ww_log(a->log, level, msg, WW_S("process.name", r->found.process), WW_I("process.pid", r->found.pid),
           WW_S("changed", r->found.lost ? "too much to be told" : r->found.what), WW_I("changes", r->found.changes),
           WW_I("closed_us", r->closed_us), WW_I("restored_us", (ww_clock_mono() - r->since) / 1000),
           WW_S("error", error));
}

void ww_restoring_remove_flows(struct ww_agent *a)
{
    if (a->restoring.remove_later)
        ww_ct_scans_add_all(a, false);
    a->restoring.remove_later = false;
}

void ww_restoring_note_closed(struct ww_restoring *r)
{
    if (r->closed_us < 0)
        r->closed_us = (ww_clock_mono() - r->since) / 1000;
}

void ww_restoring_shut(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->restoring.pending || ww_kernel_shut(a->kernel, &err) <= 0)
        return;
    a->restoring.shut = true;
    ww_restoring_note_closed(&a->restoring);
}

bool ww_restoring_keeps_shut(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->restoring.removing)
        return false;
    if (ww_kernel_shut_more(a->kernel, a->desired, a->fences, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot shut who has come while another program's changes are undone",
               WW_S("error", err.text));
    return true;
}

bool ww_restoring_excuses(struct ww_agent *a, const char *id)
{
    struct ww_error err = {0};
    const struct ww_ruleset *rs = ww_plan_get(a->desired, id);
    if (!a->restoring.pending || a->restoring.excused >= EXCUSES || !rs || ww_kernel_check(a->kernel, rs, &err) < 0)
        return false;
    a->restoring.excused++;
    return true;
}

void ww_restoring_done(struct ww_agent *a)
{
    if (!a->restoring.pending)
        return;
    a->restoring.pending = a->restoring.shut = false;
    a->restoring.excused = 0;
    a->restoring.last = ww_clock_mono();
    ww_restoring_note_closed(&a->restoring);
    ww_restoring_remove_flows(a);
    ww_restoring_say(a, WW_WARN, "another program changed the rules; they are restored", NULL);
    if (a->faults.by_id)
        ww_timers_set(a->timers, WW_TIMER_RESTORE, WW_RESTORING_QUIET_MS); /* they may have been blamed for it */
}

void ww_restoring_follow(struct ww_agent *a)
{
    ww_nft_watch_set(a->nft_watch, a->faults.by_id || !ww_kernel_owns_table(a->kernel));
    if (a->faults.by_id || ww_idset_count(&a->troubled))
        ww_timers_repeat(a->timers, WW_TIMER_FAULTS, FAULTS_MS);
    else
        ww_timers_stop(a->timers, WW_TIMER_FAULTS);
}
