/* world and desired rulesets → fences. Which networks are guarded is in ww_guard_state(), which endpoints are known in
 * fence_endpoint().
 */
#include "core/agent/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/apart.h"
#include "core/agent/audit.h"
#include "core/agent/guard_lease.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_binding_find.h"
#include "core/agent/port_bindings.h"
#include "core/agent/port_leftover.h"
#include "core/agent/timers.h"

/* Of an audited container nothing is dropped: nothing has to be held back for it. */
static int is_enforced(const struct ww_container *c, void *arg)
{
    return ww_audit_enforces(arg, c);
}

static bool has_enforced_endpoint(const struct ww_agent *a, const struct ww_network *n)
{
    for (size_t i = 0; i < n->n_endpoints; i++) {
        const struct ww_ruleset *rs = ww_plan_get(a->desired, n->endpoints[i].container_id);
        if (rs && !rs->audited)
            return true;
    }
    return false;
}

static int is_enforced_overlay(const struct ww_network *n, void *arg)
{
    const struct ww_agent *a = arg;
    return ww_network_is_overlay(n) && ww_world_each_configured(a->world, n, is_enforced, arg);
}

/* What an overlay's containers have to do with the gateway network no configuration says. */
static bool has_enforced_container(const struct ww_agent *a, const struct ww_network *n)
{
    if (ww_world_each_configured(a->world, n, is_enforced, (void *)a) || has_enforced_endpoint(a, n))
        return true;
    return n->name && strcmp(n->name, WW_GATEWAY_NETWORK) == 0 &&
           ww_world_each_network(a->world, is_enforced_overlay, (void *)a);
}

/* The container that is made there next may be managed, and may be made while the program is away. With -audit it is
 * not one of which anything is dropped, unless its label says so. */
static bool was_guarded(const struct ww_agent *a, const struct ww_network *n)
{
    const struct ww_fence *fence = ww_fences_get(a->fences, n->id);
    return !a->audit && fence && fence->guarded && !fence->brief;
}

enum ww_guard_state ww_guard_state(const struct ww_agent *a, const struct ww_network *n)
{
    if (a->guard.mode == WW_GUARD_OFF)
        return WW_UNGUARDED_OFF;
    if (ww_switch_parse(n->guard) == WW_SWITCH_OFF)
        return WW_UNGUARDED_LABEL;
    if (a->guard.mode == WW_GUARD_ALL)
        return WW_GUARDED_ALL;
    if (n->default_bridge)
        return ww_guard_leases_until(&a->guard.leases) > 0 ? WW_GUARDED_LEASE : WW_UNGUARDED;
    if (has_enforced_container(a, n))
        return WW_GUARDED_AUTO;
    return was_guarded(a, n) ? WW_GUARDED_KEPT : WW_UNGUARDED;
}

const char *ww_guard_state_text(enum ww_guard_state state)
{
    static const char *const texts[] = {"auto", "all", "kept", "moment", "none", "label", "off"};
    return texts[state];
}

/* One fence under way. */
struct fencing {
    struct ww_agent *agent;
    const struct ww_network *network;
    struct ww_fence *fence;
};

static void collect_source(struct ww_addr *list, size_t *n, const struct ww_addr *addr)
{
    if (addr->family)
        list[(*n)++] = *addr;
}

/* A managed endpoint answers by its container's routes: from all of its addresses. */
static int fence_managed(struct fencing *f, struct ww_known *known, const struct ww_ruleset *rs)
{
    known->managed = true;
    known->sources = calloc(2 * rs->n_endpoints + 1, sizeof(*known->sources));
    if (!known->sources)
        return -ENOMEM;
    for (size_t i = 0; i < rs->n_endpoints; i++) {
        collect_source(known->sources, &known->n_sources, &rs->endpoints[i].ipv4);
        collect_source(known->sources, &known->n_sources, &rs->endpoints[i].ipv6);
    }
    int rc = ww_fence_add_known(f->fence, known);
    free(known->sources);
    return rc;
}

static struct ww_mac mac_of_port(const struct ww_agent *a, uint32_t index)
{
    const struct ww_port *port = a->ports ? ww_portmap_port(ww_ports_map(a->ports), index) : NULL;
    return port ? port->own_mac : (struct ww_mac){0};
}

/*
 * Known are the endpoints whose container was judged: managed endpoints with their ruleset, all others, of audited
 * containers too, freely. On a network without guard the managed endpoints are bound to their port, and no other
 * endpoint must be taken for one of them there.
 */
static int fence_endpoint(struct fencing *f, const struct ww_endpoint *e)
{
    struct ww_agent *a = f->agent;
    struct ww_known known = {
        .container = e->container_id, .addrs = e->addrs, .port = ww_port_bindings_port(a, f->network, e)};
    known.port_mac = mac_of_port(a, known.port);
    const struct ww_ruleset *judged = ww_plan_get(a->desired, e->container_id);
    const struct ww_ruleset *rs = judged && !judged->audited ? judged : NULL;
    const struct ww_container *c = ww_world_container(a->world, e->container_id);
    bool engines = !c && strcmp(e->container_id, WW_INGRESS_SANDBOX) == 0;
    if (!judged && !engines && (!c || ww_container_managed(c) != WW_UNMANAGED))
        return 0;
    if (a->ports)
        ww_ports_mark(a->ports, known.port, rs != NULL);
    if (!rs && !f->fence->guarded) /* it is not noticed that its port is not known */
        return a->guard.bystanders ? ww_fence_add_bystander(f->fence, &known) : 0;
    ww_port_bindings_note(a, f->network, e, known.port);
    return rs ? fence_managed(f, &known, rs) : ww_fence_add_known(f->fence, &known);
}

/* The last address is the broadcast address; a gateway that the engine does not tell is the first. */
static int fence_subnet(struct ww_fence *fence, const struct ww_subnet *subnet)
{
    struct ww_addr gateway = subnet->gateway;
    if (!gateway.family) {
        gateway = subnet->range.lo;
        gateway.bytes[ww_addr_size(&gateway) - 1] |= 1;
    }
    int rc = ww_fence_add_subnet(fence, &subnet->range);
    if (rc == 0)
        rc = ww_fence_add_always(fence, &gateway);
    if (rc == 0 && subnet->range.hi.family == AF_INET)
        rc = ww_fence_add_always(fence, &subnet->range.hi);
    return rc;
}

/* What the bridge has itself, which need not be what the engine calls the gateway. */
static int fence_own(struct fencing *f)
{
    const struct ww_addr *own = NULL;
    size_t n = 0;
    int rc = 0;
    if (!f->agent->ports || !ww_ports_own(f->agent->ports, f->network->bridge, &f->fence->own_mac, &own, &n))
        return 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = ww_fence_add_own(f->fence, &own[i]);
    return rc;
}

static int fence_fill(struct fencing *f)
{
    const struct ww_network *n = f->network;
    int rc = 0;
    for (size_t i = 0; i < n->n_subnets && rc == 0; i++)
        rc = fence_subnet(f->fence, &n->subnets[i]);
    for (size_t i = 0; i < n->n_aux && rc == 0; i++)
        rc = ww_fence_add_aux(f->fence, &n->aux[i]);
    if (rc == 0)
        rc = fence_own(f);
    for (size_t i = 0; i < n->n_endpoints && rc == 0; i++)
        rc = fence_endpoint(f, &n->endpoints[i]);
    return rc < 0 ? rc : ww_port_leftovers_fence(f->agent, n, f->fence);
}

static int fence_make(struct ww_agent *a, const struct ww_network *n, struct ww_error *err)
{
    struct fencing f = {.agent = a, .network = n};
    f.fence = ww_fence_new(n->id, n->name ? n->name : n->id, n->bridge);
    if (!f.fence)
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_apart_leave(a, n->bridge);
    enum ww_guard_state state = ww_guard_state(a, n);
    f.fence->guarded = state <= WW_GUARDED_LEASE;
    f.fence->brief = state == WW_GUARDED_LEASE;
    ww_port_bindings_settle(a, n);
    ww_port_bindings_begin(a, n->id);
    int rc = fence_fill(&f) < 0 ? ww_fail(err, -ENOMEM, "out of memory") : ww_fence_seal(f.fence, err);
    if (rc == 0 && (f.fence->guarded || f.fence->n_known || f.fence->n_bystanders))
        rc = ww_fences_set(a->fences, f.fence, err);
    else if (rc == 0) /* what could not be made leaves the former one in force */
        ww_fences_remove(a->fences, n->id);
    ww_port_bindings_end(a, n->id);
    ww_fence_unref(f.fence);
    return rc;
}

static int mark_any(const struct ww_network *n, void *arg)
{
    return ww_world_mark_network_dirty(arg, n->id);
}

static int is_any(struct ww_ruleset *rs, void *arg)
{
    (void)rs;
    (void)arg;
    return 1;
}

static int is_enforcing(struct ww_ruleset *rs, void *arg)
{
    (void)arg;
    return !rs->audited;
}

static int is_guarded(struct ww_fence *f, void *arg)
{
    (void)arg;
    return f->guarded && !f->brief;
}

/* As long as table bridge may be there: at a port that is not known each packet costs more look-ups. */
void ww_guard_bystanders(struct ww_agent *a)
{
    bool managing = ww_plan_each(a->desired, is_enforcing, NULL) > 0;
    bool judging = ww_plan_each(a->desired, is_any, NULL) > 0;
    bool wanted = managing || ww_fences_each(a->fences, is_guarded, NULL) > 0;
    if (managing != a->guard.managing || judging != a->guard.judging)
        a->look_apart = true;
    a->guard.managing = managing;
    a->guard.judging = judging;
    if (wanted == a->guard.bystanders)
        return;
    a->guard.bystanders = wanted;
    a->look_apart = true;
    ww_world_each_network(a->world, mark_any, a->world);
}

int ww_guard_network(struct ww_agent *a, const char *id, struct ww_error *err)
{
    const struct ww_network *n = ww_world_network(a->world, id);
    if (n && ww_network_is_bridge(n))
        return fence_make(a, n, err);
    ww_port_bindings_begin(a, id);
    ww_port_bindings_end(a, id);
    ww_fences_remove(a->fences, id);
    a->look_apart = true; /* the bridge may stay, as another program's */
    return 0;
}

static int mark_default(const struct ww_network *n, void *arg)
{
    return n->default_bridge ? ww_world_mark_network_dirty(arg, n->id) : 0;
}

/* The default bridges are looked at where it is not what it was. */
static void follow_leases(struct ww_agent *a)
{
    int64_t until = ww_guard_leases_until(&a->guard.leases);
    ww_timers_until(a->timers, WW_TIMER_GUARD_LEASE, until);
    if (a->guard.leases.told == (until > 0))
        return;
    a->guard.leases.told = until > 0;
    ww_world_each_network(a->world, mark_default, a->world);
}

void ww_guard_lease_due(struct ww_agent *a)
{
    ww_guard_leases_expire(&a->guard.leases, ww_source_is_busy(a->source));
    follow_leases(a);
}

/* Is the container on, or configured for, a default bridge? */
struct place {
    const struct ww_container *c;
    bool configured;
    bool attached;
};

static int look_at_default(const struct ww_network *n, void *arg)
{
    struct place *place = arg;
    if (!n->default_bridge)
        return 0;
    for (size_t i = 0; i < place->c->n_networks; i++)
        if ((n->name && strcmp(place->c->networks[i], n->name) == 0) || strcmp(place->c->networks[i], n->id) == 0)
            place->configured = true;
    place->attached = place->attached || ww_network_endpoint(n, place->c->id);
    return 0;
}

int ww_guard_container(struct ww_agent *a, const char *id, struct ww_error *err)
{
    struct place place = {.c = ww_world_container(a->world, id)};
    if (place.c && !place.c->network_mode) /* announced, not inspected yet: it may be for any network */
        place.configured = ww_audit_enforces(a, place.c);
    /* also one that runs: its inspect may be answered before the network's, which has its address */
    if (place.c && ww_audit_enforces(a, place.c) && place.c->state != WW_EXITED)
        ww_world_each_network(a->world, look_at_default, &place);
    int rc = 0;
    if (place.configured && !place.attached)
        rc = ww_guard_lease_begin(&a->guard.leases, id, err);
    else
        ww_guard_lease_end(&a->guard.leases, id);
    follow_leases(a);
    return rc < 0 ? rc : 0;
}

void ww_guard_forget_neighbours(struct ww_agent *a, const struct ww_fence_diff *fences)
{
    struct ww_error err = {0};
    if (ww_kernel_forget_neighbours(a->kernel, fences, &err) < 0)
        ww_log(a->log, WW_ERROR, "what was sent to a new container before it had its rules may still reach it",
               WW_S("error", err.text));
}

static int bridge_groups(struct ww_agent *a, const struct ww_fence_diff *fences, struct ww_error *err)
{
    struct ww_fence_diff all = {0};
    struct ww_fences *none = fences ? NULL : ww_fences_new();
    int rc = 0;
    if (!fences)
        rc =
            none ? ww_fences_diff(none, a->fences_applied, NULL, 0, &all, err) : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = ww_kernel_bridge_groups(a->kernel, fences ? fences : &all, err);
    ww_fence_diff_done(&all);
    ww_fences_free(none);
    return rc;
}

void ww_guard_bridge_groups(struct ww_agent *a, const struct ww_fence_diff *fences)
{
    struct ww_error err = {0};
    if (bridge_groups(a, fences, &err) < 0)
        ww_log(a->log, WW_WARN, "a managed container may lend its bytes to another's datagram in fragments",
               WW_S("error", err.text));
}
