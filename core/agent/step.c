#include "core/agent/step.h"

#include <errno.h>

int ww_step_init_all(struct ww_step *ret_step, const struct ww_plan *plan, struct ww_error *err)
{
    struct ww_plan *nothing = ww_plan_new();
    struct ww_step step = {0};
    int rc = nothing ? ww_plan_diff(nothing, plan, NULL, 0, &step.rules, err) : ww_fail(err, -ENOMEM, "out of memory");
    ww_plan_free(nothing);
    if (rc == 0)
        *ret_step = step;
    return rc;
}

void ww_step_done(struct ww_step *step)
{
    ww_diff_done(&step->rules);
    ww_fence_diff_done(&step->fences);
}
