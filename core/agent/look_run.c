/* The stages of one look: find and delete in the other thread, judge in the loop, until nothing is left. */
#include "core/agent/look_run.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"
#include "core/agent/work.h"
#include "core/base/clock.h"

#define JUDGE_NS (2 * WW_NS_PER_MS) /* at once; then events have their turn */

/* From wherever it is: not at once, for the caller may be in the midst of a step. */
static void over(struct ww_look_run *run, int result)
{
    run->result = result;
    run->stage = WW_LOOK_OVER;
    ww_timers_sooner(run->agent->timers, WW_TIMER_LOOK, 0);
}

static void enter(struct ww_look_run *run, enum ww_look_stage stage, void (*work)(void *run), void (*done)(void *run))
{
    run->stage = stage;
    int rc = ww_work_start(run->agent->uv, work, done, run, &run->err);
    if (rc < 0)
        over(run, rc);
}

static void find(struct ww_look_run *run);

/* A portion is dealt with. */
static void go_on(struct ww_look_run *run)
{
    if (run->more)
        find(run);
    else
        over(run, ww_look_result(run->look, &run->err));
}

static void delete_flows(void *arg)
{
    struct ww_look_run *run = arg;
    run->result = ww_look_delete(run->look, &run->err);
}

static void on_deleted(void *arg)
{
    struct ww_look_run *run = arg;
    if (run->result < 0)
        over(run, run->result);
    else
        go_on(run);
}

static void judge(struct ww_look_run *run)
{
    struct ww_agent *a = run->agent;
    int rc = ww_look_judge(run->look, a->applied, ww_clock_mono() + JUDGE_NS, &run->err);
    if (rc > 0)
        ww_timers_sooner(a->timers, WW_TIMER_LOOK, 0);
    else if (rc < 0)
        over(run, rc);
    else if (ww_look_dooms(run->look))
        enter(run, WW_LOOK_DELETING, delete_flows, on_deleted);
    else
        go_on(run);
}

static void find_flows(void *arg)
{
    struct ww_look_run *run = arg;
    run->result = ww_look_find(run->look, &run->err);
}

static void on_found(void *arg)
{
    struct ww_look_run *run = arg;
    run->more = run->result > 0;
    if (run->result < 0)
        over(run, run->result);
    else if (!ww_look_has_found(run->look))
        go_on(run);
    else {
        run->stage = WW_LOOK_JUDGING;
        judge(run);
    }
}

static void find(struct ww_look_run *run)
{
    enter(run, WW_LOOK_FINDING, find_flows, on_found);
}

void ww_look_run_start(struct ww_look_run *run)
{
    int rc = run->look ? ww_look_begin(run->look, &run->err) : -ENOMEM;
    if (rc > 0)
        find(run);
    else
        over(run, rc);
}

void ww_look_run_turn(struct ww_look_run *run)
{
    if (run->stage == WW_LOOK_JUDGING)
        judge(run);
}

int ww_look_run_open(struct ww_look_run *run, struct ww_agent *a)
{
    run->agent = a;
    run->err = (struct ww_error){0};
    run->began = ww_clock_mono();
    int rc = run->ct ? 0 : ww_conntrack_new(&run->ct, &run->err);
    if (rc == 0)
        run->look = ww_look_new(run->ct);
    return rc == 0 && !run->look ? ww_fail(&run->err, -ENOMEM, "out of memory") : rc;
}

void ww_look_run_fail(struct ww_look_run *run, int rc)
{
    over(run, rc);
}

void ww_look_run_end(struct ww_look_run *run)
{
    ww_look_free(run->look);
    run->look = NULL;
    run->stage = WW_LOOK_IDLE;
}

void ww_look_run_done(struct ww_look_run *run)
{
    ww_look_run_end(run);
    ww_conntrack_free(run->ct);
    run->ct = NULL;
}
