/* Other programs change the rules where the table cannot be owned: close first, then repair, and say which program it
 * was. */
#include "core/agent/repair.h"

#include "core/agent/agent_internal.h"
#include "core/agent/boot.h"
#include "core/agent/ct_scans.h"
#include "core/agent/reconcile.h"
#include "core/agent/repair_state.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define AT_ONCE 5 /* repairs in a row without a wait */
#define WAIT_FIRST_MS 50
#define WAIT_LAST_MS 500
#define LOOKS 3 /* at changes that were made while we closed */

/* What was read from the kernel's notifications; false when there is nothing of ours in it. */
static bool read_changes(struct ww_agent *a, struct ww_external_change *found)
{
    struct ww_error err = {0};
    int before = found->changes;
    if (ww_kernel_watch_drain(a->kernel, found, &err) < 0) {
        ww_log(a->log, WW_ERROR, "cannot see what other programs change in nftables; comparing everything",
               WW_S("error", err.text));
        found->lost = true;
        return true;
    }
    return found->changes > before || found->lost;
}

/*
 * In lockdown flows are removed before any of them can go on. That may take as long as containers like, so another
 * thread does it, and the way goes on from here when it is over.
 */
static bool must_remove_first(struct ww_agent *a)
{
    struct ww_repair_state *r = &a->repair;
    if (r->lockdown)
        ww_repair_state_remove_flows(a);
    r->removing = r->lockdown && ww_ct_scans_all_pending(a);
    return r->removing;
}

void ww_repair_scanned(struct ww_agent *a)
{
    if (a->repair.removing && !ww_ct_scans_all_pending(a))
        ww_repair(a);
}

static void close_first(struct ww_agent *a)
{
    struct ww_repair_state *r = &a->repair;
    struct ww_error err = {0};
    r->closed = ww_kernel_close_touched(a->kernel, &err) == 0;
    if (r->closed) {
        ww_repair_state_note_closed(r);
        r->lockdown = false;
    } else
        ww_repair_state_lockdown(a); /* until the table was read */
}

static int64_t wait_ms(struct ww_repair_state *r, int64_t now)
{
    if (now - r->last > WW_REPAIR_QUIET_MS * WW_NS_PER_MS)
        r->in_row = 0;
    r->last = now;
    if (r->in_row++ < AT_ONCE)
        return 0;
    int64_t wait = WAIT_FIRST_MS;
    for (unsigned i = AT_ONCE + 1; i < r->in_row && wait < WAIT_LAST_MS; i++)
        wait *= 2;
    return wait < WAIT_LAST_MS ? wait : WAIT_LAST_MS;
}

/* Something was changed: note it until it is undone. */
static void note_change(struct ww_repair_state *r, const struct ww_external_change *found, int64_t now)
{
    struct ww_external_change sum = *found;
    if (r->pending) {
        sum.changes += r->found.changes;
        sum.lost = sum.lost || r->found.lost;
    } else {
        r->since = now;
        r->closed_us = -1;
    }
    r->found = sum;
    r->pending = r->remove_later = true;
}

/* One change is undone step by step, and allowed flows hardly notice. With more of them there is a lockdown until its
 * turn. */
void ww_repair_look(struct ww_agent *a)
{
    struct ww_repair_state *r = &a->repair;
    struct ww_external_change found = {0};
    int64_t now = ww_clock_mono();
    bool first = !r->pending;
    if (a->cleared)
        return;
    if (!read_changes(a, &found)) {
        if (found.elsewhere && a->faults.by_id)
            ww_reconcile_retry_faults(a);
        return;
    }
    note_change(r, &found, now);
    r->closed = false;
    a->resync = true;
    int64_t wait = first ? wait_ms(r, now) : -1;
    if (wait != 0 || found.gone || found.lost)
        ww_repair_state_lockdown(a);
    if (wait > 0)
        ww_timers_set(a->timers, WW_TIMER_REPAIR, wait);
    else if (wait == 0)
        ww_repair(a);
}

/* Undo everything that was noticed; what other programs do at the same time comes in between. False: it has to wait. */
static bool close_all(struct ww_agent *a)
{
    struct ww_repair_state *r = &a->repair;
    for (int i = 0; i < LOOKS; i++) {
        struct ww_external_change found = {0};
        if (must_remove_first(a))
            return false;
        close_first(a);
        if (must_remove_first(a))
            return false;
        ww_repair_state_remove_flows(a);
        if (!r->closed || !read_changes(a, &found))
            return true;
        note_change(r, &found, r->since);
        r->closed = false;
        ww_repair_state_lockdown(a);
    }
    return !must_remove_first(a);
}

/* Before the engine's first list only the database knows the rules; without them it stays closed. */
static void repair_from_store(struct ww_agent *a)
{
    struct ww_error err = {0};
    int rc = a->repair.closed ? 0 : ww_kernel_adopt(a->kernel, NULL, &err);
    a->repair.closed = false;
    if (rc == 0 && ww_plan_count(a->applied))
        rc = ww_boot(a, &err);
    if (rc == 0)
        ww_repair_state_done(a);
    else
        ww_repair_state_say(a, WW_ERROR,
                            "another program changed the rules, and they cannot be restored; waiting for the engine",
                            err.text);
}

void ww_repair(struct ww_agent *a)
{
    if (a->cleared)
        return;
    if (!a->repair.pending) {
        if (a->faults.by_id)
            ww_reconcile_retry_faults(a);
        return;
    }
    if (!close_all(a))
        return;
    if (ww_source_generation(a->source))
        ww_reconcile(a); /* tries again by itself, and calls ww_repair_state_done */
    else
        repair_from_store(a);
}
