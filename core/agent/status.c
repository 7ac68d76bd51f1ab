/* The status, from what the agent knows anyway: nothing is asked of the engine, and little of the kernel. */
#include "core/agent/status.h"

#include <unistd.h>

#include "core/agent/agent_internal.h"
#include "core/agent/docker_user.h"
#include "core/agent/drop_tally.h"
#include "core/agent/drops.h"
#include "core/agent/go_program.h"
#include "core/agent/guard.h"
#include "core/agent/network_bypass.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/status_container.h"
#include "core/base/clock.h"
#include "core/control/status.h"

static int add_network(const struct ww_network *n, void *arg)
{
    const struct ww_status_filling *f = arg;
    const struct ww_fence *applied = ww_fences_get(f->agent->fences_applied, n->id);
    struct ww_status_network out = {.id = n->id, .name = n->name ? n->name : "", .bridge = n->bridge};
    int rc = ww_status_add_strays(f->status, "network_label_ignored", n->name ? n->name : n->id, n->strays);
    if (rc == 0)
        rc = ww_network_bypass_status(f->agent, n, f->status);
    if (rc < 0 || !ww_network_is_bridge(n))
        return rc;
    out.guard = ww_guard_state_text(ww_guard_state(f->agent, n));
    out.guarded = applied && applied->guarded;
    for (size_t i = 0; applied && i < applied->n_known; i++) {
        const struct ww_known *k = &applied->known[i];
        out.known += !ww_known_is_leftover(k);
        out.bound += k->port != 0 && k->port != WW_PORT_NOWHERE && !ww_known_is_leftover(k);
    }
    return ww_status_add_network(f->status, &out);
}

static int add_services(const struct ww_agent *a, struct ww_status *s)
{
    const struct ww_services *services = ww_world_services(a->world);
    int rc = 0;
    for (size_t i = 0; i < services->n && rc == 0; i++)
        rc = ww_status_add_strays(s, "service_label_ignored", services->items[i].name, services->items[i].strays);
    return rc;
}

/* Before the first list the rules that are remembered are in force, of containers that have no name yet. */
static const char *away_text(const struct ww_agent *a)
{
    return a->ready || ww_plan_count(a->applied) == 0 ? "the engine does not answer: what is new is not enforced"
                                                      : "the engine does not answer: what is new is not enforced; the "
                                                        "last known rules are in force, and their "
                                                        "containers are listed when it answers";
}

static int fill_engine(const struct ww_agent *a, struct ww_status *s)
{
    static const char *const states[] = {"away", "listing", "synced"};
    enum ww_source_state state = ww_source_state(a->source);
    s->engine.state = states[state];
    s->engine.version = ww_source_engine(a->source);
    s->engine.since_ns = a->engine.since;
    s->engine.last_event_ns = ww_source_last_event(a->source);
    if (state == WW_SOURCE_AWAY)
        return ww_status_add_problem(s, "engine_away", NULL, away_text(a));
    if (!a->ready)
        return ww_status_add_problem(s, "engine_listing", NULL, "the engine's first list is not in force yet");
    return 0;
}

/* has: 1, 0; below 0: not known. */
static enum ww_ability ability(int has)
{
    return has < 0 ? WW_ABILITY_UNKNOWN : has ? WW_ABILITY_YES : WW_ABILITY_NO;
}

static int fill_kernel(const struct ww_agent *a, struct ww_status *s)
{
    int rc = 0;
    s->kernel.release = a->kernel_release;
    s->kernel.owner = ability(ww_kernel_can_own(a->kernel));
    s->kernel.queue = ability(ww_kernel_can_queue(a->kernel, NULL));
    s->kernel.bind = ability(ww_kernel_can_bind(a->kernel, NULL));
    s->kernel.name = ability(ww_kernel_can_name(a->kernel, NULL));
    s->kernel.bridged_ipv4 = ability(ww_kernel_sees_bridged(a->kernel, AF_INET));
    s->kernel.bridged_ipv6 = ability(ww_kernel_sees_bridged(a->kernel, AF_INET6));
    s->table.owned = ww_kernel_owns_table(a->kernel);
    s->table.shared = a->shared_table;
    if (s->kernel.owner == WW_ABILITY_YES && !s->table.owned && !s->table.shared)
        rc = ww_status_add_problem(
            s, "table_not_owned", NULL,
            "the table was made without an owner, so other programs can change it: once, stop the "
            "program, `whalewall -clear`, and start it again");
    if (rc == 0 && a->reconciling.failures)
        return ww_status_add_problem(s, "kernel_refuses", NULL,
                                     "the kernel refuses changes: the former rules stay in force");
    return rc;
}

static int fill_database(const struct ww_agent *a, struct ww_status *s)
{
    s->database.path = ww_store_path(a->store);
    s->database.durable = ww_store_is_durable(a->store) && !a->said.store_lost;
    s->database.trouble = a->said.store_trouble[0] && !s->database.durable ? a->said.store_trouble : NULL;
    if (s->database.durable)
        return 0;
    return ww_status_add_problem(s, "database", NULL, "what is applied will not be remembered over a reboot");
}

static void fill_program(const struct ww_agent *a, struct ww_status *s)
{
    const struct ww_log_error *last = ww_log_last_error(a->log);
    s->version = WW_VERSION;
    s->pid = getpid();
    s->now_ns = ww_clock_real();
    s->started_ns = a->began_real;
    s->audit = a->audit;
    s->sandbox = a->sandbox;
    s->system_calls = a->system_calls;
    s->last_error_ns = last ? last->time_ns : 0;
    s->last_error = last ? last->text : NULL;
}

static void read_counters(struct ww_status_filling *f)
{
    struct ww_error err = {0};
    f->counted = ww_drops_tally(f->agent, &f->dropped, &err) == 0;
    if (!f->counted)
        ww_log(f->agent->log, WW_DEBUG, "dropped packets cannot be counted", WW_S("error", err.text));
}

int ww_agent_status_of(struct ww_agent *a, const struct ww_container *c, struct ww_status *ret_status,
                       struct ww_error *err)
{
    struct ww_status_filling f = {.agent = a, .status = ret_status};
    ret_status->audit = a->audit;
    int rc = fill_kernel(a, ret_status);
    read_counters(&f);
    if (rc == 0)
        rc = ww_status_fill_container(c, &f);
    ww_drop_tallies_done(&f.dropped);
    return rc < 0 ? ww_fail(err, rc, "out of memory") : 0;
}

int ww_agent_status(struct ww_agent *a, struct ww_status *ret_status, struct ww_error *err)
{
    struct ww_status_filling f = {.agent = a, .status = ret_status};
    fill_program(a, ret_status);
    int rc = fill_engine(a, ret_status);
    if (rc == 0 && a->audit)
        rc = ww_status_add_problem(ret_status, "audit_mode", NULL,
                                   "-audit: nothing of any container is dropped, but for those whose label "
                                   "whalewall.audit is \"false\"");
    if (rc == 0)
        rc = fill_kernel(a, ret_status);
    if (rc == 0)
        rc = ww_docker_user_status(a, ret_status);
    if (rc == 0)
        rc = ww_go_program_status(a, ret_status);
    if (rc == 0)
        rc = fill_database(a, ret_status);
    read_counters(&f);
    if (rc == 0)
        rc = ww_world_each_network(a->world, add_network, &f);
    if (rc == 0)
        rc = ww_world_each_container(a->world, ww_status_fill_container, &f);
    ww_drop_tallies_done(&f.dropped);
    if (rc == 0)
        rc = add_services(a, ret_status);
    if (rc == 0)
        rc = ww_port_bindings_problems(a, ret_status);
    return rc < 0 ? ww_fail(err, rc, "out of memory") : 0;
}

void ww_agent_follow_engine(struct ww_agent *a)
{
    enum ww_source_state state = ww_source_state(a->source);
    if (a->engine.since && state == a->engine.state)
        return;
    if (state != WW_SOURCE_AWAY && a->engine.state == WW_SOURCE_AWAY) {
        a->counts.reconnects += a->engine.seen;
        a->engine.seen = true;
    }
    a->engine.state = state;
    a->engine.since = ww_clock_real();
}
