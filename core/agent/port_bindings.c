/* Which bridge port leads to which endpoint: what the kernel tells, for the fences. */
#include "core/agent/port_bindings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/agent/agent_internal.h"
#include "core/kernel/bound.h"

/* The inode of the machine's first pid namespace (linux/proc_ns.h, PROC_PID_INIT_INO). */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCu

static int take_bound(uint32_t port, const char *container, bool managed, void *arg)
{
    struct ww_agent *a = arg;
    ww_ports_mark(a->ports, port, managed);
    int rc = container ? ww_ports_give(a->ports, port, container, WW_PROOF_BOUND) : 0;
    return rc == -ENODEV ? 0 : rc; /* it is gone, and its number is not given again */
}

static void take_all_bound(struct ww_agent *a)
{
    struct ww_error err = {0};
    struct stat pids;
    int rc = ww_kernel_each_bound(a->kernel, take_bound, a, &err);
    if (rc < 0)
        ww_log(a->log, WW_WARN, "which ports were bound before is not known; they are found anew",
               WW_S("error", err.code ? err.text : strerror(-rc)));
    a->port_bindings.own_pids = stat("/proc/self/ns/pid", &pids) < 0 || pids.st_ino != FIRST_PID_NAMESPACE;
}

void ww_port_bindings_open(struct ww_agent *a)
{
    struct ww_error err = {0};
    int rc = ww_kernel_can_bind(a->kernel, &err);
    if (rc == 0)
        ww_log(a->log, WW_WARN,
               "this kernel has no nftables for bridges; a sender that forges a container's address and MAC is not "
               "told from it");
    if (rc > 0)
        rc = ww_ports_new(&a->ports, &err);
    if (rc < 0)
        ww_log(a->log, WW_ERROR,
               "cannot tell the ports of bridges; a sender that forges a container's address and MAC is not "
               "told from it",
               WW_S("error", err.text));
    if (a->ports)
        take_all_bound(a);
}

struct looking {
    struct ww_agent *agent;
    const char *bridge;
    bool found;
};

static int mark_network(const struct ww_network *n, void *arg)
{
    struct looking *l = arg;
    if (!ww_network_is_bridge(n) || strcmp(n->bridge, l->bridge) != 0)
        return 0;
    l->found = true;
    return ww_world_mark_network_dirty(l->agent->world, n->id);
}

static void mark_bridge(const char *bridge, void *arg)
{
    struct looking l = {.agent = arg, .bridge = bridge};
    ww_world_each_network(l.agent->world, mark_network, &l);
    l.agent->look_apart = l.agent->look_apart || !l.found;
}

void ww_port_bindings_look(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->ports)
        return;
    if (ww_ports_drain(a->ports, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot follow the ports of bridges; trying again with the next change",
               WW_S("error", err.text));
    ww_ports_changed(a->ports, mark_bridge, a);
    a->look_apart = ww_ports_host_changed(a->ports) || a->look_apart;
}

bool ww_port_bindings_blind(const struct ww_agent *a)
{
    return a->port_bindings.own_pids && !a->port_bindings.pids_seen;
}

/* The endpoint is the same as before, and had this port. */
static uint32_t last_port(const struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e)
{
    const struct ww_fence *last = ww_fences_get(a->fences, n->id);
    const struct ww_known *known = last ? ww_fence_find(last, e->container_id) : NULL;
    return known && ww_endpoint_addrs_cmp(&known->addrs, &e->addrs) == 0 ? known->port : 0;
}

uint32_t ww_port_bindings_port(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e)
{
    if (!a->ports || ww_mac_is_zero(&e->addrs.mac))
        return 0;
    const struct ww_portmap *map = ww_ports_map(a->ports);
    const struct ww_port *own = ww_portmap_of(map, n->bridge, e->container_id);
    if (own)
        return own->index;
    uint32_t last = last_port(a, n, e);
    return last && !ww_portmap_port(map, last) ? last : WW_PORT_NOWHERE;
}

struct by_port {
    const struct ww_plan *plan;
    uint32_t port;
    const struct ww_ruleset *found;
};

/* Of a leftover the text behind the id says which port it is. */
static const struct ww_ruleset *ruleset_of(const struct ww_plan *plan, const char *container)
{
    char id[128];
    snprintf(id, sizeof(id), "%.*s", (int)strcspn(container, " "), container);
    return ww_plan_get(plan, id);
}

static int has_port(struct ww_fence *f, void *arg)
{
    struct by_port *by = arg;
    for (size_t i = 0; i < f->n_known && !by->found; i++)
        if (f->known[i].managed && f->known[i].port == by->port)
            by->found = ruleset_of(by->plan, f->known[i].container);
    return by->found != NULL;
}

const struct ww_ruleset *ww_port_bindings_ruleset(const struct ww_agent *a, uint32_t port)
{
    struct by_port by = {.plan = a->applied, .port = port};
    if (port)
        ww_fences_each(a->fences_applied, has_port, &by);
    return by.found;
}
