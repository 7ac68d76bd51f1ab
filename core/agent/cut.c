/* Tracked flows that are no longer allowed: established packets are not judged again, so they are deleted. */
#include <errno.h>
#include <stdlib.h>

#include "core/agent/internal.h"
#include "core/base/trim.h"

void ww_cut(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_error err = {0};
    int n = ww_kernel_cut(a->kernel, a->applied, &step->rules, &step->fences, &err);
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows; a withdrawn flow may live on", WW_S("error", err.text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows deleted that are no longer allowed", WW_I("flows", n));
}

void ww_cut_again_later(struct ww_agent *a, struct ww_step *step)
{
    struct ww_second_look *look = calloc(1, sizeof(*look));
    if (!look) {
        ww_step_done(step);
        return;
    }
    look->step = *step;
    look->next = a->looks;
    a->looks = look;
    ww_loop_after_commit(a->loop);
}

static void cut_whole(struct ww_agent *a)
{
    struct ww_error err = {0};
    struct ww_step all = {0};
    struct ww_plan *nothing = ww_plan_new();
    int rc = nothing ? ww_plan_diff(nothing, a->applied, NULL, 0, &all.rules, &err)
                     : ww_fail(&err, -ENOMEM, "out of memory");
    ww_plan_free(nothing);
    if (rc < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows that began while the rules were not in force",
               WW_S("error", err.text));
    else
        ww_cut(a, &all);
    ww_step_done(&all);
}

void ww_cut_all(struct ww_agent *a)
{
    cut_whole(a);
    a->restoring.look_later = true;
    ww_loop_after_commit(a->loop);
}

/* The start is over: give back what nothing else needs. */
static void settle(struct ww_agent *a)
{
    if (a->settled || !a->ready)
        return;
    a->settled = true;
    ww_store_trim(a->store);
    ww_trim();
}

void ww_reconcile_second_look(struct ww_agent *a)
{
    if (a->restoring.look_later && !a->cleared)
        cut_whole(a);
    a->restoring.look_later = false;
    while (a->looks && !a->cleared) {
        struct ww_second_look *look = a->looks;
        a->looks = look->next;
        ww_cut(a, &look->step);
        ww_step_done(&look->step);
        free(look);
    }
    settle(a);
}
