/* Tracked flows that are no longer allowed: established packets are not judged again, so they are deleted. */
#include <errno.h>

#include "core/agent/internal.h"

void ww_cut(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_error err = {0};
    int n = ww_kernel_cut(a->kernel, a->applied, &step->rules, &step->fences, &err);
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows; a withdrawn flow may live on", WW_S("error", err.text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows deleted that are no longer allowed", WW_I("flows", n));
}

/* As if all that applies were new. */
static int make_all(struct ww_agent *a, struct ww_step *ret_all)
{
    struct ww_error err = {0};
    struct ww_plan *nothing = ww_plan_new();
    int rc = nothing ? ww_plan_diff(nothing, a->applied, NULL, 0, &ret_all->rules, &err)
                     : ww_fail(&err, -ENOMEM, "out of memory");
    ww_plan_free(nothing);
    if (rc < 0)
        ww_log(a->log, WW_ERROR, "cannot delete tracked flows that began while the rules were not in force",
               WW_S("error", err.text));
    return rc;
}

void ww_cut_all_later(struct ww_agent *a)
{
    struct ww_step all = {0};
    if (make_all(a, &all) == 0 && ww_looks_add_second(a, &all, NULL) < 0)
        ww_step_done(&all);
}

void ww_cut_all(struct ww_agent *a)
{
    struct ww_step all = {0};
    if (make_all(a, &all) < 0)
        return;
    ww_cut(a, &all);
    if (ww_looks_add_second(a, &all, NULL) < 0)
        ww_step_done(&all);
}
