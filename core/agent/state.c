#include "core/agent/state.h"

#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/drops.h"

static bool is_equal(const struct ww_agent_state *a, const struct ww_agent_state *b)
{
    return a->engine == b->engine && a->ready == b->ready && a->refused == b->refused &&
           a->containers == b->containers && a->drops == b->drops;
}

void ww_agent_state_follow(struct ww_agent *a)
{
    struct ww_state_listener *l = &a->state;
    if (!l->fn)
        return;
    struct ww_agent_state now = {
        .engine = ww_source_state(a->source),
        .ready = a->ready,
        .refused = a->reconciling.failures != 0,
        .containers = ww_plan_count(a->applied),
        .drops = ww_drops_reported(a),
    };
    if (is_equal(&now, &l->said))
        return;
    l->said = now;
    l->fn(l->arg, &now);
}
