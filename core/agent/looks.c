#include "core/agent/looks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/agent/agent_internal.h"
#include "core/agent/look_run.h"
#include "core/agent/step.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define SECOND_LOOK_NS (25 * WW_NS_PER_MS) /* after the commit */
#define TRIES 3                            /* of a look that fails */
#define AGAIN_NS (100 * WW_NS_PER_MS)      /* after such a one */
#define LONG_NS (100 * WW_NS_PER_MS)       /* so long a look may keep others waiting */
#define MISSED_MS 100                      /* until all flows are looked for */

enum awaited_kind {
    AWAITED_FIRST,  /* a step that was committed */
    AWAITED_SECOND, /* the same, once more */
};

struct ww_awaited {
    enum awaited_kind kind;
    bool all; /* of whatever applies */
    struct ww_step step;
    struct ww_scope closed;        /* nobody may get these before it is over */
    int64_t since;                 /* the commit, ww_clock_mono() */
    int64_t due;                   /* the same clock */
    unsigned failures;             /* of looks */
    const struct ww_look_run *run; /* that is under way for it */
    struct ww_awaited *next;
};

static void awaited_free(struct ww_awaited *w)
{
    ww_step_done(&w->step);
    ww_scope_done(&w->closed);
    free(w);
}

static void begin(struct ww_agent *a);

static void look_for_all_later(struct ww_agent *a)
{
    a->looks.missed = true;
    ww_timers_sooner(a->timers, WW_TIMER_LOOK, MISSED_MS);
}

/* Takes over what the new one holds; -ENOMEM: it does not. */
static int add(struct ww_agent *a, const struct ww_awaited *new)
{
    struct ww_awaited *w = malloc(sizeof(*w));
    struct ww_awaited **at = &a->looks.list;
    if (!w) {
        look_for_all_later(a);
        return -ENOMEM;
    }
    *w = *new;
    w->since = ww_clock_mono();
    w->due = w->since + (w->kind == AWAITED_SECOND ? SECOND_LOOK_NS : 0);
    while (*at)
        at = &(*at)->next;
    *at = w;
    begin(a);
    return 0;
}

/* Which addresses the step takes from somebody. */
static int init_taken(struct ww_scope *ret_taken, const struct ww_step *step, struct ww_error *err)
{
    struct ww_scope handed = {0};
    int rc = ww_scope_init_left(ret_taken, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = ww_scope_init_handed(&handed, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = ww_scope_add(ret_taken, &handed, err);
    ww_scope_done(&handed);
    return rc;
}

int ww_looks_add(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_awaited w = {.kind = AWAITED_FIRST, .step = *step};
    if (init_taken(&w.closed, step, NULL) < 0)
        look_for_all_later(a);
    int rc = add(a, &w);
    if (rc < 0)
        ww_scope_done(&w.closed);
    return rc;
}

void ww_looks_add_all(struct ww_agent *a, bool late)
{
    struct ww_error err = {0};
    struct ww_awaited w = {.kind = late ? AWAITED_SECOND : AWAITED_FIRST, .all = true};
    if (ww_step_init_all(&w.step, a->applied, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows that began while the rules were not in force",
               WW_S("error", err.text));
    else if (add(a, &w) < 0)
        ww_step_done(&w.step);
}

bool ww_looks_cut_all(const struct ww_agent *a)
{
    for (const struct ww_awaited *w = a->looks.list; w; w = w->next)
        if (w->all && w->kind == AWAITED_FIRST)
            return true;
    return false;
}

int ww_looks_closed(const struct ww_agent *a, struct ww_scope *scope, struct ww_error *err)
{
    int rc = 0;
    for (const struct ww_awaited *w = a->looks.list; w && rc == 0; w = w->next)
        rc = w->closed.n_addrs ? ww_scope_add(scope, &w->closed, err) : 0;
    return rc;
}

/* --- A look that is over. --- */

static void say(struct ww_agent *a, int n, const struct ww_error *err)
{
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows; a withdrawn flow may live on", WW_S("error", err->text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows deleted that are no longer allowed", WW_I("flows", n));
}

/* Once more: its look has failed, and nobody gets its addresses meanwhile; or it came too early to be the last. */
static bool look_again(struct ww_awaited *w, const struct ww_look_run *run)
{
    if (run->result < 0 && ++w->failures < TRIES) {
        w->due = ww_clock_mono() + AGAIN_NS;
        return true;
    }
    if (w->kind == AWAITED_SECOND || run->began >= w->since + SECOND_LOOK_NS)
        return false;
    w->kind = AWAITED_SECOND;
    w->due = w->since + SECOND_LOOK_NS;
    ww_scope_done(&w->closed);
    return true;
}

static void settle(struct ww_looks *l, const struct ww_look_run *run)
{
    struct ww_awaited **at = &l->list;
    while (*at) {
        struct ww_awaited *w = *at;
        if (w->run == run) {
            w->run = NULL;
            if (!look_again(w, run)) {
                *at = w->next;
                awaited_free(w);
                continue;
            }
        }
        at = &w->next;
    }
}

static void end(struct ww_agent *a, struct ww_look_run *run)
{
    say(a, run->result, &run->err);
    settle(&a->looks, run);
    ww_look_run_end(run);
}

bool ww_looks_end(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    bool any = false;
    if (l->missed && !a->cleared) {
        l->missed = false;
        ww_looks_add_all(a, false);
    }
    for (size_t i = 0; i < WW_LOOKS_AT_ONCE; i++) {
        if (l->runs[i].stage != WW_LOOK_OVER)
            continue;
        end(a, &l->runs[i]);
        any = true;
    }
    return any;
}

/* --- The next look. --- */

static int add_to_look(struct ww_look *look, struct ww_awaited *w, struct ww_error *err)
{
    int rc = ww_look_add(look, &w->step.rules, &w->step.fences, err);
    return rc == 0 && w->closed.n_addrs ? ww_look_add_all(look, &w->closed, err) : rc;
}

/* When the first of them is due that nobody looks for yet, or 0: there is none. */
static int64_t next_due(const struct ww_looks *l)
{
    int64_t due = 0;
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (!w->run && (!due || w->due < due))
            due = w->due;
    return due;
}

/* When another look may begin beside those under way; INT64_MAX: when one is over. */
static int64_t next_free(struct ww_looks *l, struct ww_look_run **ret_run)
{
    int64_t free_at = 0;
    *ret_run = NULL;
    for (size_t i = 0; i < WW_LOOKS_AT_ONCE; i++) {
        struct ww_look_run *run = &l->runs[i];
        if (run->stage == WW_LOOK_IDLE)
            *ret_run = *ret_run ? *ret_run : run;
        else if (run->began + LONG_NS > free_at)
            free_at = run->began + LONG_NS;
    }
    return *ret_run ? free_at : INT64_MAX;
}

/* All that is due, together. */
static void begin_run(struct ww_agent *a, struct ww_look_run *run)
{
    int rc = ww_look_run_open(run, a);
    for (struct ww_awaited *w = a->looks.list; w; w = w->next) {
        if (w->run || w->due > run->began)
            continue;
        w->run = run;
        if (rc == 0)
            rc = add_to_look(run->look, w, &run->err);
    }
    if (rc < 0)
        ww_look_run_fail(run, rc);
    else
        ww_look_run_start(run);
}

/* The caller may be in the midst of a step: nothing ends here. */
static void begin(struct ww_agent *a)
{
    struct ww_look_run *run;
    int64_t due = next_due(&a->looks);
    int64_t free_at = next_free(&a->looks, &run);
    int64_t now = ww_clock_mono();
    int64_t at = due > free_at ? due : free_at;
    if (!due || at == INT64_MAX || a->cleared)
        return;
    if (at > now)
        ww_timers_sooner(a->timers, WW_TIMER_LOOK, (at - now) / WW_NS_PER_MS + 1);
    else
        begin_run(a, run);
}

void ww_looks_turn(struct ww_agent *a)
{
    for (size_t i = 0; i < WW_LOOKS_AT_ONCE; i++)
        ww_look_run_turn(&a->looks.runs[i]);
    begin(a);
}

/* --- The end. --- */

void ww_looks_finish(struct ww_agent *a)
{
    struct ww_conntrack *ct = NULL; /* the other thread may still use those of the runs */
    struct ww_look *look = NULL;
    struct ww_error err = {0};
    int rc = ww_conntrack_new(&ct, &err);
    look = rc == 0 ? ww_look_new(ct) : NULL;
    rc = rc == 0 && !look ? ww_fail(&err, -ENOMEM, "out of memory") : rc;
    for (struct ww_awaited *w = a->looks.list; w && rc == 0; w = w->next)
        rc = w->kind == AWAITED_FIRST ? add_to_look(look, w, &err) : 0;
    if (rc == 0)
        rc = ww_look_go_through(look, a->applied, &err);
    say(a, rc, &err);
    for (struct ww_awaited *w = a->looks.list; w; w = w->next) {
        w->kind = AWAITED_SECOND;
        ww_scope_done(&w->closed);
    }
    ww_look_free(look);
    ww_conntrack_free(ct);
}

static bool is_anything_left(const struct ww_looks *l)
{
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (w->kind == AWAITED_FIRST)
            return true;
    return false;
}

void ww_looks_done(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    if (is_anything_left(l) && !a->cleared)
        ww_looks_finish(a);
    for (size_t i = 0; i < WW_LOOKS_AT_ONCE; i++)
        ww_look_run_done(&l->runs[i]);
    while (l->list) {
        struct ww_awaited *w = l->list;
        l->list = w->next;
        awaited_free(w);
    }
    *l = (struct ww_looks){0};
}
