#include "core/agent/repair_state.h"

#include "core/agent/agent_internal.h"
#include "core/agent/ct_scans.h"
#include "core/agent/idset.h"
#include "core/agent/nft_watch.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define EXCUSES 20      /* refusals in a row that may be other programs' doing */
#define FAULTS_MS 30000 /* between tries with what was refused */

void ww_repair_state_say(struct ww_agent *a, enum ww_level level, const char *msg, const char *error)
{
    const struct ww_repair_state *r = &a->repair;
    ww_log(a->log, level, msg, WW_EVENT("repair"), WW_S("process.name", r->found.process),
           WW_I("process.pid", r->found.pid), WW_S("changed", r->found.lost ? "too much to be told" : r->found.what),
           WW_I("changes", r->found.changes), WW_I("closed_us", r->closed_us),
           WW_I("restored_us", (ww_clock_mono() - r->since) / 1000), WW_S("error", error));
}

void ww_repair_state_remove_flows(struct ww_agent *a)
{
    if (a->repair.remove_later)
        ww_ct_scans_add_all(a, false);
    a->repair.remove_later = false;
}

void ww_repair_state_note_closed(struct ww_repair_state *r)
{
    if (r->closed_us < 0)
        r->closed_us = (ww_clock_mono() - r->since) / 1000;
}

void ww_repair_state_lockdown(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->repair.pending || ww_kernel_lockdown(a->kernel, &err) <= 0)
        return;
    a->repair.lockdown = true;
    ww_repair_state_note_closed(&a->repair);
}

bool ww_repair_state_keeps_lockdown(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->repair.removing)
        return false;
    if (ww_kernel_lockdown_more(a->kernel, a->desired, a->fences, &err) < 0)
        ww_log(a->log, WW_ERROR,
               "cannot include new containers in the lockdown while another program's changes are undone",
               WW_S("error", err.text));
    return true;
}

bool ww_repair_state_excuses(struct ww_agent *a, const char *id)
{
    struct ww_error err = {0};
    const struct ww_ruleset *rs = ww_plan_get(a->desired, id);
    if (!a->repair.pending || a->repair.excused >= EXCUSES || !rs || ww_kernel_check(a->kernel, rs, &err) < 0)
        return false;
    a->repair.excused++;
    return true;
}

void ww_repair_state_done(struct ww_agent *a)
{
    if (!a->repair.pending)
        return;
    a->counts.repairs_table++;
    a->repair.pending = a->repair.lockdown = false;
    a->repair.excused = 0;
    a->repair.last = ww_clock_mono();
    ww_repair_state_note_closed(&a->repair);
    ww_repair_state_remove_flows(a);
    ww_repair_state_say(a, WW_WARN, "another program changed the rules; they are restored", NULL);
    if (a->faults.by_id)
        ww_timers_set(a->timers, WW_TIMER_REPAIR, WW_REPAIR_QUIET_MS); /* they may have been blamed for it */
}

void ww_repair_state_follow(struct ww_agent *a)
{
    ww_nft_watch_set(a->nft_watch, a->faults.by_id || !ww_kernel_owns_table(a->kernel));
    if (a->faults.by_id || ww_idset_count(&a->troubled))
        ww_timers_repeat(a->timers, WW_TIMER_FAULTS, FAULTS_MS);
    else
        ww_timers_stop(a->timers, WW_TIMER_FAULTS);
}
