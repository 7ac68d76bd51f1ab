/* Which bridge port leads to which endpoint: what the kernel tells, for the fences. */
#include "core/agent/seats.h"

#include <string.h>

#include "core/agent/internal.h"

void ww_seats_open(struct ww_agent *a)
{
    struct ww_error err = {0};
    int rc = ww_kernel_can_bind(a->kernel, &err);
    if (rc == 0)
        ww_log(a->log, WW_WARN,
               "this kernel has no nftables for bridges; who forges a container's address and MAC is not told from it");
    if (rc > 0)
        rc = ww_ports_new(&a->ports, &err);
    if (rc < 0)
        ww_log(a->log, WW_ERROR,
               "cannot tell the ports of bridges; who forges a container's address and MAC is not "
               "told from it",
               WW_S("error", err.text));
}

struct looking {
    struct ww_agent *agent;
    const char *bridge;
};

static int mark_network(const struct ww_network *n, void *arg)
{
    const struct looking *l = arg;
    if (ww_network_is_bridge(n) && strcmp(n->bridge, l->bridge) == 0)
        return ww_world_mark_network_dirty(l->agent->world, n->id);
    return 0;
}

static void mark_bridge(const char *bridge, void *arg)
{
    struct looking l = {.agent = arg, .bridge = bridge};
    ww_world_each_network(l.agent->world, mark_network, &l);
}

void ww_seats_look(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->ports)
        return;
    if (ww_ports_drain(a->ports, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot follow the ports of bridges; trying again with the next change",
               WW_S("error", err.text));
    ww_ports_changed(a->ports, mark_bridge, a);
}

/* The endpoint is the same as before, and had this port. */
static uint32_t last_port(const struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e)
{
    const struct ww_fence *last = ww_fences_get(a->fences, n->id);
    const struct ww_known *known = last ? ww_fence_find(last, e->container_id) : NULL;
    return known && ww_endpoint_addrs_cmp(&known->addrs, &e->addrs) == 0 ? known->port : 0;
}

uint32_t ww_seats_port(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e)
{
    int64_t since = 0;
    if (!a->ports || ww_mac_is_zero(&e->addrs.mac))
        return 0;
    uint32_t last = last_port(a, n, e);
    uint32_t port = ww_ports_find(a->ports, n->bridge, &e->addrs.mac, &since);
    if (!port || port == last)
        return last;
    if (n->told_ns >= since)
        return port;
    ww_world_await_network(a->world, n->id);
    ww_source_ask_network(a->source, n->id, since);
    return last ? last : WW_PORT_NOWHERE;
}

struct by_port {
    const struct ww_plan *plan;
    uint32_t port;
    const struct ww_ruleset *found;
};

static int has_port(struct ww_fence *f, void *arg)
{
    struct by_port *by = arg;
    for (size_t i = 0; i < f->n_known && !by->found; i++)
        if (f->known[i].managed && f->known[i].port == by->port)
            by->found = ww_plan_get(by->plan, f->known[i].container);
    return by->found != NULL;
}

const struct ww_ruleset *ww_seats_ruleset(const struct ww_agent *a, uint32_t port)
{
    struct by_port by = {.plan = a->applied, .port = port};
    if (port)
        ww_fences_each(a->fences_applied, has_port, &by);
    return by.found;
}
