#include "core/agent/status_container.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/audit.h"
#include "core/agent/drop_tally.h"
#include "core/agent/drops.h"
#include "core/agent/faults.h"
#include "core/agent/managed_container.h"
#include "core/agent/start_latency.h"

static int add_note(struct ww_status_container *c, const char *network, const char *reason)
{
    return ww_status_add_note(&c->unenforceable, &c->n_unenforceable, network, reason);
}

static const char *driver_reason(const char *driver)
{
    static const struct {
        const char *driver;
        const char *reason;
    } reasons[] = {
        {"host", "driver host: the container has no network of its own"},
        {"macvlan", "driver macvlan: its packets do not pass the host's firewall"},
        {"ipvlan", "driver ipvlan: its packets do not pass the host's firewall"},
        {"overlay",
         "driver overlay: what stays inside travels inside of other packets; what crosses docker_gwbridge is enforced"},
    };
    for (size_t i = 0; driver && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strcmp(driver, reasons[i].driver) == 0)
            return reasons[i].reason;
    return "its driver is not one whose packets the host can filter";
}

static int add_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct ww_status_filling *f = arg;
    const struct ww_status *s = f->status;
    int rc = ww_status_add_address(f->container, n->name, &e->addrs);
    if (rc == 0 && !ww_network_is_enforceable(n)) {
        rc = add_note(f->container, n->name, driver_reason(n->driver));
        if (rc == 0)
            f->container->unenforceable[f->container->n_unenforceable - 1].accepted = n->accepted;
        return rc;
    }
    if (rc == 0 && e->addrs.ipv4.family && s->kernel.bridged_ipv4 == WW_ABILITY_NO)
        rc = add_note(f->container, n->name,
                      "the kernel does not show IPv4 between containers of one bridge: bridge-nf-call-iptables is 0");
    if (rc == 0 && e->addrs.ipv6.family && s->kernel.bridged_ipv6 == WW_ABILITY_NO)
        rc = add_note(f->container, n->name,
                      "the kernel does not show IPv6 between containers of one bridge: bridge-nf-call-ip6tables is 0");
    return rc;
}

static int add_notes(struct ww_status_container *c, const struct ww_managed_container *s)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->compiled.n_notes; i++) {
        const struct ww_note *note = &s->compiled.notes[i];
        rc = note->waiting ? ww_status_add_note(&c->waiting, &c->n_waiting, note->origin, note->text)
                           : ww_status_add_note(&c->notes, &c->n_notes, note->origin, note->text);
    }
    return rc;
}

/* No rule of a firewall holds that: the administrator is to know. */
static int add_power(struct ww_status_container *c, const struct ww_container *container)
{
    return !container || !container->net_admin
               ? 0
               : ww_status_add_note(&c->notes, &c->n_notes, "",
                                    "it has the capability NET_ADMIN: unless the engine gives it a user namespace "
                                    "(userns-remap), it can make devices on the host's links, past all rules");
}

static enum ww_status_state state_of(const struct ww_agent *a, const struct ww_status_container *c, const char *head)
{
    const struct ww_ruleset *wanted = ww_plan_get(a->desired, head);
    const struct ww_ruleset *applied = ww_plan_get(a->applied, head);
    if (c->quarantine)
        return WW_STATUS_QUARANTINED;
    if (c->n_unenforceable)
        return WW_STATUS_UNENFORCEABLE;
    if (!wanted && !applied)
        return WW_STATUS_DOWN;
    if (!wanted || !applied || strcmp(wanted->hash, applied->hash) != 0)
        return WW_STATUS_PENDING;
    if (c->audited)
        return WW_STATUS_AUDITED;
    return c->n_waiting ? WW_STATUS_WAITING : WW_STATUS_ENFORCED;
}

/* The first that was not accepted; NULL: there is none. */
static const struct ww_status_note *first_unenforceable(const struct ww_status_container *c)
{
    for (size_t i = 0; i < c->n_unenforceable; i++)
        if (!c->unenforceable[i].accepted)
            return &c->unenforceable[i];
    return NULL;
}

static int add_container_problem(struct ww_status *s, const struct ww_status_container *c)
{
    const struct ww_status_note *first = first_unenforceable(c);
    if (c->state == WW_STATUS_QUARANTINED)
        return ww_status_add_problem(s, "quarantined", c->name, c->quarantine);
    if (c->state == WW_STATUS_UNENFORCEABLE && first)
        return ww_status_add_problem(s, "unenforceable", c->name, first->text);
    if (c->audited && !s->audit)
        return ww_status_add_problem(s, "audited", c->name,
                                     "nothing of it is dropped, by its label whalewall.audit; `whalewall suggest` says "
                                     "what its rules lack");
    return 0;
}

/* Of its addresses, which it may share with other containers. */
static int add_drops(const struct ww_status_filling *f, const char *head)
{
    const struct ww_drop_tally *tally = ww_drops_tally_of(&f->dropped, head);
    int rc = 0;
    f->container->counted = f->counted;
    for (int reason = 0; tally && reason < WW_REASONS && rc == 0; reason++) {
        const char *name = ww_drop_reason_name((enum ww_drop_reason)reason);
        if (tally->of[reason].packets)
            rc = ww_status_add_count(&f->container->drops, &f->container->n_drops, name, tally->of[reason].packets);
        if (tally->audited[reason].packets && rc == 0)
            rc =
                ww_status_add_count(&f->container->would, &f->container->n_would, name, tally->audited[reason].packets);
    }
    return rc;
}

/* What `suggest` has not, for there was no room. */
static int add_left_out(const struct ww_status_filling *f, const struct ww_container *c)
{
    char text[160];
    uint64_t own = 0;
    uint64_t any = 0;
    if (!f->container->audited || !c || !f->agent->drops || !ww_drops_left_out(f->agent, c, &f->dropped, &own, &any))
        return 0;
    snprintf(text, sizeof(text),
             "not all that the container does is known: %" PRIu64
             " packets or reports were left out, so `whalewall suggest` is incomplete",
             own + any);
    return ww_status_add_problem(f->status, "audit_incomplete", f->container->name, text);
}

/* Of its addresses, as its drops are. */
static int add_unopened(const struct ww_status_filling *f, const char *head)
{
    const char *text = ww_faults_get(&f->agent->said.left_out, head);
    return text ? ww_status_add_problem(f->status, "not_opened", f->container->name, text) : 0;
}

static int fill_container(struct ww_status_filling *f, const struct ww_managed_container *s, const char *head)
{
    struct ww_agent *a = f->agent;
    struct ww_status_container *c = f->container;
    const struct ww_container *home = ww_world_container(a->world, head);
    const struct ww_ruleset *applied = ww_plan_get(a->applied, head);
    const struct ww_start_latency *latency = ww_start_latency_find(a, s->id);
    c->quarantine = s->fault ? s->fault : ww_faults_get(&a->faults, head);
    c->shares = strcmp(head, s->id) != 0 ? head : NULL;
    c->rules = applied ? applied->n_rules : 0;
    c->audited = applied && applied->audited;
    c->start_latency_known = latency != NULL;
    c->before_start_ms = latency ? latency->before_ms : 0;
    int rc = ww_world_each_endpoint(a->world, head, add_endpoint, f);
    if (rc == 0 && !c->n_addresses && home && home->network_mode && strcmp(home->network_mode, "host") == 0)
        rc = add_note(c, "host", driver_reason("host"));
    if (rc == 0)
        rc = add_notes(c, s);
    if (rc == 0)
        rc = add_power(c, ww_world_container(a->world, s->id));
    if (rc == 0)
        rc = add_drops(f, head);
    if (rc < 0)
        return rc;
    c->state = state_of(a, c, head);
    rc = add_container_problem(f->status, c);
    if (rc == 0)
        rc = add_unopened(f, head);
    return rc < 0 ? rc : add_left_out(f, home);
}

int ww_status_add_strays(struct ww_status *s, const char *code, const char *subject, const struct ww_strays *strays)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && strays && i < strays->n; i++)
        rc = ww_status_add_problem(s, code, subject, strays->texts[i]);
    return rc;
}

int ww_status_fill_container(const struct ww_container *c, void *arg)
{
    struct ww_status_filling *f = arg;
    const struct ww_managed_container *s = ww_managed_container_find(&f->agent->managed, c->id);
    const char *ignored = ww_audit_ignored(f->agent, c);
    int rc = ww_status_add_strays(f->status, "label_ignored", c->name ? c->name : c->id, c->strays);
    if (rc == 0 && ignored)
        rc = ww_status_add_problem(f->status, "label_ignored", c->name ? c->name : c->id, ignored);
    if (rc < 0 || !s)
        return rc;
    rc = ww_status_add_container(f->status, &f->container);
    if (rc < 0)
        return rc;
    f->container->id = c->id;
    f->container->name = c->name ? c->name : "";
    return fill_container(f, s, s->head ? s->head : s->id);
}
