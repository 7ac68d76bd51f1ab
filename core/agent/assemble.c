#include "core/agent/assemble.h"

#include <errno.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/faults.h"
#include "core/agent/managed_container.h"
#include "core/agent/opened.h"
#include "core/agent/report.h"

/* What is collected while one ruleset is put together. */
struct assembly {
    struct ww_agent *agent;
    struct ww_ruleset *rs;
    size_t members; /* managed containers in it */
    size_t faulty;  /* … of which quarantined */
    size_t audited; /* … of which audited */
    struct ww_opened_room room;
};

static int assemble_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct assembly *as = arg;
    if (!ww_network_is_enforceable(n))
        return 0;
    return ww_ruleset_add_endpoint(as->rs, &e->addrs);
}

/* What the policy made of one managed container. */
static int assemble_own(struct assembly *as, const struct ww_managed_container *s)
{
    for (size_t i = 0; i < s->compiled.n_rules; i++) {
        int rc = ww_ruleset_add_rule(as->rs, &s->compiled.rules[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/*
 * One container that lives in these endpoints: its own rules, if it is managed, and what other containers' rules
 * open at it, which may name any of them.
 */
static int assemble_member(struct assembly *as, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&as->agent->managed, id);
    as->members += s != NULL;
    as->audited += s && s->audited;
    if (s && s->fault) {
        as->faulty++;
        return 0;
    }
    int rc = s ? assemble_own(as, s) : 0;
    if (rc < 0)
        return rc;
    return ww_opened_add(as->agent, id, &as->room, as->rs);
}

/* What policies refuse to one container of the namespace they refuse to all of it: the addresses are the same. */
static int assemble_bans(struct assembly *as, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&as->agent->managed, id);
    int rc = 0;
    for (size_t i = 0; rc == 0 && s && i < s->compiled.n_bans; i++)
        rc = ww_ruleset_ban(as->rs, &s->compiled.bans[i]);
    return rc;
}

static int assemble_sharers_bans(const struct ww_container *c, void *arg)
{
    return assemble_bans(arg, c->id);
}

static int assemble_sharer(const struct ww_container *c, void *arg)
{
    return assemble_member(arg, c->id);
}

static int assemble_published(struct assembly *as, const struct ww_container *c)
{
    for (size_t i = 0; c && i < c->n_published; i++) {
        int rc = ww_ruleset_add_publish(as->rs, &c->published[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Endpoints and published ports: what is enforced, whatever the rules. */
static int assemble_shell(struct assembly *as, const char *head)
{
    struct ww_agent *a = as->agent;
    const struct ww_container *c = ww_world_container(a->world, head);
    as->rs = ww_ruleset_new(head, c && c->name ? c->name : head);
    if (!as->rs)
        return -ENOMEM;
    int rc = ww_world_each_endpoint(a->world, head, assemble_endpoint, as);
    return rc < 0 ? rc : assemble_published(as, c);
}

static void assemble_room(struct assembly *as, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&as->agent->managed, id);
    if (s)
        ww_opened_room_hold(&as->room, &s->compiled);
}

static int assemble_sharers_room(const struct ww_container *c, void *arg)
{
    assemble_room(arg, c->id);
    return 0;
}

static int assemble_members(struct assembly *as, const char *head)
{
    ww_opened_room_init(&as->room);
    assemble_room(as, head);
    int rc = ww_world_each_sharer(as->agent->world, head, assemble_sharers_room, as);
    if (rc == 0)
        rc = assemble_member(as, head);
    if (rc == 0)
        rc = ww_world_each_sharer(as->agent->world, head, assemble_sharer, as);
    if (rc == 0)
        rc = assemble_bans(as, head);
    if (rc == 0)
        rc = ww_world_each_sharer(as->agent->world, head, assemble_sharers_bans, as);
    return rc;
}

/* Whatever is wrong with the whole: the endpoints stay, closed. */
static int assemble_quarantined(struct assembly *as, struct ww_error *err)
{
    struct ww_ruleset *closed = NULL;
    int rc = ww_ruleset_close(as->rs, &closed, err);
    if (rc < 0)
        return rc;
    ww_ruleset_unref(as->rs);
    as->rs = closed;
    return 0;
}

static int assemble_seal(struct assembly *as, const char *head, struct ww_error *err)
{
    struct ww_agent *a = as->agent;
    as->rs->audited =
        as->audited == as->members; /* in doubt what one of them may not, none may: the addresses are the same */
    if (ww_faults_get(&a->faults, head))
        return assemble_quarantined(as, err);
    as->rs->quarantined = as->faulty == as->members;
    int rc = ww_ruleset_seal(as->rs, err);
    if (rc == 0)
        rc = ww_kernel_check(a->kernel, as->rs, err);
    if (rc == 0 || rc == -ENOMEM)
        return rc;
    ww_report_kernel_fault(a, head, NULL, err->text);
    rc = ww_faults_set(&a->faults, head, err->text, err);
    return rc < 0 ? rc : assemble_quarantined(as, err);
}

static int assemble_into(struct assembly *as, const char *head, struct ww_error *err)
{
    struct ww_agent *a = as->agent;
    int rc = assemble_shell(as, head);
    if (rc == 0)
        rc = assemble_members(as, head);
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    ww_report_left_out(a, head, as->members ? as->room.left_out : 0);
    if (as->members == 0 || as->rs->n_endpoints == 0) {
        ww_faults_remove(&a->faults, head);
        ww_plan_remove(a->desired, head);
        return 0;
    }
    rc = assemble_seal(as, head, err);
    return rc < 0 ? rc : ww_plan_set(a->desired, as->rs, err);
}

int ww_assemble(struct ww_agent *a, const char *head, struct ww_error *err)
{
    struct assembly as = {.agent = a};
    int rc = assemble_into(&as, head, err);
    ww_ruleset_unref(as.rs);
    return rc;
}
