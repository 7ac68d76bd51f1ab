/* Others change the rules where the table cannot be owned: close first, then restore, and say who it was. */
#include "core/agent/internal.h"
#include "core/base/clock.h"

#define AT_ONCE 5     /* restores in a row without a wait */
#define QUIET_MS 1000 /* so long without a change ends a row */
#define WAIT_FIRST_MS 50
#define WAIT_LAST_MS 500
#define EXCUSES 20 /* refusals in a row that may be others' doing */
#define LOOKS 3    /* at changes that were made while we closed */

static void say(struct ww_agent *a, enum ww_level level, const char *msg, const char *error)
{
    const struct ww_restoring *r = &a->restoring;
    ww_log(a->log, level, msg, WW_S("process.name", r->found.process), WW_I("process.pid", r->found.pid),
           WW_S("changed", r->found.lost ? "too much to be told" : r->found.what), WW_I("changes", r->found.changes),
           WW_I("closed_us", r->closed_us), WW_I("restored_us", (ww_clock_mono() - r->since) / 1000),
           WW_S("error", error));
}

/* What was read from the kernel's notifications; false when there is nothing of ours in it. */
static bool look(struct ww_agent *a, struct ww_tampering *found)
{
    struct ww_error err = {0};
    int before = found->changes;
    if (ww_kernel_watch_drain(a->kernel, found, &err) < 0) {
        ww_log(a->log, WW_ERROR, "cannot see what others change in nftables; comparing everything",
               WW_S("error", err.text));
        found->lost = true;
        return true;
    }
    return found->changes > before || found->lost;
}

/* Flows that began while the rules were not in force are not judged again by themselves. */
static void cut_flows(struct ww_agent *a)
{
    if (a->restoring.cut_later)
        ww_cut_all(a, false);
    a->restoring.cut_later = false;
}

static void note_closed(struct ww_restoring *r)
{
    if (r->closed_us < 0)
        r->closed_us = (ww_clock_mono() - r->since) / 1000;
}

void ww_restore_shut(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->restoring.pending || ww_kernel_shut(a->kernel, &err) <= 0)
        return;
    a->restoring.shut = true;
    note_closed(&a->restoring);
}

/*
 * Where it is shut flows are cut before any of them can go on. That may take as long as containers like, so another
 * thread does it, and the way goes on from here when it is over.
 */
static bool must_cut_first(struct ww_agent *a)
{
    struct ww_restoring *r = &a->restoring;
    if (r->shut)
        cut_flows(a);
    r->cutting = r->shut && ww_looks_cut_all(a);
    return r->cutting;
}

void ww_restore_looked(struct ww_agent *a)
{
    if (a->restoring.cutting && !ww_looks_cut_all(a))
        ww_restore(a);
}

bool ww_restore_keeps_shut(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->restoring.cutting)
        return false;
    if (ww_kernel_shut_more(a->kernel, a->desired, a->fences, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot shut who has come while another program's changes are undone",
               WW_S("error", err.text));
    return true;
}

static void close_first(struct ww_agent *a)
{
    struct ww_restoring *r = &a->restoring;
    struct ww_error err = {0};
    r->closed = ww_kernel_close_tampered(a->kernel, &err) == 0;
    if (r->closed) {
        note_closed(r);
        r->shut = false;
    } else
        ww_restore_shut(a); /* until the table was read */
}

static int64_t wait_ms(struct ww_restoring *r, int64_t now)
{
    if (now - r->last > QUIET_MS * WW_NS_PER_MS)
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
static void add(struct ww_restoring *r, const struct ww_tampering *found, int64_t now)
{
    struct ww_tampering sum = *found;
    if (r->pending) {
        sum.changes += r->found.changes;
        sum.lost = sum.lost || r->found.lost;
    } else {
        r->since = now;
        r->closed_us = -1;
    }
    r->found = sum;
    r->pending = r->cut_later = true;
}

/* One change is undone step by step, and allowed flows hardly notice. With more of them all is shut until its turn. */
void ww_restore_look(struct ww_agent *a)
{
    struct ww_restoring *r = &a->restoring;
    struct ww_tampering found = {0};
    int64_t now = ww_clock_mono();
    bool first = !r->pending;
    if (a->cleared)
        return;
    if (!look(a, &found)) {
        if (found.elsewhere && a->faults.by_id)
            ww_reconcile_retry_faults(a);
        return;
    }
    add(r, &found, now);
    r->closed = false;
    a->whole = true;
    int64_t wait = first ? wait_ms(r, now) : -1;
    if (wait != 0 || found.gone || found.lost)
        ww_restore_shut(a);
    if (wait > 0)
        ww_loop_restore(a->loop, wait);
    else if (wait == 0)
        ww_restore(a);
}

/* Undo everything that was noticed; what others do at the same time comes in between. False: it has to wait. */
static bool close_all(struct ww_agent *a)
{
    struct ww_restoring *r = &a->restoring;
    for (int i = 0; i < LOOKS; i++) {
        struct ww_tampering found = {0};
        if (must_cut_first(a))
            return false;
        close_first(a);
        if (must_cut_first(a))
            return false;
        cut_flows(a);
        if (!r->closed || !look(a, &found))
            return true;
        add(r, &found, r->since);
        r->closed = false;
        ww_restore_shut(a);
    }
    return !must_cut_first(a);
}

/* Before the engine's first list only the database knows the rules; without them it stays closed. */
static void restore_from_store(struct ww_agent *a)
{
    struct ww_error err = {0};
    int rc = a->restoring.closed ? 0 : ww_kernel_adopt(a->kernel, NULL, &err);
    a->restoring.closed = false;
    if (rc == 0 && ww_plan_count(a->applied))
        rc = ww_boot(a, &err);
    if (rc == 0)
        ww_restore_done(a);
    else
        say(a, WW_ERROR, "another program changed the rules, and they cannot be restored; waiting for the engine",
            err.text);
}

void ww_restore(struct ww_agent *a)
{
    if (a->cleared)
        return;
    if (!a->restoring.pending) {
        if (a->faults.by_id)
            ww_reconcile_retry_faults(a);
        return;
    }
    if (!close_all(a))
        return;
    if (ww_source_generation(a->source))
        ww_reconcile(a); /* tries again by itself, and calls ww_restore_done */
    else
        restore_from_store(a);
}

/* While others change the table a refusal says little: unless what it needs is missing, nobody is blamed at once. */
bool ww_restore_excuses(struct ww_agent *a, const char *id)
{
    struct ww_error err = {0};
    const struct ww_ruleset *rs = ww_plan_get(a->desired, id);
    if (!a->restoring.pending || a->restoring.excused >= EXCUSES || !rs || ww_kernel_check(a->kernel, rs, &err) < 0)
        return false;
    a->restoring.excused++;
    return true;
}

void ww_restore_done(struct ww_agent *a)
{
    if (!a->restoring.pending)
        return;
    a->restoring.pending = a->restoring.shut = false;
    a->restoring.excused = 0;
    a->restoring.last = ww_clock_mono();
    note_closed(&a->restoring);
    cut_flows(a);
    say(a, WW_WARN, "another program changed the rules; they are restored", NULL);
    if (a->faults.by_id)
        ww_loop_restore(a->loop, QUIET_MS); /* they may have been blamed for it */
}

void ww_restore_follow(struct ww_agent *a)
{
    ww_loop_watch_kernel(a->loop, a->faults.by_id || !ww_kernel_owns_table(a->kernel));
    ww_loop_retry_faults(a->loop, a->faults.by_id || a->troubled.ids);
}
