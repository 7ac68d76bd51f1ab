/* Tracked flows that are no longer allowed: established packets are not judged again, so they are deleted. */
#include <errno.h>

#include "core/agent/internal.h"

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

void ww_cut_all(struct ww_agent *a, bool late)
{
    struct ww_step all = {0};
    if (make_all(a, &all) == 0 && ww_looks_add_all(a, &all, late) < 0)
        ww_step_done(&all);
}
