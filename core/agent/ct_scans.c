#include "core/agent/ct_scans.h"

#include <errno.h>
#include <stdlib.h>

#include "core/agent/agent_internal.h"
#include "core/agent/ct_scan_run.h"
#include "core/agent/step.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define SECOND_SCAN_NS (25 * WW_NS_PER_MS) /* after the commit */
#define TRIES 3                            /* of a scan that fails */
#define AGAIN_NS (100 * WW_NS_PER_MS)      /* after such a one */
#define LONG_NS (100 * WW_NS_PER_MS)       /* so long a scan may keep other scans waiting */
#define MISSED_MS 100                      /* until all flows are looked for */

enum awaited_kind {
    AWAITED_FIRST,  /* a step that was committed */
    AWAITED_SECOND, /* the same, once more */
};

struct ww_awaited {
    enum awaited_kind kind;
    bool all; /* of whatever applies */
    struct ww_step step;
    struct ww_affected closed;        /* no container may get these before it is over */
    int64_t since;                    /* the commit, ww_clock_mono() */
    int64_t due;                      /* the same clock */
    unsigned failures;                /* of scans */
    const struct ww_ct_scan_run *run; /* that is under way for it */
    struct ww_awaited *next;
};

static void awaited_free(struct ww_awaited *w)
{
    ww_step_done(&w->step);
    ww_affected_done(&w->closed);
    free(w);
}

static void begin_scan(struct ww_agent *a);

static void scan_all_later(struct ww_agent *a)
{
    a->ct_scans.missed = true;
    ww_timers_sooner(a->timers, WW_TIMER_CT_SCAN, MISSED_MS);
}

/* Takes over what the new one holds; -ENOMEM: it does not. */
static int add_awaited(struct ww_agent *a, const struct ww_awaited *new)
{
    struct ww_awaited *w = malloc(sizeof(*w));
    struct ww_awaited **at = &a->ct_scans.list;
    if (!w) {
        scan_all_later(a);
        return -ENOMEM;
    }
    *w = *new;
    w->since = ww_clock_mono();
    w->due = w->since + (w->kind == AWAITED_SECOND ? SECOND_SCAN_NS : 0);
    while (*at)
        at = &(*at)->next;
    *at = w;
    begin_scan(a);
    return 0;
}

/* Which addresses the step takes from a container. */
static int init_taken(struct ww_affected *ret_taken, const struct ww_step *step, struct ww_error *err)
{
    struct ww_affected handed = {0};
    int rc = ww_affected_init_left(ret_taken, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = ww_affected_init_handed(&handed, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = ww_affected_add(ret_taken, &handed, err);
    ww_affected_done(&handed);
    return rc;
}

int ww_ct_scans_add(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_awaited w = {.kind = AWAITED_FIRST, .step = *step};
    if (init_taken(&w.closed, step, NULL) < 0)
        scan_all_later(a);
    int rc = add_awaited(a, &w);
    if (rc < 0)
        ww_affected_done(&w.closed);
    return rc;
}

void ww_ct_scans_add_all(struct ww_agent *a, bool late)
{
    struct ww_error err = {0};
    struct ww_awaited w = {.kind = late ? AWAITED_SECOND : AWAITED_FIRST, .all = true};
    if (ww_step_init_all(&w.step, a->applied, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows that began while the rules were not in force",
               WW_S("error", err.text));
    else if (add_awaited(a, &w) < 0)
        ww_step_done(&w.step);
}

bool ww_ct_scans_all_pending(const struct ww_agent *a)
{
    for (const struct ww_awaited *w = a->ct_scans.list; w; w = w->next)
        if (w->all && w->kind == AWAITED_FIRST)
            return true;
    return false;
}

int ww_ct_scans_closed(const struct ww_agent *a, struct ww_affected *affected, struct ww_error *err)
{
    int rc = 0;
    for (const struct ww_awaited *w = a->ct_scans.list; w && rc == 0; w = w->next)
        rc = w->closed.n_addrs ? ww_affected_add(affected, &w->closed, err) : 0;
    return rc;
}

/* --- A scan that is over. --- */

static void say_deleted(struct ww_agent *a, int n, const struct ww_error *err)
{
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows; a withdrawn flow may live on", WW_S("error", err->text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows deleted that are no longer allowed", WW_EVENT("flows"),
               WW_I("flows", n));
}

/* Once more: its scan has failed, and no container gets its addresses meanwhile; or it came too early to be the last.
 */
static bool scan_again(struct ww_awaited *w, const struct ww_ct_scan_run *run)
{
    if (run->result < 0 && ++w->failures < TRIES) {
        w->due = ww_clock_mono() + AGAIN_NS;
        return true;
    }
    if (w->kind == AWAITED_SECOND || run->began >= w->since + SECOND_SCAN_NS)
        return false;
    w->kind = AWAITED_SECOND;
    w->due = w->since + SECOND_SCAN_NS;
    ww_affected_done(&w->closed);
    return true;
}

static void settle_awaited(struct ww_ct_scans *l, const struct ww_ct_scan_run *run)
{
    struct ww_awaited **at = &l->list;
    while (*at) {
        struct ww_awaited *w = *at;
        if (w->run == run) {
            w->run = NULL;
            if (!scan_again(w, run)) {
                *at = w->next;
                awaited_free(w);
                continue;
            }
        }
        at = &w->next;
    }
}

static void end_scan(struct ww_agent *a, struct ww_ct_scan_run *run)
{
    say_deleted(a, run->result, &run->err);
    settle_awaited(&a->ct_scans, run);
    ww_ct_scan_run_end(run);
}

bool ww_ct_scans_end(struct ww_agent *a)
{
    struct ww_ct_scans *l = &a->ct_scans;
    bool any = false;
    if (l->missed && !a->cleared) {
        l->missed = false;
        ww_ct_scans_add_all(a, false);
    }
    for (size_t i = 0; i < WW_CT_SCANS_AT_ONCE; i++) {
        if (l->runs[i].stage != WW_CT_SCAN_OVER)
            continue;
        end_scan(a, &l->runs[i]);
        any = true;
    }
    return any;
}

/* --- The next scan. --- */

static int add_to_scan(struct ww_ct_scan *scan, struct ww_awaited *w, struct ww_error *err)
{
    int rc = ww_ct_scan_add(scan, &w->step.rules, &w->step.fences, err);
    return rc == 0 && w->closed.n_addrs ? ww_ct_scan_add_all(scan, &w->closed, err) : rc;
}

/* When the first of them is due that is not scanned for yet, or 0: there is none. */
static int64_t next_due(const struct ww_ct_scans *l)
{
    int64_t due = 0;
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (!w->run && (!due || w->due < due))
            due = w->due;
    return due;
}

/* When another scan may begin beside those under way; INT64_MAX: when one is over. */
static int64_t next_free(struct ww_ct_scans *l, struct ww_ct_scan_run **ret_run)
{
    int64_t free_at = 0;
    *ret_run = NULL;
    for (size_t i = 0; i < WW_CT_SCANS_AT_ONCE; i++) {
        struct ww_ct_scan_run *run = &l->runs[i];
        if (run->stage == WW_CT_SCAN_IDLE)
            *ret_run = *ret_run ? *ret_run : run;
        else if (run->began + LONG_NS > free_at)
            free_at = run->began + LONG_NS;
    }
    return *ret_run ? free_at : INT64_MAX;
}

/* All that is due, together. */
static void begin_run(struct ww_agent *a, struct ww_ct_scan_run *run)
{
    int rc = ww_ct_scan_run_open(run, a);
    for (struct ww_awaited *w = a->ct_scans.list; w; w = w->next) {
        if (w->run || w->due > run->began)
            continue;
        w->run = run;
        if (rc == 0)
            rc = add_to_scan(run->scan, w, &run->err);
    }
    if (rc < 0)
        ww_ct_scan_run_fail(run, rc);
    else
        ww_ct_scan_run_start(run);
}

/* The caller may be in the midst of a step: nothing ends here. */
static void begin_scan(struct ww_agent *a)
{
    struct ww_ct_scan_run *run;
    int64_t due = next_due(&a->ct_scans);
    int64_t free_at = next_free(&a->ct_scans, &run);
    int64_t now = ww_clock_mono();
    int64_t at = due > free_at ? due : free_at;
    if (!due || at == INT64_MAX || a->cleared)
        return;
    if (at > now)
        ww_timers_sooner(a->timers, WW_TIMER_CT_SCAN, (at - now) / WW_NS_PER_MS + 1);
    else
        begin_run(a, run);
}

void ww_ct_scans_turn(struct ww_agent *a)
{
    for (size_t i = 0; i < WW_CT_SCANS_AT_ONCE; i++)
        ww_ct_scan_run_turn(&a->ct_scans.runs[i]);
    begin_scan(a);
}

/* --- The end. --- */

void ww_ct_scans_finish(struct ww_agent *a)
{
    struct ww_conntrack *ct = NULL; /* the other thread may still use those of the runs */
    struct ww_ct_scan *scan = NULL;
    struct ww_error err = {0};
    int rc = ww_conntrack_new(&ct, &err);
    scan = rc == 0 ? ww_ct_scan_new(ct) : NULL;
    rc = rc == 0 && !scan ? ww_fail(&err, -ENOMEM, "out of memory") : rc;
    for (struct ww_awaited *w = a->ct_scans.list; w && rc == 0; w = w->next)
        rc = w->kind == AWAITED_FIRST ? add_to_scan(scan, w, &err) : 0;
    if (rc == 0)
        rc = ww_ct_scan_go_through(scan, a->applied, &err);
    say_deleted(a, rc, &err);
    for (struct ww_awaited *w = a->ct_scans.list; w; w = w->next) {
        w->kind = AWAITED_SECOND;
        ww_affected_done(&w->closed);
    }
    ww_ct_scan_free(scan);
    ww_conntrack_free(ct);
}

static bool is_anything_left(const struct ww_ct_scans *l)
{
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (w->kind == AWAITED_FIRST)
            return true;
    return false;
}

void ww_ct_scans_done(struct ww_agent *a)
{
    struct ww_ct_scans *l = &a->ct_scans;
    if (is_anything_left(l) && !a->cleared)
        ww_ct_scans_finish(a);
    for (size_t i = 0; i < WW_CT_SCANS_AT_ONCE; i++)
        ww_ct_scan_run_done(&l->runs[i]);
    while (l->list) {
        struct ww_awaited *w = l->list;
        l->list = w->next;
        awaited_free(w);
    }
    *l = (struct ww_ct_scans){0};
}
