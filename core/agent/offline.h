/*
 * An agent that is offline: a world, and the rules that were made of it, without an engine, a kernel, a store and a
 * loop. What asks of the agent what is in force (explain.h) answers of it what would be.
 */
#ifndef WW_AGENT_OFFLINE_H
#define WW_AGENT_OFFLINE_H

#include "core/base/error.h"
#include "core/control/show.h"
#include "core/ir/compiled.h"
#include "core/ir/flow.h"
#include "core/ir/plan.h"
#include "core/model/world.h"

struct ww_agent;

/* World and plan stay the caller's, and are borrowed. -ENOMEM. */
int ww_offline_new(struct ww_world *world, struct ww_plan *plan, struct ww_agent **ret_agent, struct ww_error *err);
void ww_offline_free(struct ww_agent *agent);

/* Of a managed container, in any order: what its label compiled to, which is taken over, also on failure; fault: why it
 * is closed, NULL: it is not. -ENOMEM. */
int ww_offline_add(struct ww_agent *agent, const char *id, struct ww_compiled *compiled, const char *fault,
                   struct ww_error *err);

/* Fill an empty one in. -EINVAL, -ENOENT: nothing goes by that name; -ENOMEM. */
int ww_offline_show(struct ww_agent *agent, const char *container, struct ww_show *ret_show, struct ww_error *err);

/* What a site's policy says to a flow that the ruleset refuses; NULL: nothing. Borrowed. */
const struct ww_ban *ww_offline_ban(const struct ww_agent *agent, const struct ww_ruleset *rs,
                                    const struct ww_flow *flow);

#endif
