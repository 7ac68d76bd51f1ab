#include "core/agent/enforced.h"

#include <errno.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/faults.h"
#include "core/agent/managed_container.h"
#include "core/model/facts.h"

/* Of one answer: how many rules a container has is its own choice, and the loop waits for none of them. */
#define CONTAINERS 200
#define RULES 2000

struct gathering {
    const struct ww_agent *agent;
    const char *after;
    struct ww_enforced *out;
    size_t rules; /* that this answer has */
};

static int add_network(const struct ww_network *n, void *arg)
{
    return ww_enforced_add_network(arg, n);
}

static int add_enforced_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct ww_enforced_endpoint endpoint = {.network = n, .addrs = &e->addrs};
    return ww_enforced_add_endpoint(arg, &endpoint);
}

/* 1: that is enough for one answer. */
static int add_container(const struct ww_container *c, void *arg)
{
    struct gathering *g = arg;
    const struct ww_agent *a = g->agent;
    const struct ww_managed_container *s = ww_managed_container_find(&a->managed, c->id);
    struct ww_enforced_container *out;
    if (g->after && strcmp(c->id, g->after) <= 0)
        return 0;
    if (g->out->n_containers == CONTAINERS || g->rules > RULES) {
        g->out->next = g->out->containers[g->out->n_containers - 1].container->id;
        return 1;
    }
    int rc = ww_enforced_add_container(g->out, &out);
    if (rc < 0)
        return rc;
    const char *home = ww_world_home(a->world, c->id);
    out->container = c;
    out->home = home ? home : c->id;
    out->managed = s != NULL;
    out->fault = s && s->fault ? s->fault : s ? ww_faults_get(&a->faults, out->home) : NULL;
    out->image_ignored = !a->trust_image_labels && ww_facts_is_images_own(a->world, c);
    out->rules = strcmp(out->home, c->id) == 0 ? ww_plan_get(a->applied, c->id) : NULL;
    g->rules += out->rules ? out->rules->n_rules : 0;
    return ww_world_each_endpoint(a->world, c->id, add_enforced_endpoint, out);
}

int ww_agent_enforced(const struct ww_agent *a, const char *after, struct ww_enforced *ret_enforced,
                      struct ww_error *err)
{
    struct gathering g = {.agent = a, .after = after && *after ? after : NULL, .out = ret_enforced};
    if (!a->ready)
        return ww_fail(err, -EAGAIN, "no container is known before the engine's first list");
    int rc = g.after ? 0 : ww_world_each_network(a->world, add_network, ret_enforced);
    if (rc == 0)
        rc = ww_world_each_container(a->world, add_container, &g);
    return rc < 0 ? ww_fail(err, rc, "out of memory") : 0;
}
