#include "core/agent/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/drop_ban.h"
#include "core/agent/explain_end.h"
#include "core/agent/managed_container.h"

int ww_offline_new(struct ww_world *world, struct ww_plan *plan, struct ww_agent **ret_agent, struct ww_error *err)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    struct ww_fences *none = ww_fences_new();
    if (!a || !none) {
        free(a);
        ww_fences_free(none);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    a->world = world;
    a->applied = plan;
    a->desired = plan;
    a->fences_applied = none;
    a->ready = true;
    *ret_agent = a;
    return 0;
}

void ww_offline_free(struct ww_agent *a)
{
    if (!a)
        return;
    ww_managed_containers_done(&a->managed);
    ww_fences_free(a->fences_applied);
    free(a);
}

int ww_offline_add(struct ww_agent *a, const char *id, struct ww_compiled *compiled, const char *fault,
                   struct ww_error *err)
{
    struct ww_managed_container *s;
    int rc = ww_managed_container_make(&a->managed, id, &s, err);
    if (rc < 0) {
        ww_compiled_done(compiled);
        return rc;
    }
    const char *home = ww_world_home(a->world, id);
    free(s->head);
    s->head = strdup(home ? home : id);
    rc = ww_managed_container_set_compiled(&a->managed, s, compiled, err);
    if (rc == 0 && !s->head)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    return rc < 0 ? rc : ww_managed_container_set_fault(s, fault, err);
}

static int add_note(struct ww_status_container *c, const struct ww_note *note)
{
    return note->waiting ? ww_status_add_note(&c->waiting, &c->n_waiting, note->origin, note->text)
                         : ww_status_add_note(&c->notes, &c->n_notes, note->origin, note->text);
}

static enum ww_status_state state_of(const struct ww_status_container *c)
{
    if (c->quarantine)
        return WW_STATUS_QUARANTINED;
    if (c->n_unenforceable)
        return WW_STATUS_UNENFORCEABLE;
    if (!c->n_addresses)
        return WW_STATUS_DOWN;
    return c->n_waiting ? WW_STATUS_WAITING : WW_STATUS_ENFORCED;
}

static int add_offline_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct ww_status_container *c = arg;
    int rc = ww_status_add_address(c, n->name, &e->addrs);
    if (rc == 0 && !ww_network_is_enforceable(n))
        rc = ww_status_add_note(&c->unenforceable, &c->n_unenforceable, n->name,
                                "its driver is not one whose packets the host can filter");
    return rc;
}

static int add_state(const struct ww_agent *a, struct ww_show *s, const struct ww_managed_container *m,
                     const char *head)
{
    struct ww_status_container *c;
    int rc = ww_status_add_container(&s->status, &c);
    if (rc < 0)
        return rc;
    c->id = s->id;
    c->name = s->name;
    c->shares = strcmp(head, s->id) == 0 ? NULL : head;
    c->quarantine = m->fault;
    c->audited = s->rules && s->rules->audited;
    c->rules = s->rules ? s->rules->n_rules : 0;
    for (size_t i = 0; rc == 0 && i < m->compiled.n_notes; i++)
        rc = add_note(c, &m->compiled.notes[i]);
    for (size_t i = 0; rc == 0 && i < m->compiled.n_bans; i++)
        rc = ww_show_add_ban(s, &m->compiled.bans[i]);
    if (rc == 0)
        rc = ww_world_each_endpoint(a->world, head, add_offline_endpoint, c);
    c->state = state_of(c);
    return rc;
}

static const char *addr_name(void *agent, const struct ww_addr *addr)
{
    const struct ww_agent *a = agent;
    const struct ww_ruleset *rs = ww_plan_by_addr(a->applied, addr);
    return rs ? rs->name : NULL;
}

static int fill(struct ww_agent *a, const struct ww_end *end, struct ww_show *s)
{
    const struct ww_container *c = end->container;
    const struct ww_managed_container *m = ww_managed_container_find(&a->managed, c->id);
    const char *head = end->head ? end->head : c->id;
    s->id = c->id;
    s->name = c->name ? c->name : "";
    s->managed = m != NULL;
    s->rules = ww_plan_get(a->applied, head);
    s->name_of = addr_name;
    s->arg = a;
    return m ? add_state(a, s, m, head) : 0;
}

int ww_offline_show(struct ww_agent *a, const char *container, struct ww_show *ret_show, struct ww_error *err)
{
    struct ww_end end = {0};
    if (!container || !*container)
        return ww_fail(err, -EINVAL, "a container is needed: its name, its id, or its service's name");
    int rc = ww_end_find(a, container, &end, err);
    if (rc == 0 && !end.container)
        rc = ww_fail(err, -ENOENT, "'%.100s' is no container", container);
    else if (rc == 0 && fill(a, &end, ret_show) < 0)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    ww_end_done(&end);
    return rc;
}

const struct ww_ban *ww_offline_ban(const struct ww_agent *a, const struct ww_ruleset *rs, const struct ww_flow *flow)
{
    return ww_drop_ban_of(&a->managed, rs, flow);
}
