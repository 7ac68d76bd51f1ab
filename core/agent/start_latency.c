#include "core/agent/start_latency.h"

#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"
#include "core/base/clock.h"
#include "core/base/keyed.h"

static struct ww_start_latency *latency_find(const struct ww_start_latencies *all, const char *id)
{
    struct ww_start_latency *m;
    HASH_FIND_STR(all->by_id, id, m);
    return m;
}

/* NULL when out of memory: then there is no figure. */
static struct ww_start_latency *latency_make(struct ww_start_latencies *all, const char *id)
{
    struct ww_start_latency *m = latency_find(all, id);
    if (m)
        return m;
    ww_keyed_add(all->by_id, m, id, id);
    return m;
}

void ww_start_latencies_done(struct ww_start_latencies *all)
{
    struct ww_start_latency *m;
    struct ww_start_latency *next;
    HASH_ITER (hh, all->by_id, m, next) {
        ww_keyed_drop(all->by_id, m, id);
    }
    ww_idset_done(&all->starting);
}

const struct ww_start_latency *ww_start_latency_find(const struct ww_agent *a, const char *id)
{
    const struct ww_start_latency *m = latency_find(&a->start_latencies, id);
    return m && m->known ? m : NULL;
}

void ww_start_latency_forget(struct ww_agent *a, const char *id)
{
    struct ww_start_latency *m;
    HASH_FIND_STR(a->start_latencies.by_id, id, m);
    if (!m || ww_plan_get(a->applied, id))
        return;
    ww_keyed_drop(a->start_latencies.by_id, m, id);
}

static bool has_endpoint(const struct ww_ruleset *rs, const struct ww_endpoint_addrs *addrs)
{
    for (size_t i = 0; i < rs->n_endpoints; i++)
        if (ww_endpoint_addrs_cmp(&rs->endpoints[i], addrs) == 0)
            return true;
    return false;
}

static bool has_grown(const struct ww_change *change)
{
    if (!change->from)
        return true;
    for (size_t i = 0; i < change->to->n_endpoints; i++)
        if (!has_endpoint(change->from, &change->to->endpoints[i]))
            return true;
    return false;
}

void ww_start_latency_committed(struct ww_agent *a, const struct ww_diff *diff)
{
    int64_t now = ww_clock_mono();
    for (size_t i = 0; i < diff->n; i++) {
        const struct ww_change *change = &diff->changes[i];
        if (!change->to) {
            if (!ww_world_container(a->world, change->from->id))
                ww_start_latency_forget(a, change->from->id);
        } else if (has_grown(change)) {
            struct ww_start_latency *m = latency_make(&a->start_latencies, change->to->id);
            if (m)
                m->active = now;
        }
    }
}

/* An attachment that is, or is not, in force. */
struct force {
    const struct ww_ruleset *applied;
    size_t missing;
};

static int look_at_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct force *force = arg;
    if (ww_network_is_enforceable(n) && (!force->applied || !has_endpoint(force->applied, &e->addrs)))
        force->missing++;
    return 0;
}

/* Has the engine told the addresses on all its bridges? */
static bool is_connected(const struct ww_agent *a, const struct ww_container *c)
{
    for (size_t i = 0; i < c->n_networks; i++) {
        const struct ww_network *n = ww_world_network_by_name(a->world, c->networks[i]);
        if (!n || (n->driver && strcmp(n->driver, "bridge") == 0 && !ww_network_endpoint(n, c->id)))
            return false;
    }
    return true;
}

enum force_state { FORCE_NOT_YET, FORCE_NOTHING, FORCE_ACTIVE };

/* Are all addresses of this container in force, or will they be? */
static enum force_state force_state(const struct ww_agent *a, const char *head)
{
    const struct ww_container *c = ww_world_container(a->world, head);
    struct force force = {.applied = ww_plan_get(a->applied, head)};
    if (!c || !ww_container_is_up(c))
        return force.applied ? FORCE_ACTIVE : FORCE_NOTHING;
    ww_world_each_endpoint(a->world, head, look_at_endpoint, &force);
    if (force.missing || !is_connected(a, c))
        return FORCE_NOT_YET;
    return force.applied ? FORCE_ACTIVE : FORCE_NOTHING;
}

/* By the monotonic clock, so that a step of the other one matters only between the start and now. */
static int64_t before_start_ms(const struct ww_agent *a, const char *head, const struct ww_container *c)
{
    const struct ww_start_latency *m = latency_find(&a->start_latencies, head);
    int64_t active = m && m->active ? m->active : a->began_mono;
    int64_t active_real = ww_clock_real() - (ww_clock_mono() - active);
    int64_t ns = c->started_at_ns - active_real;
    return ns / WW_NS_PER_MS - (ns % WW_NS_PER_MS < 0);
}

static void tell_latency(struct ww_agent *a, const struct ww_container *c, const char *head)
{
    int64_t ms = before_start_ms(a, head, c);
    struct ww_start_latency *m = latency_make(&a->start_latencies, c->id);
    if (m) {
        m->known = true;
        m->before_ms = ms;
    }
    if (ms < 0)
        a->counts.starts_late++;
    else
        a->counts.starts_early++;
    ww_log(a->log, WW_INFO, "container started", WW_EVENT("started"), WW_ID(c->id), WW_S("container.name", c->name),
           WW_I("rules_active_ms_before_start", ms));
}

/* False: look again when more is known, or committed. */
static bool follow_one(struct ww_agent *a, const char *id)
{
    const struct ww_container *c = ww_world_container(a->world, id);
    if (!c || ww_container_managed(c) == WW_UNMANAGED || c->started_at_ns < a->began_real)
        return true;
    if (!ww_managed_container_find(&a->managed, id))
        return false;
    const char *head = ww_world_home(a->world, id);
    enum force_state state = force_state(a, head);
    if (state == FORCE_ACTIVE)
        tell_latency(a, c, head);
    return state != FORCE_NOT_YET;
}

static void take_starts(struct ww_agent *a)
{
    const char *id;
    while ((id = ww_world_next_start(a->world))) {
        struct ww_start_latency *m = latency_find(&a->start_latencies, id);
        if (m)
            m->known = false;
        ww_idset_add(&a->start_latencies.starting, id, NULL); /* without memory there is no figure */
    }
}

void ww_start_latency_follow(struct ww_agent *a)
{
    take_starts(a);
    if (!a->start_latencies.starting.ids)
        return;
    struct ww_idset left = {0};
    for (const struct ww_id *i = a->start_latencies.starting.ids; i; i = i->hh.next)
        if (!follow_one(a, i->id))
            ww_idset_add(&left, i->id, NULL);
    ww_idset_done(&a->start_latencies.starting);
    a->start_latencies.starting = left;
}
