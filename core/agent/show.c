#include "core/agent/show.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/explain_end.h"
#include "core/agent/managed_container.h"
#include "core/agent/status.h"

static const char *addr_name(void *agent, const struct ww_addr *addr)
{
    const struct ww_agent *a = agent;
    const struct ww_ruleset *rs = ww_plan_by_addr(a->applied, addr);
    return rs ? rs->name : NULL;
}

struct gathering {
    struct ww_agent *agent;
    struct ww_show *show;
};

/* Bans of all that live in the namespace are about its addresses. */
static int add_bans(struct gathering *g, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&g->agent->managed, id);
    int rc = 0;
    for (size_t i = 0; s && i < s->compiled.n_bans && rc == 0; i++)
        rc = ww_show_add_ban(g->show, &s->compiled.bans[i]);
    return rc;
}

static int add_sharer(const struct ww_container *c, void *arg)
{
    return add_bans(arg, c->id);
}

static int gather(struct ww_agent *a, const struct ww_end *end, struct ww_show *s, struct ww_error *err)
{
    struct gathering g = {.agent = a, .show = s};
    const struct ww_container *c = end->container;
    s->id = c->id;
    s->name = c->name ? c->name : "";
    s->managed = ww_managed_container_find(&a->managed, c->id) != NULL;
    s->rules = ww_plan_get(a->applied, end->head ? end->head : c->id);
    s->name_of = addr_name;
    s->arg = a;
    int rc = ww_agent_status_of(a, c, &s->status, err);
    if (rc == 0)
        rc = add_bans(&g, end->head ? end->head : c->id);
    if (rc == 0)
        rc = ww_world_each_sharer(a->world, end->head ? end->head : c->id, add_sharer, &g);
    return rc < 0 ? ww_fail(err, rc, "out of memory") : 0;
}

int ww_agent_show(struct ww_agent *a, const char *container, struct ww_show *ret_show, struct ww_error *err)
{
    struct ww_end end = {0};
    if (!container || !*container)
        return ww_fail(err, -EINVAL, "a container is needed: its name, its id, or its service's name");
    int rc = ww_end_find(a, container, &end, err);
    if (rc == 0)
        rc = end.container ? gather(a, &end, ret_show, err)
                           : ww_fail(err, -ENOENT, "'%.100s' is no container", container);
    ww_end_done(&end);
    return rc;
}
