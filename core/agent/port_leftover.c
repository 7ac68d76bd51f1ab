#include "core/agent/port_leftover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/audit.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_bindings.h"

/* The network that is looked at, and the ports of its endpoints, sorted. */
struct looking {
    struct ww_agent *agent;
    const struct ww_network *n;
    struct ww_fence *fence;
    uint32_t *seats;
    size_t n_seats;
};

static int compare_ports(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void add_seats(struct looking *l, const struct ww_known *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        l->seats[l->n_seats++] = list[i].port;
}

static int find_seats(struct looking *l)
{
    const struct ww_fence *f = l->fence;
    l->seats = calloc(f->n_known + f->n_bystanders + 1, sizeof(*l->seats));
    if (!l->seats)
        return -ENOMEM;
    add_seats(l, f->known, f->n_known);
    add_seats(l, f->bystanders, f->n_bystanders);
    qsort(l->seats, l->n_seats, sizeof(*l->seats), compare_ports);
    return 0;
}

struct search {
    const char *owner;
    const struct ww_container *found;
};

static int has_owner(const struct ww_container *c, void *arg)
{
    struct search *search = arg;
    if (strncmp(c->id, search->owner, WW_OWNER) != 0)
        return 0;
    search->found = c;
    return 1;
}

static const struct ww_container *container_of(const struct ww_agent *a, const char *owner)
{
    struct search search = {.owner = owner};
    ww_world_each_container(a->world, has_owner, &search);
    return search.found;
}

/* The container whose network namespace it shares may have ended, and have no rules any more. An audited container's
 * packets are not dropped. */
static bool is_enforced(const struct ww_agent *a, const struct ww_container *c)
{
    const char *home = ww_world_home(a->world, c->id);
    const struct ww_container *head = ww_world_container(a->world, home);
    const struct ww_ruleset *rs = ww_plan_get(a->desired, home);
    return ww_audit_enforces(a, c) || (head && ww_audit_enforces(a, head)) || (rs && !rs->audited);
}

/* The endpoint need not be in the fence: its container may not have been judged yet. */
static bool is_endpoints(const struct looking *l, const struct ww_port *port)
{
    for (size_t i = 0; port->proof && i < l->n->n_endpoints; i++) {
        const char *id = l->n->endpoints[i].container_id;
        if (strncmp(id, port->owner, WW_OWNER) == 0)
            return ww_portmap_of(ww_ports_map(l->agent->ports), l->n->bridge, id) == port;
    }
    return false;
}

/* The container that lives behind the port now; NULL: none that is known, or it cannot be told from here. */
static const struct ww_container *resident_of(const struct looking *l, const struct ww_port *port)
{
    const struct ww_agent *a = l->agent;
    const char *id = ww_port_bindings_blind(a) ? NULL : ww_ports_resident(a->ports, port);
    return id ? ww_world_container(a->world, id) : NULL;
}

static int fence_leftover(const struct looking *l, const struct ww_port *port, const char *id)
{
    char *text = NULL;
    if (asprintf(&text, "%s %u", id, port->index) < 0)
        return -ENOMEM;
    struct ww_known known = {.container = text, .managed = true, .port = port->index, .port_mac = port->own_mac};
    int rc = ww_fence_add_known(l->fence, &known);
    free(text);
    return rc;
}

static bool runs(const struct ww_container *c)
{
    return c->pid || c->state == WW_RUNNING || c->state == WW_PAUSED;
}

static int ask_process(const struct ww_container *c, void *arg)
{
    const struct ww_agent *a = arg;
    if (runs(c) && !c->pid_told_ns && is_enforced(a, c))
        ww_source_ask_process(a->source, c->id, 0);
    return 0;
}

/* Of a port that is no container's any more, or whose container is gone, it is remembered what it was: also where that
 * was a guess which the process behind it contradicts, for the container that had the port went by a managed
 * container's MAC. */
static int look_at_port(const struct looking *l, const struct ww_port *port)
{
    struct ww_agent *a = l->agent;
    if ((port->proof && !port->managed && !a->guard.bystanders) || is_endpoints(l, port))
        return 0;
    const struct ww_container *resident = resident_of(l, port);
    const struct ww_container *c = port->proof ? container_of(a, port->owner) : resident;
    if (!c && port->old) /* it was left before the program was there, perhaps */
        ww_world_each_container(a->world, ask_process, a);
    if (c ? !is_enforced(a, c) : a->audit || !port->managed)
        return 0;
    const char *id = c ? c->id : port->owner;
    ww_port_bindings_left(a, l->n, id, port->index, resident != NULL);
    return fence_leftover(l, port, id);
}

int ww_port_leftovers_fence(struct ww_agent *a, const struct ww_network *n, struct ww_fence *f)
{
    struct looking l = {.agent = a, .n = n, .fence = f};
    const struct ww_portmap *map = a->ports ? ww_ports_map(a->ports) : NULL;
    const struct ww_bridge *b = map ? ww_portmap_bridge_named(map, n->bridge) : NULL;
    int rc = b ? find_seats(&l) : 0;
    for (const struct ww_port *port = b ? map->ports : NULL; port && rc == 0; port = port->hh.next)
        if (port->bridge == b->index && !bsearch(&port->index, l.seats, l.n_seats, sizeof(*l.seats), compare_ports))
            rc = look_at_port(&l, port);
    free(l.seats);
    return rc;
}

static int mark_network(const struct ww_network *n, void *arg)
{
    const struct looking *l = arg;
    const struct ww_portmap *map = ww_ports_map(l->agent->ports);
    const struct ww_bridge *b = ww_network_is_bridge(n) ? ww_portmap_bridge_named(map, n->bridge) : NULL;
    for (size_t i = 0; b && i < l->n_seats; i++)
        if (l->seats[i] == b->index)
            return ww_world_mark_network_dirty(l->agent->world, n->id);
    return 0;
}

/* Most ports are some endpoint's; those that are not may be one that the container has left. */
void ww_port_leftovers_follow(struct ww_agent *a, const struct ww_container *c)
{
    uint32_t bridges[16];
    struct looking l = {.agent = a, .seats = bridges};
    int32_t netns = -1;
    (void)ww_ports_note_process(a->ports, c->id, c->pid);
    if (!c->pid || ww_ports_netns(a->ports, c->pid, &netns) < 0 || netns < 0)
        return;
    for (const struct ww_port *port = ww_ports_map(a->ports)->ports; port; port = port->hh.next)
        if (port->netns == netns && !port->proof && l.n_seats < sizeof(bridges) / sizeof(bridges[0]))
            bridges[l.n_seats++] = port->bridge;
    if (l.n_seats)
        ww_world_each_network(a->world, mark_network, &l);
}
