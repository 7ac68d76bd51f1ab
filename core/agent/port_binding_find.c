/* Which port is which endpoint's: by the process, else by the MAC address that the engine gave. Read
 * ww_port_bindings_settle() first. */
#include "core/agent/port_binding_find.h"

#include <errno.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_bindings.h"
#include "core/agent/port_leftover.h"

/* The endpoint that a port is looked for. */
struct seeker {
    struct ww_agent *agent;
    const struct ww_network *n;
    const struct ww_endpoint *e;
    const struct ww_container *c;
};

static const struct ww_portmap *map_of(const struct seeker *s)
{
    return ww_ports_map(s->agent->ports);
}

static const struct ww_port *own_port(const struct seeker *s)
{
    return ww_portmap_of(map_of(s), s->n->bridge, s->e->container_id);
}

static bool runs(const struct ww_container *c)
{
    return c->pid || c->state == WW_RUNNING || c->state == WW_PAUSED;
}

/* The engine's word about the network is as new as the port, or it is asked for. */
static bool is_told(const struct seeker *s, int64_t since)
{
    if (s->n->told_ns >= since)
        return true;
    ww_world_await_network(s->agent->world, s->n->id);
    ww_source_ask_network(s->agent->source, s->n->id, since);
    return false;
}

/* … and its word about the process. */
static bool is_process_told(const struct seeker *s, int64_t since)
{
    if (s->c->pid_told_ns >= since)
        return true;
    ww_source_ask_process(s->agent->source, s->c->id, since);
    return false;
}

/*
 * The port was proven by a process that has ended, and is of the container's former life: it goes when the kernel gets
 * to it, which can be seconds later, where many network namespaces end at once.
 */
static bool is_former(const struct seeker *s, const struct ww_port *port)
{
    int32_t netns;
    return port->process && s->c && port->process != s->c->pid &&
           ww_ports_netns(s->agent->ports, port->process, &netns) == -ESRCH;
}

/* Without memory: it is looked for again. */
static void own(const struct seeker *s, const struct ww_port *port, enum ww_proof proof)
{
    struct ww_ports *ports = s->agent->ports;
    if (proof != WW_PROOF_PID) {
        ww_ports_give(ports, port->index, s->e->container_id, proof);
        return;
    }
    ww_ports_prove(ports, port->index, s->e->container_id, s->c->pid);
    s->agent->port_bindings.pids_seen = true;
}

/* Does the process of the container that has this port say so, still? */
static bool owner_insists(const struct seeker *s, const struct ww_port *port)
{
    for (size_t i = 0; i < s->n->n_endpoints; i++) {
        const char *id = s->n->endpoints[i].container_id;
        if (strncmp(id, port->owner, WW_OWNER) != 0)
            continue;
        const struct ww_container *c = ww_world_container(s->agent->world, id);
        return c && c->pid && ww_ports_leads_to(s->agent->ports, port->index, c->pid) == 1;
    }
    return false;
}

/* The one port that leads into this namespace; NULL: none, several, or it is not to be believed yet. */
static const struct ww_port *port_in(const struct seeker *s, int32_t netns)
{
    const struct ww_port *port = netns < 0 ? NULL : ww_portmap_in_netns(map_of(s), s->n->bridge, netns);
    if (!port || port->next[WW_BY_NETNS] || !is_process_told(s, port->since) || !is_told(s, port->since))
        return NULL;
    if (port->proof == WW_PROOF_PID && owner_insists(s, port))
        return NULL; /* two cannot be right: the first container keeps it */
    return ww_ports_leads_to(s->agent->ports, port->index, s->c->pid) == 1 ? port : NULL;
}

static void take_by_process(const struct seeker *s, const struct ww_port *port)
{
    char other[WW_OWNER + 1] = "";
    if (port->proof)
        memcpy(other, port->owner, sizeof(other));
    own(s, port, WW_PROOF_PID);
    if (other[0])
        ww_port_bindings_contradicted(s->agent, s->n, s->e, port->index, other);
}

/* What was taken for its port: is it? */
static void verify(const struct seeker *s, const struct ww_port *mine, int32_t netns)
{
    struct ww_ports *ports = s->agent->ports;
    if (!is_process_told(s, mine->since))
        return;
    if (mine->netns == netns && ww_ports_leads_to(ports, mine->index, s->c->pid) == 1) {
        own(s, mine, WW_PROOF_PID);
        return;
    }
    const struct ww_port *port = port_in(s, netns);
    if (!port && (mine->proof != WW_PROOF_GUESS || ww_port_bindings_blind(s->agent)))
        return; /* it is at least as well known as what says otherwise */
    bool mistaken = !is_former(s, mine);
    ww_ports_give(ports, mine->index, s->e->container_id, WW_PROOF_NONE);
    if (!port)
        return;
    take_by_process(s, port);
    if (mistaken)
        ww_port_bindings_contradicted(s->agent, s->n, s->e, port->index, "");
}

static void bind_by_process(const struct seeker *s)
{
    const struct ww_port *mine = own_port(s);
    int32_t netns = -1;
    if (mine && mine->proof == WW_PROOF_PID && mine->process == s->c->pid)
        return;
    if (!s->c->pid) {
        if (runs(s->c) && !s->c->pid_told_ns)
            ww_source_ask_process(s->agent->source, s->c->id, 0);
        return;
    }
    int rc = ww_ports_netns(s->agent->ports, s->c->pid, &netns);
    const struct ww_port *port = rc == 0 && !mine ? port_in(s, netns) : NULL;
    if (rc == 0 && mine)
        verify(s, mine, netns);
    else if (port)
        take_by_process(s, port);
    if (ww_port_bindings_blind(s->agent) && (rc == -ESRCH || netns < 0))
        ww_port_bindings_blinded(s->agent);
}

/* The one port with its MAC that is no container's; NULL: none, or several. */
static const struct ww_port *port_with_mac(const struct seeker *s, int64_t *ret_since)
{
    const struct ww_port *found = NULL;
    int64_t left = 0;
    const struct ww_port *port = ww_portmap_with_mac(map_of(s), s->n->bridge, &s->e->addrs.mac, &left);
    for (; port; port = port->next[WW_BY_MAC]) {
        if (port->proof)
            continue;
        if (found)
            return NULL;
        found = port;
    }
    if (found)
        *ret_since = left > found->since ? left : found->since;
    return found;
}

/* Its process says which ports are its: but of those that came later. */
static bool process_speaks(const struct seeker *s, const struct ww_port *port)
{
    return s->c->pid && s->c->pid_told_ns >= port->since && !ww_port_bindings_blind(s->agent);
}

/* Could the port be this one's, which runs and has none? */
static bool is_rival(const struct seeker *s, const struct ww_port *port)
{
    int32_t netns = -1;
    const struct ww_port *mine = own_port(s);
    if (!s->c || !runs(s->c) || (mine && !is_former(s, mine)))
        return false;
    int rc = s->c->pid ? ww_ports_netns(s->agent->ports, s->c->pid, &netns) : 0;
    if (rc == -ESRCH) /* it has ended, and the engine will say so */
        return false;
    return !s->c->pid || rc < 0 || netns == port->netns;
}

static struct seeker seeker_of(struct ww_agent *a, const struct ww_network *n, size_t i)
{
    const struct ww_endpoint *e = &n->endpoints[i];
    return (struct seeker){a, n, e, ww_world_container(a->world, e->container_id)};
}

/* A container that runs could have made its MAC that of one that is about to start. */
static bool has_rival(const struct seeker *s, const struct ww_port *port)
{
    for (size_t i = 0; i < s->n->n_endpoints && !ww_port_bindings_blind(s->agent); i++) {
        struct seeker other = seeker_of(s->agent, s->n, i);
        if (other.e != s->e && is_rival(&other, port))
            return true;
    }
    return false;
}

/*
 * One that was there before the program may be any container's: also a leftover of a container that is on other
 * networks now, if on any, and has made its MAC that of one that is about to start. Before that one runs, no other fact
 * tells.
 */
static bool is_too_old(const struct seeker *s, const struct ww_port *port)
{
    return port->old && !ww_port_bindings_blind(s->agent);
}

static void bind_by_mac(const struct seeker *s)
{
    int64_t since = 0;
    const struct ww_port *port = port_with_mac(s, &since);
    bool running = runs(s->c);
    if (!port || process_speaks(s, port) || (!running && (is_too_old(s, port) || has_rival(s, port))) ||
        !is_told(s, since))
        return;
    if (running && s->c->pid)
        is_process_told(s, port->since); /* by a word that is newer than this port */
    own(s, port, running ? WW_PROOF_GUESS : WW_PROOF_EARLY);
}

/* The engine's own endpoint has no process that it tells of. No other endpoint's may be the port. */
static void bind_for_engine(const struct seeker *s)
{
    int64_t since = 0;
    const struct ww_port *port = own_port(s) ? NULL : port_with_mac(s, &since);
    if (port && !has_rival(s, port) && is_told(s, since))
        own(s, port, WW_PROOF_GUESS);
}

/* Those that run and those that do not; how many are left without a port. */
static size_t bind_all_by_mac(struct ww_agent *a, const struct ww_network *n, bool running)
{
    size_t left = 0;
    for (size_t i = 0; i < n->n_endpoints; i++) {
        struct seeker s = seeker_of(a, n, i);
        if (!s.c || ww_mac_is_zero(&s.e->addrs.mac) || own_port(&s))
            continue;
        if (runs(s.c) == running)
            bind_by_mac(&s);
        left += own_port(&s) == NULL;
    }
    return left;
}

void ww_port_bindings_settle(struct ww_agent *a, const struct ww_network *n)
{
    bool all = true;
    for (size_t i = 0; a->ports && i < n->n_endpoints; i++) {
        const struct seeker s = seeker_of(a, n, i);
        const struct ww_port *mine = own_port(&s);
        if (mine && mine->proof == WW_PROOF_PID && (!s.c || mine->process == s.c->pid))
            continue;
        if (s.c)
            bind_by_process(&s);
        all = all && own_port(&s);
    }
    if (a->ports && !all && bind_all_by_mac(a, n, true))
        bind_all_by_mac(a, n, false);
    for (size_t i = 0; a->ports && i < n->n_endpoints; i++) {
        struct seeker s = {a, n, &n->endpoints[i], NULL};
        if (strcmp(s.e->container_id, WW_INGRESS_SANDBOX) == 0)
            bind_for_engine(&s);
    }
}

struct following {
    struct ww_agent *agent;
    const struct ww_container *c;
};

/* Where the answer only confirms what was thought, nothing is to be done. */
static int follow(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    const struct following *f = arg;
    const struct seeker s = {f->agent, n, e, f->c};
    if (!ww_network_is_bridge(n))
        return 0;
    const struct ww_port *before = own_port(&s);
    bind_by_process(&s);
    const struct ww_port *mine = own_port(&s);
    return mine && mine == before ? 0 : ww_world_mark_network_dirty(f->agent->world, n->id);
}

void ww_port_bindings_follow(struct ww_agent *a)
{
    const char *id;
    while ((id = ww_world_next_told(a->world))) {
        struct following f = {a, ww_world_container(a->world, id)};
        if (a->ports && f.c)
            ww_port_leftovers_follow(a, f.c);
        if (a->ports && f.c)
            ww_world_each_endpoint(a->world, id, follow, &f);
    }
}
