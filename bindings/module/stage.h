/* The whole way from a world to sealed rulesets, without an engine and a kernel: what the agent does, for tests. */
#ifndef WW_BINDINGS_MODULE_STAGE_H
#define WW_BINDINGS_MODULE_STAGE_H

#include "core/ir/flow.h"
#include "core/ir/plan.h"
#include "core/ir/policy.h"
#include "core/model/world.h"

/* What the policies made of one container. */
struct ww_actor {
    char *id;
    const char *home; /* in whose network namespace it lives; borrowed from the world */
    char *fault;      /* why it is quarantined; NULL: it is not */
    bool managed;
    bool audited; /* by its label: nothing of it is dropped */
    struct ww_compiled compiled;
    const char **homes; /* of the targets of its consents, borrowed from the world */
};

struct ww_stage {
    struct ww_policy policy;
    bool trust_image_labels;
    struct ww_world *world;
    struct ww_actor *actors;
    size_t n;
    struct ww_plan *plan;
};

/* policy and world are set; make actors and plan of them. -ENOMEM and what else is no container's fault. */
int ww_stage_play(struct ww_stage *stage, struct ww_error *err);
void ww_stage_strike(struct ww_stage *stage); /* forget these two: it can be played again */
void ww_stage_done(struct ww_stage *stage);

/* The ban that keeps `rs` from letting the flow through; NULL: it is none that does. */
const struct ww_ban *ww_stage_ban(const struct ww_stage *stage, const struct ww_ruleset *rs,
                                  const struct ww_flow *flow);

const struct ww_actor *ww_stage_actor(const struct ww_stage *stage, const char *id); /* NULL: there is none */

#endif
