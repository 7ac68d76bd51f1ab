/* The stages of one scan: find and delete in the other thread, judge in the loop, until nothing is left. */
#include "core/agent/ct_scan_run.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"
#include "core/agent/work.h"
#include "core/base/clock.h"

#define JUDGE_NS (2 * WW_NS_PER_MS) /* at once; then events have their turn */

/* From wherever it is: not at once, for the caller may be in the midst of a step. */
static void over(struct ww_ct_scan_run *run, int result)
{
    run->result = result;
    run->stage = WW_CT_SCAN_OVER;
    ww_timers_sooner(run->agent->timers, WW_TIMER_CT_SCAN, 0);
}

static void enter_stage(struct ww_ct_scan_run *run, enum ww_ct_scan_stage stage, void (*work)(void *run),
                        void (*done)(void *run))
{
    run->stage = stage;
    int rc = ww_work_start(run->agent->work, work, done, run, &run->err);
    if (rc < 0)
        over(run, rc);
}

static void begin_finding(struct ww_ct_scan_run *run);

/* A portion is dealt with. */
static void go_on(struct ww_ct_scan_run *run)
{
    if (run->more)
        begin_finding(run);
    else
        over(run, ww_ct_scan_result(run->scan, &run->err));
}

static void delete_flows(void *arg)
{
    struct ww_ct_scan_run *run = arg;
    run->result = ww_ct_scan_delete(run->scan, &run->err);
}

static void on_deleted(void *arg)
{
    struct ww_ct_scan_run *run = arg;
    if (run->result < 0)
        over(run, run->result);
    else
        go_on(run);
}

static void judge_flows(struct ww_ct_scan_run *run)
{
    struct ww_agent *a = run->agent;
    int rc = ww_ct_scan_judge(run->scan, a->applied, ww_clock_mono() + JUDGE_NS, &run->err);
    if (rc > 0)
        ww_timers_sooner(a->timers, WW_TIMER_CT_SCAN, 0);
    else if (rc < 0)
        over(run, rc);
    else if (ww_ct_scan_dooms(run->scan))
        enter_stage(run, WW_CT_SCAN_DELETING, delete_flows, on_deleted);
    else
        go_on(run);
}

static void find_flows(void *arg)
{
    struct ww_ct_scan_run *run = arg;
    run->result = ww_ct_scan_find(run->scan, &run->err);
}

static void on_found(void *arg)
{
    struct ww_ct_scan_run *run = arg;
    run->more = run->result > 0;
    if (run->result < 0)
        over(run, run->result);
    else if (!ww_ct_scan_has_found(run->scan))
        go_on(run);
    else {
        run->stage = WW_CT_SCAN_JUDGING;
        judge_flows(run);
    }
}

static void begin_finding(struct ww_ct_scan_run *run)
{
    enter_stage(run, WW_CT_SCAN_FINDING, find_flows, on_found);
}

void ww_ct_scan_run_start(struct ww_ct_scan_run *run)
{
    int rc = run->scan ? ww_ct_scan_begin(run->scan, &run->err) : -ENOMEM;
    if (rc > 0)
        begin_finding(run);
    else
        over(run, rc);
}

void ww_ct_scan_run_turn(struct ww_ct_scan_run *run)
{
    if (run->stage == WW_CT_SCAN_JUDGING)
        judge_flows(run);
}

int ww_ct_scan_run_open(struct ww_ct_scan_run *run, struct ww_agent *a)
{
    run->agent = a;
    run->err = (struct ww_error){0};
    run->began = ww_clock_mono();
    int rc = run->ct ? 0 : ww_conntrack_new(&run->ct, &run->err);
    if (rc == 0)
        run->scan = ww_ct_scan_new(run->ct);
    return rc == 0 && !run->scan ? ww_fail(&run->err, -ENOMEM, "out of memory") : rc;
}

void ww_ct_scan_run_fail(struct ww_ct_scan_run *run, int rc)
{
    over(run, rc);
}

void ww_ct_scan_run_end(struct ww_ct_scan_run *run)
{
    ww_ct_scan_free(run->scan);
    run->scan = NULL;
    run->stage = WW_CT_SCAN_IDLE;
}

void ww_ct_scan_run_done(struct ww_ct_scan_run *run)
{
    ww_ct_scan_run_end(run);
    ww_conntrack_free(run->ct);
    run->ct = NULL;
}
