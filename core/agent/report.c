#include "core/agent/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/audit.h"
#include "core/agent/faults.h"
#include "core/agent/go_program.h"
#include "core/agent/idset.h"
#include "core/agent/step.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define NOTES_SAID 3 /* of one container, above debug */

static const char *container_name(const struct ww_agent *a, const char *id)
{
    const struct ww_container *c = ww_world_container(a->world, id);
    return c && c->name ? c->name : "";
}

/* Networks of a container that cannot be filtered from the host. */
struct unenforceable {
    struct ww_buf text; /* "name (driver)" of each; empty: all can */
    bool accepted;      /* each of them by its label */
};

static int add_unenforceable(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct unenforceable *u = arg;
    (void)e;
    if (ww_network_is_enforceable(n))
        return 0;
    ww_buf_fmt(&u->text, "%s%s (%s%s)", u->text.len ? ", " : "", n->name, n->driver, n->accepted ? ", accepted" : "");
    u->accepted = u->accepted && n->accepted;
    return 0;
}

static void unenforceable(const struct ww_agent *a, const struct ww_managed_container *s, struct unenforceable *u)
{
    const struct ww_container *c = ww_world_container(a->world, s->head ? s->head : s->id);
    ww_buf_str(&u->text, "");
    u->accepted = true;
    ww_world_each_endpoint(a->world, s->head ? s->head : s->id, add_unenforceable, u);
    if (u->text.len || !c || !c->network_mode || strcmp(c->network_mode, "host") != 0)
        return;
    ww_buf_str(&u->text, "host (host)");
    u->accepted = false;
}

/* Is this something else than the log said last? Then it is remembered as that. Without memory: no. */
static bool is_news(char **said, const char *now)
{
    char *copy = *said && strcmp(*said, now) == 0 ? NULL : strdup(now);
    if (!copy)
        return false;
    free(*said);
    *said = copy;
    return true;
}

static bool notes_are_news(struct ww_managed_container *s)
{
    char hash[WW_HASH_HEX] = "";
    struct ww_buf text = {0};
    for (size_t i = 0; i < s->compiled.n_notes; i++)
        ww_buf_fmt(&text, "%d %s %s\n", s->compiled.notes[i].waiting, s->compiled.notes[i].origin,
                   s->compiled.notes[i].text);
    if (text.len)
        ww_hash_hex(text.data, text.len, hash);
    bool news = ww_buf_ok(&text) && is_news(&s->said_notes, hash);
    ww_buf_done(&text);
    return news;
}

/* A thousand rules may wait for one container, each time that it or another one starts: the status has them all. */
static void say_notes(struct ww_agent *a, const struct ww_managed_container *s, bool waiting)
{
    int64_t n = 0;
    for (size_t i = 0; i < s->compiled.n_notes; i++) {
        const struct ww_note *note = &s->compiled.notes[i];
        if (note->waiting != waiting)
            continue;
        ww_log(a->log, n++ < NOTES_SAID ? WW_WARN : WW_DEBUG, waiting ? "rule waits" : "label",
               WW_EVENT(waiting ? "waits" : "label"), WW_ID(s->id), WW_S("container.name", container_name(a, s->id)),
               WW_S("rule", note->origin), WW_S("reason", note->text));
    }
    if (n > NOTES_SAID)
        ww_log(a->log, WW_WARN,
               waiting ? "more rules wait; `whalewall status` lists them" : "more is to be said of the labels",
               WW_ID(s->id), WW_S("container.name", container_name(a, s->id)), WW_I("left_out", n - NOTES_SAID));
}

static void report_unenforceable(struct ww_agent *a, struct ww_managed_container *s)
{
    struct unenforceable u = {0};
    unenforceable(a, s, &u);
    if (ww_buf_ok(&u.text) && is_news(&s->said_networks, u.text.data) && u.text.len)
        ww_log(a->log, u.accepted ? WW_INFO : WW_ERROR,
               "container cannot be enforced from the host on some of its networks", WW_ID(s->id),
               WW_S("container.name", container_name(a, s->id)), WW_S("networks", u.text.data));
    ww_buf_done(&u.text);
}

/* With -audit one line at the start says so of all. */
static void report_audit(struct ww_agent *a, struct ww_managed_container *s)
{
    if (s->audited && !s->said_audited)
        ww_log(a->log, a->audit ? WW_INFO : WW_WARN,
               "container audited: what its rules do not allow is reported, and not dropped", WW_ID(s->id),
               WW_S("container.name", container_name(a, s->id)));
    s->said_audited = s->audited;
}

/* One of these changes while the others stay: a container is announced before it is known which networks it has. */
void ww_report_managed(struct ww_agent *a, struct ww_managed_container *s)
{
    if (is_news(&s->said_fault, s->fault ? s->fault : "") && s->fault)
        ww_log(a->log, WW_ERROR,
               s->audited ? "container has no rules until this is mended; it is audited, so nothing of it is dropped"
                          : "container quarantined: nothing is allowed until this is mended",
               WW_EVENT("quarantined"), WW_ID(s->id), WW_S("container.name", container_name(a, s->id)),
               WW_S("error", s->fault));
    report_audit(a, s);
    report_unenforceable(a, s);
    if (!notes_are_news(s))
        return;
    say_notes(a, s, false);
    if (s->waits_told)
        say_notes(a, s, true);
}

void ww_report_kernel_fault(struct ww_agent *a, const char *id, const char *rule, const char *text)
{
    const char *before = ww_faults_get(&a->said.faults, id);
    enum ww_level level = before && strcmp(before, text) == 0 ? WW_DEBUG : WW_ERROR;
    if (rule)
        ww_log(a->log, level, "container quarantined: the kernel refuses its rules", WW_EVENT("quarantined"), WW_ID(id),
               WW_S("container.name", container_name(a, id)), WW_S("rule", rule), WW_S("error", text));
    else
        ww_log(a->log, level, "container quarantined: nothing is allowed until this is mended", WW_EVENT("quarantined"),
               WW_ID(id), WW_S("container.name", container_name(a, id)), WW_S("error", text));
    (void)ww_faults_set(&a->said.faults, id, text, NULL); /* without memory: said once more */
}

#define LEFT_OUT                                                                                                       \
    "together they are more than may be opened at one container (WW_LIMIT_OPENED), or than may be held against what "  \
    "policies refuse there (WW_LIMIT_BAN_WORK); those that open most are left out"
#define OPENS_NOTHING "rules of some other containers open nothing at this one"

void ww_report_left_out(struct ww_agent *a, const char *id, size_t containers)
{
    if (!containers) {
        ww_faults_remove(&a->said.left_out, id);
        return;
    }
    if (ww_faults_get(&a->said.left_out, id))
        return;
    ww_log(a->log, WW_ERROR, OPENS_NOTHING, WW_EVENT("label"), WW_ID(id), WW_S("container.name", container_name(a, id)),
           WW_I("left_out", (int64_t)containers), WW_S("reason", LEFT_OUT));
    (void)ww_faults_set(&a->said.left_out, id, OPENS_NOTHING ": " LEFT_OUT, NULL); /* without memory: said once more */
}

void ww_said_done(struct ww_said *said)
{
    ww_faults_done(&said->faults);
    ww_faults_done(&said->left_out);
    ww_faults_done(&said->services);
    ww_idset_done(&said->strays);
}

void ww_report_faults_over(struct ww_agent *a)
{
    struct ww_fault *said, *next;
    HASH_ITER (hh, a->said.faults.by_id, said, next) {
        if (!ww_faults_get(&a->faults, said->id))
            ww_faults_remove(&a->said.faults, said->id);
    }
}

void ww_report_waits(struct ww_agent *a, const struct ww_managed_container *s)
{
    say_notes(a, s, true);
}

/* Labels never change, so once is enough. Without memory for that: once more at the next look. */
bool ww_report_is_news(struct ww_agent *a, const char *key, bool any)
{
    if (!any) {
        ww_idset_remove(&a->said.strays, key);
        return false;
    }
    bool told = ww_idset_has(&a->said.strays, key);
    if (!told)
        (void)ww_idset_add(&a->said.strays, key, NULL);
    return !told;
}

static void say_label(struct ww_agent *a, const char *id, const char *text)
{
    ww_log(a->log, WW_WARN, "a container's label is ignored", WW_EVENT("label"), WW_ID(id),
           WW_S("container.name", container_name(a, id)), WW_S("reason", text));
}

/* Whether it is obeyed may change with its image, which is known later. */
static void report_audit_label(struct ww_agent *a, const char *id, const struct ww_container *c)
{
    char key[128];
    const char *ignored = c ? ww_audit_ignored(a, c) : NULL;
    snprintf(key, sizeof(key), "audit %.80s", id);
    if (ww_report_is_news(a, key, ignored != NULL))
        say_label(a, id, ignored);
}

void ww_report_container_strays(struct ww_agent *a, const char *id)
{
    const struct ww_container *c = ww_world_container(a->world, id);
    const struct ww_strays *strays = c ? c->strays : NULL;
    report_audit_label(a, id, c);
    if (!ww_report_is_news(a, id, strays != NULL))
        return;
    for (size_t i = 0; i < strays->n; i++)
        say_label(a, id, strays->texts[i]);
}

void ww_report_network_strays(struct ww_agent *a, const char *id)
{
    const struct ww_network *n = ww_world_network(a->world, id);
    const struct ww_strays *strays = n ? n->strays : NULL;
    if (!ww_report_is_news(a, id, strays != NULL))
        return;
    for (size_t i = 0; i < strays->n; i++)
        ww_log(a->log, WW_WARN, "a network's label is ignored", WW_EVENT("label"),
               WW_S("network", n->name ? n->name : n->id), WW_S("reason", strays->texts[i]));
}

static bool has_service(const struct ww_services *services, const char *id)
{
    for (size_t i = 0; i < services->n; i++)
        if (strcmp(services->items[i].id, id) == 0)
            return true;
    return false;
}

/* A service's labels can be changed, unlike those of a container. */
static void report_service(struct ww_agent *a, const struct ww_service *service)
{
    struct ww_buf text = {0};
    ww_buf_str(&text, "");
    for (size_t i = 0; i < service->strays->n; i++)
        ww_buf_fmt(&text, "%s\n", service->strays->texts[i]);
    const char *said = ww_faults_get(&a->said.services, service->id);
    bool news = ww_buf_ok(&text) && (!said || strcmp(said, text.data) != 0);
    for (size_t i = 0; news && i < service->strays->n; i++)
        ww_log(a->log, WW_WARN, "a service's label is ignored", WW_EVENT("label"), WW_S("service", service->name),
               WW_S("reason", service->strays->texts[i]));
    if (news)
        (void)ww_faults_set(&a->said.services, service->id, text.data, NULL);
    ww_buf_done(&text);
}

void ww_report_services(struct ww_agent *a)
{
    const struct ww_services *services = ww_world_services(a->world);
    struct ww_fault *said, *next;
    if (!ww_world_take_services_changed(a->world))
        return;
    HASH_ITER (hh, a->said.services.by_id, said, next) {
        if (!has_service(services, said->id))
            ww_faults_remove(&a->said.services, said->id);
    }
    for (size_t i = 0; i < services->n; i++)
        report_service(a, &services->items[i]);
}

static void report_change(struct ww_agent *a, const struct ww_change *change)
{
    const struct ww_ruleset *rs = change->to ? change->to : change->from;
    const char *msg = !change->to               ? "container's rules removed"
                      : change->to->audited     ? "container audited"
                      : change->to->quarantined ? "container closed"
                                                : "container enforced";
    const char *event = !change->to               ? "released"
                        : change->to->audited     ? "audited"
                        : change->to->quarantined ? "closed"
                                                  : "enforced";
    ww_log(a->log, WW_INFO, msg, WW_EVENT(event), WW_ID(rs->id), WW_S("container.name", rs->name),
           WW_I("rules", change->to ? (int64_t)rs->n_rules : 0), WW_I("endpoints", (int64_t)rs->n_endpoints));
}

/* The default bridge's lease comes and goes with each container that is made. */
static void report_fence(struct ww_agent *a, const struct ww_fence_change *change)
{
    const struct ww_fence *was = change->from && change->from->guarded ? change->from : NULL;
    const struct ww_fence *is = change->to && change->to->guarded ? change->to : NULL;
    const struct ww_fence *f = change->to ? change->to : change->from;
    if (!was == !is)
        return;
    ww_log(a->log, (is ? is : was)->brief ? WW_DEBUG : WW_INFO,
           is ? "network guarded: only known endpoints can talk" : "network guarded no longer",
           WW_EVENT(is ? "guarded" : "unguarded"), WW_S("network", f->name), WW_I("endpoints", (int64_t)f->n_known));
}

void ww_report_commit(struct ww_agent *a, const struct ww_step *step, int64_t since)
{
    const struct ww_diff *diff = &step->rules;
    int64_t us = (ww_clock_mono() - since) / 1000;
    for (size_t i = 0; i < step->fences.n; i++)
        report_fence(a, &step->fences.changes[i]);
    for (size_t i = 0; a->ready && i < diff->n; i++)
        report_change(a, &diff->changes[i]);
    if (diff->n)
        ww_log(a->log, WW_DEBUG, "committed", WW_I("containers", (int64_t)diff->n), WW_I("own_us", us));
    if (a->ready)
        return;
    a->ready = true;
    ww_log(a->log, WW_INFO, "ready", WW_EVENT("ready"), WW_S("engine", ww_source_engine(a->source)),
           WW_I("containers", (int64_t)ww_world_count(a->world)), WW_I("managed", (int64_t)ww_plan_count(a->applied)),
           WW_I("changed", (int64_t)diff->n), WW_I("compiled", (int64_t)a->tally.compiled),
           WW_I("reused", (int64_t)a->tally.reused), WW_I("own_us", us));
}

static int count_guarded(struct ww_fence *f, void *arg)
{
    *(int64_t *)arg += f->guarded;
    return 0;
}

void ww_report_stop(struct ww_agent *a)
{
    int64_t guarded = 0;
    ww_fences_each(a->fences_applied, count_guarded, &guarded);
    ww_log(a->log, WW_INFO, "stopping; the rules stay in force", WW_EVENT("stopping"));
    if (guarded)
        ww_log(a->log, WW_WARN,
               "guarded networks stay guarded: a container that starts on one has no network until the program is back",
               WW_I("networks", guarded));
}

void ww_report_store(struct ww_agent *a, int rc, const struct ww_error *err)
{
    a->counts.database_errors += rc < 0;
    if (rc < 0 && !a->said.store_lost)
        ww_log(a->log, WW_ERROR, "the database fails; rules stay enforced, but will not be remembered over a reboot",
               WW_S("error", err->text));
    if (rc < 0)
        snprintf(a->said.store_trouble, sizeof(a->said.store_trouble), "%s", err->text);
    if (rc >= 0 && a->said.store_lost && ww_store_is_durable(a->store))
        ww_log(a->log, WW_INFO, "the database works again");
    if (rc < 0)
        a->said.store_lost = true;
    else if (ww_store_is_durable(a->store))
        a->said.store_lost = false;
}

void ww_report_start(struct ww_agent *a, const struct ww_kernel_found *found)
{
    if (a->audit)
        ww_log(a->log, WW_WARN,
               "audit mode: nothing of any container is dropped, but for those whose label "
               "whalewall.audit is \"false\"");
    if (found->existed)
        ww_log(a->log, WW_INFO, "took over the rules that are in force", WW_I("elements", (int64_t)found->elements),
               WW_I("chains", (int64_t)found->chains));
    if (!ww_kernel_owns_table(a->kernel) && !a->shared_table && ww_kernel_can_own(a->kernel) > 0)
        ww_log(a->log, WW_WARN,
               "the table was made without an owner: the engine's first list makes it anew, unless "
               "other programs have chains in it");
    else if (!ww_kernel_owns_table(a->kernel) && !a->shared_table)
        ww_log(a->log, WW_WARN, "the table cannot be owned: other programs can change the rules",
               WW_S("needs", "Linux 6.9"));
    ww_go_program_found(a, found->go_objects);
    if (!ww_kernel_sees_bridged(a->kernel, AF_INET) || !ww_kernel_sees_bridged(a->kernel, AF_INET6))
        ww_log(a->log, WW_ERROR,
               "traffic between containers of one bridge cannot be enforced: the kernel does not show it; set "
               "net.bridge.bridge-nf-call-iptables=1 and net.bridge.bridge-nf-call-ip6tables=1 (module br_netfilter), "
               "or use a kernel with connection tracking for bridges (module nf_conntrack_bridge)");
}
