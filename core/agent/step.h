/* What one transaction changes. */
#ifndef WW_AGENT_STEP_H
#define WW_AGENT_STEP_H

#include "core/ir/fences.h"
#include "core/ir/plan.h"

struct ww_step {
    struct ww_diff rules;
    struct ww_fence_diff fences;
};

/* Everything of this plan, as if it were new. -ENOMEM. */
int ww_step_init_all(struct ww_step *ret_step, const struct ww_plan *plan, struct ww_error *err);
void ww_step_done(struct ww_step *step);

#endif
