#include "core/agent/looks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/agent/internal.h"
#include "core/agent/work.h"
#include "core/base/clock.h"
#include "core/base/trim.h"

#define SECOND_LOOK_NS (25 * WW_NS_PER_MS) /* after the commit */
#define TRIES 3                            /* of a look that fails */
#define AGAIN_NS (100 * WW_NS_PER_MS)      /* after such a one */
#define RELEASED_NS (5 * WW_NS_PER_S)      /* so long nobody asks for new flows of an address that waits to pass */
#define JUDGE_NS (2 * WW_NS_PER_MS)        /* at once; then events have their turn */

enum awaited_kind {
    AWAITED_RELEASE, /* addresses that are to pass to somebody else */
    AWAITED_FIRST,   /* a step that was committed */
    AWAITED_SECOND,  /* the same, once more */
};

struct ww_awaited {
    enum awaited_kind kind;
    struct ww_step step;    /* first, second */
    struct ww_scope closed; /* nobody may get these before it is over */
    int64_t since;          /* the commit, ww_clock_mono() */
    int64_t due;            /* the same clock */
    unsigned failures;      /* of looks */
    bool under_way;
    struct ww_awaited *next;
};

static void awaited_free(struct ww_awaited *w)
{
    ww_step_done(&w->step);
    ww_scope_done(&w->closed);
    free(w);
}

/* NULL when out of memory. */
static struct ww_awaited *awaited_add(struct ww_looks *l, enum awaited_kind kind)
{
    struct ww_awaited *w = calloc(1, sizeof(*w));
    struct ww_awaited **at = &l->list;
    if (!w)
        return NULL;
    w->kind = kind;
    w->since = w->due = ww_clock_mono();
    while (*at)
        at = &(*at)->next;
    *at = w;
    return w;
}

static void say(struct ww_agent *a, int n, const struct ww_error *err)
{
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows; a withdrawn flow may live on", WW_S("error", err->text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows deleted that are no longer allowed", WW_I("flows", n));
}

static void begin(struct ww_agent *a);

/* Something was added. The caller may be in the midst of a step: what is over ends later. */
static void go_on(struct ww_agent *a)
{
    if (a->looks.stage == WW_LOOK_IDLE)
        begin(a);
}

int ww_looks_add(struct ww_agent *a, const struct ww_step *step, struct ww_error *err)
{
    struct ww_scope left = {0};
    int rc = ww_scope_init_left(&left, &step->rules, &step->fences, err);
    if (rc < 0)
        return rc;
    struct ww_awaited *w = awaited_add(&a->looks, AWAITED_FIRST);
    if (!w) {
        ww_scope_done(&left);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    w->step = *step;
    w->closed = left;
    go_on(a);
    return 0;
}

int ww_looks_add_second(struct ww_agent *a, const struct ww_step *step, struct ww_error *err)
{
    struct ww_awaited *w = awaited_add(&a->looks, AWAITED_SECOND);
    if (!w)
        return ww_fail(err, -ENOMEM, "out of memory");
    w->step = *step;
    w->due = w->since + SECOND_LOOK_NS;
    go_on(a);
    return 0;
}

/* Keep what passes still. */
static void forget_old(struct ww_scope *released, const struct ww_scope *handed)
{
    size_t kept = 0;
    for (size_t i = 0; i < released->n_addrs; i++)
        if (ww_scope_has(handed, &released->addrs[i]))
            released->addrs[kept++] = released->addrs[i];
    released->n_addrs = kept;
}

static bool is_awaited(const struct ww_looks *l, const struct ww_addr *addr)
{
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (w->kind == AWAITED_RELEASE && ww_scope_has(&w->closed, addr))
            return true;
    return false;
}

int ww_looks_release(struct ww_agent *a, const struct ww_scope *handed, struct ww_error *err)
{
    struct ww_looks *l = &a->looks;
    struct ww_scope todo = {0};
    if (ww_clock_mono() - l->released_at > RELEASED_NS)
        ww_scope_done(&l->released);
    forget_old(&l->released, handed);
    int rc = ww_scope_add(&todo, handed, err);
    size_t n = 0;
    for (size_t i = 0; i < todo.n_addrs; i++)
        if (!ww_scope_has(&l->released, &todo.addrs[i]) && !is_awaited(l, &todo.addrs[i]))
            todo.addrs[n++] = todo.addrs[i];
    todo.n_addrs = n;
    struct ww_awaited *w = rc == 0 && n ? awaited_add(l, AWAITED_RELEASE) : NULL;
    if (w)
        w->closed = todo;
    else {
        if (rc == 0 && n)
            rc = ww_fail(err, -ENOMEM, "out of memory");
        ww_scope_done(&todo);
    }
    go_on(a);
    return rc;
}

int ww_looks_closed(const struct ww_agent *a, struct ww_scope *scope, struct ww_error *err)
{
    int rc = 0;
    for (const struct ww_awaited *w = a->looks.list; w && rc == 0; w = w->next)
        rc = w->closed.n_addrs ? ww_scope_add(scope, &w->closed, err) : 0;
    return rc;
}

void ww_looks_open(struct ww_agent *a)
{
    for (struct ww_awaited *w = a->looks.list; w; w = w->next)
        ww_scope_done(&w->closed);
    ww_scope_done(&a->looks.released);
    if (a->looks.look)
        ww_look_spare_all(a->looks.look);
}

/* --- The look under way: begin, find, judge, delete, end. --- */

/* Once more, for its look has failed? Nobody gets its addresses meanwhile. */
static bool try_again(const struct ww_looks *l, struct ww_awaited *w)
{
    if (!w->under_way || !l->failed || ++w->failures >= TRIES)
        return false;
    w->under_way = false;
    w->due = ww_clock_mono() + AGAIN_NS;
    return true;
}

/* What was looked for by then is done; a first look that came late makes the second one needless. */
static void settle(struct ww_looks *l, bool waited_for)
{
    struct ww_awaited **at = &l->list;
    while (*at) {
        struct ww_awaited *w = *at;
        if (try_again(l, w)) {
            at = &w->next;
            continue;
        }
        if (w->under_way && w->kind == AWAITED_FIRST && l->began < w->since + SECOND_LOOK_NS) {
            w->kind = AWAITED_SECOND;
            w->due = w->since + SECOND_LOOK_NS;
            w->under_way = false;
            ww_scope_done(&w->closed);
        }
        if (!w->under_way) {
            at = &w->next;
            continue;
        }
        if (w->kind == AWAITED_RELEASE && waited_for) { /* without memory it is looked for again */
            l->released_at = l->released.n_addrs ? l->released_at : ww_clock_mono();
            ww_scope_add(&l->released, &w->closed, NULL);
        }
        *at = w->next;
        awaited_free(w);
    }
}

/* With its looks the start is over: give back what nothing else needs. */
static void give_back(struct ww_agent *a)
{
    if (a->settled || !a->ready)
        return;
    a->settled = true;
    ww_store_trim(a->store);
    ww_trim();
}

static void end(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    settle(l, a->held.ids != NULL);
    ww_look_free(l->look);
    l->look = NULL;
    l->stage = WW_LOOK_IDLE;
    if (a->held.ids)
        ww_reconcile(a);
    if (!l->list)
        give_back(a);
}

/* From wherever it is: not at once, for the caller may be in the midst of a step. */
static void over(struct ww_agent *a, int n, const struct ww_error *err)
{
    say(a, n, err);
    a->looks.failed = n < 0;
    a->looks.stage = WW_LOOK_OVER;
    ww_loop_look(a->loop, 0);
}

static void delete_flows(void *arg)
{
    struct ww_looks *l = &((struct ww_agent *)arg)->looks;
    l->result = ww_look_delete(l->look, &l->err);
}

static void on_deleted(void *arg)
{
    struct ww_agent *a = arg;
    say(a, a->looks.result, &a->looks.err);
    a->looks.failed = a->looks.result < 0;
    a->looks.stage = WW_LOOK_OVER;
    ww_looks_turn(a);
}

static void judge(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    int rc = ww_look_judge(l->look, a->applied, ww_clock_mono() + JUDGE_NS, &l->err);
    if (rc > 0)
        ww_loop_look(a->loop, 0);
    else if (rc < 0 || !ww_look_dooms(l->look))
        over(a, rc, &l->err);
    else {
        l->stage = WW_LOOK_DELETING;
        rc = ww_work_start(ww_loop_uv(a->loop), delete_flows, on_deleted, a, &l->err);
        if (rc < 0)
            over(a, rc, &l->err);
    }
}

static void find_flows(void *arg)
{
    struct ww_looks *l = &((struct ww_agent *)arg)->looks;
    l->result = ww_look_find(l->look, &l->err);
}

static void on_found(void *arg)
{
    struct ww_agent *a = arg;
    struct ww_looks *l = &a->looks;
    if (l->result < 0) {
        over(a, l->result, &l->err);
        return;
    }
    l->stage = WW_LOOK_JUDGING;
    judge(a);
}

static int add_to_look(struct ww_look *look, struct ww_awaited *w, struct ww_error *err)
{
    w->under_way = true;
    return w->kind == AWAITED_RELEASE ? ww_look_add_all(look, &w->closed, err)
                                      : ww_look_add(look, &w->step.rules, &w->step.fences, err);
}

/* All that is due. 1, 0: nothing is there to be looked for, or -errno. */
static int prepare(struct ww_looks *l, struct ww_error *err)
{
    int rc = l->ct ? 0 : ww_conntrack_new(&l->ct, err);
    if (rc == 0)
        l->look = ww_look_new(l->ct);
    if (rc == 0 && !l->look)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    for (struct ww_awaited *w = l->list; w; w = w->next) {
        if (w->due > l->began)
            continue;
        if (rc == 0)
            rc = add_to_look(l->look, w, err);
        w->under_way = true;
    }
    return rc < 0 ? rc : ww_look_begin(l->look, err);
}

/* When the first of them is due, or 0: there is none. */
static int64_t next_due(const struct ww_looks *l)
{
    int64_t due = 0;
    for (const struct ww_awaited *w = l->list; w; w = w->next)
        if (!due || w->due < due)
            due = w->due;
    return due;
}

static void begin(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    int64_t due = next_due(l);
    l->began = ww_clock_mono();
    if (due > l->began)
        ww_loop_look(a->loop, (due - l->began) / WW_NS_PER_MS + 1);
    if (!due || due > l->began || a->cleared)
        return;
    l->err = (struct ww_error){0};
    int rc = prepare(l, &l->err);
    if (rc > 0) {
        l->stage = WW_LOOK_FINDING;
        rc = ww_work_start(ww_loop_uv(a->loop), find_flows, on_found, a, &l->err);
        if (rc == 0)
            return;
    }
    over(a, rc, &l->err);
}

void ww_looks_turn(struct ww_agent *a)
{
    if (a->looks.stage == WW_LOOK_OVER)
        end(a);
    if (a->looks.stage == WW_LOOK_JUDGING)
        judge(a);
    else if (a->looks.stage == WW_LOOK_IDLE)
        begin(a);
}

static void finish_now(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    struct ww_error err = {0};
    bool left = false;
    ww_look_free(l->look);
    l->look = l->ct ? ww_look_new(l->ct) : NULL;
    for (struct ww_awaited *w = l->list; w && l->look; w = w->next)
        if (w->kind == AWAITED_FIRST && add_to_look(l->look, w, &err) == 0)
            left = true;
    if (left)
        say(a, ww_look_go_through(l->look, a->applied, &err), &err);
}

void ww_looks_done(struct ww_agent *a)
{
    struct ww_looks *l = &a->looks;
    if (l->list && !a->cleared)
        finish_now(a);
    ww_look_free(l->look);
    ww_conntrack_free(l->ct);
    ww_scope_done(&l->released);
    while (l->list) {
        struct ww_awaited *w = l->list;
        l->list = w->next;
        awaited_free(w);
    }
    *l = (struct ww_looks){0};
}
