/* Containers that are closed because their port is not known, or is not the one they were taken for: for the log and
 * the status. */
#include "core/agent/port_binding_fault.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/agent/agent_internal.h"
#include "core/agent/port_bindings.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"
#include "core/control/status.h"

/* Between an engine's word that a container runs and that its port is known lies less than this. */
#define PATIENCE_NS (3 * WW_NS_PER_S)
#define PATIENCE_ENDED_NS                                                                                              \
    (30 * WW_NS_PER_S) /* … and between a process's end and a busy engine's word of it, than this */
#define LINES 20       /* in the log … */
#define LINES_NS (60 * WW_NS_PER_S)
#define RETRY_MS 1000
#define RETRY_LATER_MS 10000 /* … once the log has said it */

struct ww_port_binding_fault {
    UT_hash_handle hh;
    char *key; /* the network's id, a blank, the container's id; a leftover's port behind that */
    char *network;
    char *container;
    char *network_name;
    uint32_t port; /* another container was taken for the one behind it; 0: it is not known which it is */
    bool left;     /* … none was: the container has a port there, and no endpoint */
    int64_t since; /* ww_clock_mono() */
    bool said;
    bool noted;
    char text[256];
};

static void fault_free(struct ww_port_binding_fault *t)
{
    free(t->key);
    free(t->network);
    free(t->container);
    free(t->network_name);
    free(t);
}

static void fault_end(struct ww_port_binding_faults *all, struct ww_port_binding_fault *t)
{
    HASH_DEL(all->by_key, t);
    fault_free(t);
}

void ww_port_bindings_done(struct ww_port_binding_faults *all)
{
    struct ww_port_binding_fault *t, *next;
    HASH_ITER (hh, all->by_key, t, next)
        fault_end(all, t);
}

static struct ww_port_binding_fault *fault_new(const struct ww_network *n, const char *container, const char *key)
{
    struct ww_port_binding_fault *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->key = strdup(key);
    t->network = strdup(n->id);
    t->container = strdup(container);
    t->network_name = strdup(n->name ? n->name : n->id);
    t->since = ww_clock_mono();
    if (t->key && t->network && t->container && t->network_name)
        return t;
    fault_free(t);
    return NULL;
}

/* NULL when out of memory, or there is none and it is not to be made. left: of this leftover; 0: of the endpoint. */
static struct ww_port_binding_fault *fault_find(struct ww_port_binding_faults *all, const struct ww_network *n,
                                                const char *container, uint32_t left, bool make)
{
    char *key = NULL;
    char port[16] = "";
    struct ww_port_binding_fault *t = NULL;
    if (left)
        snprintf(port, sizeof(port), " %u", left);
    if (asprintf(&key, "%s %s%s", n->id, container, port) < 0)
        return NULL;
    HASH_FIND_STR(all->by_key, key, t);
    if (!t && make) {
        t = fault_new(n, container, key);
        if (t)
            HASH_ADD_KEYPTR(hh, all->by_key, t->key, strlen(t->key), t);
        if (t && !t->hh.tbl) {
            fault_free(t);
            t = NULL;
        }
    }
    free(key);
    return t;
}

static struct ww_port_binding_fault *fault_get(struct ww_port_binding_faults *all, const struct ww_network *n,
                                               const char *container, bool make)
{
    return fault_find(all, n, container, 0, make);
}

static const char *container_name(const struct ww_agent *a, const char *id)
{
    const struct ww_container *c = ww_world_container(a->world, id);
    return c && c->name ? c->name : id;
}

static bool has_no_mac(const struct ww_network *n, const char *container)
{
    const struct ww_endpoint *e = ww_network_endpoint(n, container);
    return e && ww_mac_is_zero(&e->addrs.mac);
}

/* Why it is not known: for people, so what is asked of the kernel here costs nothing that matters. */
static const char *reason(const struct ww_agent *a, const struct ww_port_binding_fault *t)
{
    const struct ww_container *c = ww_world_container(a->world, t->container);
    const struct ww_network *n = ww_world_network(a->world, t->network);
    int32_t netns = -1;
    if (!c || !n || !n->bridge)
        return "it is gone";
    if (has_no_mac(n, t->container))
        return "the engine does not say which MAC address it has";
    if (!c->pid_told_ns)
        return "the engine does not say which process it has, and its MAC address is at no port, or at several";
    if (!c->pid)
        return "no port has its MAC address, or several have";
    if (ww_ports_netns(a->ports, c->pid, &netns) < 0)
        return "its process is gone, or cannot be seen from here";
    const struct ww_port *port = netns < 0 ? NULL : ww_portmap_in_netns(ww_ports_map(a->ports), n->bridge, netns);
    if (!port)
        return "no port leads into the network namespace of its process";
    if (port->next[WW_BY_NETNS])
        return "several ports lead into the network namespace of its process";
    return port->proof ? "the port that leads to its process is known to be another container's"
                       : "the engine has not confirmed it since its port is there";
}

/* The status has all of them; a thousand lines at once are no help. */
static bool may_log(struct ww_agent *a)
{
    struct ww_port_binding_faults *all = &a->port_binding_faults;
    int64_t now = ww_clock_mono();
    if (now - all->lines_since >= LINES_NS) {
        all->lines_since = now;
        all->lines = 0;
    }
    if (++all->lines == LINES + 1)
        ww_log(a->log, WW_ERROR,
               "more containers are closed because their ports are not known: `whalewall status` has them");
    return all->lines <= LINES;
}

static void say(struct ww_agent *a, struct ww_port_binding_fault *t)
{
    const char *why = reason(a, t);
    t->said = true;
    snprintf(t->text, sizeof(t->text),
             "closed on network '%.64s', because the container's port at its bridge is not known: %s", t->network_name,
             why);
    if (!may_log(a))
        return;
    ww_log(a->log, WW_ERROR, "container closed on a network: the container's port at the bridge is not known",
           WW_ID(t->container), WW_S("container.name", container_name(a, t->container)),
           WW_S("network", t->network_name), WW_S("reason", why));
}

void ww_port_bindings_begin(struct ww_agent *a, const char *network)
{
    for (struct ww_port_binding_fault *t = a->port_binding_faults.by_key; t; t = t->hh.next)
        if (strcmp(t->network, network) == 0)
            t->noted = false;
}

/* It stays in the status as long as the port is that container's. */
static bool stands(const struct ww_agent *a, const struct ww_port_binding_fault *t)
{
    const struct ww_port *port = t->port && a->ports ? ww_portmap_port(ww_ports_map(a->ports), t->port) : NULL;
    return port && port->proof && strncmp(port->owner, t->container, WW_OWNER) == 0;
}

/* The container's process has ended, and the engine has not said so yet: nothing of it is there that could be closed.
 */
static bool has_ended(const struct ww_agent *a, const struct ww_container *c)
{
    int32_t netns;
    return c->pid_told_ns && c->pid && a->ports && !ww_port_bindings_blind(a) &&
           ww_ports_netns(a->ports, c->pid, &netns) == -ESRCH;
}

static bool is_due(const struct ww_agent *a, const struct ww_port_binding_fault *t, const struct ww_container *c)
{
    int64_t lasts = ww_clock_mono() - t->since;
    return lasts >= PATIENCE_ENDED_NS || (lasts >= PATIENCE_NS && !has_ended(a, c));
}

void ww_port_bindings_note(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e, uint32_t port)
{
    const struct ww_container *c = ww_world_container(a->world, e->container_id);
    bool known = !a->ports || ww_portmap_port(ww_ports_map(a->ports), port);
    bool up = c && (c->state == WW_RUNNING || c->state == WW_PAUSED);
    bool troubled = !known && up;
    if (!troubled && !a->port_binding_faults.by_key)
        return;
    struct ww_port_binding_fault *t = fault_get(&a->port_binding_faults, n, e->container_id, troubled);
    if (!t)
        return;
    t->noted = known ? stands(a, t) : up;
    if (!troubled)
        return;
    if (t->port) {
        t->port = 0;
        t->said = false;
        t->since = ww_clock_mono();
    }
    if (!ww_source_answers(a->source)) /* an engine that is away cannot say that it has ended */
        t->since = ww_clock_mono();
    if (!t->said && is_due(a, t, c))
        say(a, t);
    ww_timers_sooner(a->timers, WW_TIMER_PORT_BINDINGS, t->said ? RETRY_LATER_MS : RETRY_MS);
}

static void say_left(struct ww_agent *a, struct ww_port_binding_fault *t)
{
    char name[IF_NAMESIZE];
    const char *device = if_indextoname(t->port, name);
    if (!device) /* it is about to go */
        return;
    t->said = true;
    snprintf(
        t->text, sizeof(t->text),
        "closed on network '%.64s' at interface %s of the host, which leads to it though it has no endpoint there: "
        "restart the container, or remove that interface (ip link del %s)",
        t->network_name, device, device);
    if (may_log(a))
        ww_log(a->log, WW_ERROR, "container closed at a bridge port that it has left behind", WW_ID(t->container),
               WW_S("container.name", container_name(a, t->container)), WW_S("network", t->network_name),
               WW_S("interface", device));
}

void ww_port_bindings_left(struct ww_agent *a, const struct ww_network *n, const char *container, uint32_t port,
                           bool runs)
{
    struct ww_port_binding_fault *t = fault_find(&a->port_binding_faults, n, container, port, true);
    if (!t)
        return;
    t->port = port;
    t->left = true;
    t->noted = true;
    /* engines take an endpoint out of what they tell before its interface is gone */
    if (!t->said && ww_clock_mono() - t->since >= (runs ? PATIENCE_NS : PATIENCE_ENDED_NS))
        say_left(a, t);
    if (!t->said)
        ww_timers_sooner(a->timers, WW_TIMER_PORT_BINDINGS, RETRY_MS);
}

static void say_ended(struct ww_agent *a, const struct ww_port_binding_fault *t)
{
    if (t->said && t->left)
        ww_log(a->log, WW_INFO, "the bridge port that a container had left behind is gone", WW_ID(t->container),
               WW_S("container.name", container_name(a, t->container)), WW_S("network", t->network_name));
    else if (t->said && !t->port)
        ww_log(a->log, WW_INFO,
               "container not closed on a network any more: the container's port at the bridge is known, or gone",
               WW_ID(t->container), WW_S("container.name", container_name(a, t->container)),
               WW_S("network", t->network_name));
}

void ww_port_bindings_end(struct ww_agent *a, const char *network)
{
    struct ww_port_binding_fault *t, *next;
    HASH_ITER (hh, a->port_binding_faults.by_key, t, next) {
        if (t->noted || strcmp(t->network, network) != 0)
            continue;
        say_ended(a, t);
        fault_end(&a->port_binding_faults, t);
    }
}

void ww_port_bindings_contradicted(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e,
                                   uint32_t port, const char *other)
{
    struct ww_port_binding_fault *t = fault_get(&a->port_binding_faults, n, e->container_id, true);
    if (t && t->port == port && t->said)
        return;
    ww_log(a->log, WW_WARN,
           "a bridge port is not of the container that its MAC address says: the process behind it is believed",
           WW_ID(e->container_id), WW_S("container.name", container_name(a, e->container_id)),
           WW_S("network", n->name ? n->name : n->id), WW_S("taken_for", other));
    if (!t)
        return;
    t->port = port;
    t->said = true;
    t->noted = true;
    snprintf(
        t->text, sizeof(t->text),
        "on network '%.64s' its port was taken for another container's: MAC addresses there are not what the engine "
        "gave",
        t->network_name);
}

void ww_port_bindings_blinded(struct ww_agent *a)
{
    if (a->port_binding_faults.blind_told)
        return;
    a->port_binding_faults.blind_told = true;
    ww_log(a->log, WW_WARN,
           "the engine's process ids mean nothing in this pid namespace: which port of a bridge leads to which "
           "container is told by what "
           "was bound before, and by MAC addresses that one port has; run the program in the host's pid namespace");
}

/* The engine may know better by now, and the kernel, too. */
void ww_port_bindings_retry(struct ww_agent *a)
{
    int64_t now = ww_clock_mono();
    for (struct ww_port_binding_fault *t = a->port_binding_faults.by_key; t; t = t->hh.next) {
        if (t->port && (!t->left || t->said))
            continue;
        if (!t->left)
            ww_source_ask_process(a->source, t->container, now);
        ww_world_mark_network_dirty(a->world, t->network);
    }
}

static const char *code_of(const struct ww_port_binding_fault *t)
{
    return t->left ? "port_left" : t->port ? "port_mistaken" : "port_unknown";
}

int ww_port_bindings_problems(const struct ww_agent *a, struct ww_status *s)
{
    int rc = 0;
    if (a->port_binding_faults.blind_told && ww_port_bindings_blind(a))
        rc = ww_status_add_problem(s, "pids_hidden", NULL,
                                   "the program is not in the host's pid namespace, so which port of a bridge leads to "
                                   "which container is told by MAC addresses");
    for (const struct ww_port_binding_fault *t = a->port_binding_faults.by_key; t && rc == 0; t = t->hh.next)
        if (t->said)
            rc = ww_status_add_problem(s, code_of(t), container_name(a, t->container), t->text);
    return rc;
}
