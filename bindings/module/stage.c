#include "bindings/module/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/facts.h"

static void names_done(struct ww_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct ww_names){0};
}

void ww_stage_strike(struct ww_stage *stage)
{
    for (size_t i = 0; i < stage->n; i++) {
        free(stage->actors[i].id);
        free(stage->actors[i].fault);
        ww_compiled_done(&stage->actors[i].compiled);
        free(stage->actors[i].homes);
    }
    free(stage->actors);
    ww_plan_free(stage->plan);
    stage->actors = NULL;
    stage->n = 0;
    stage->plan = NULL;
}

void ww_stage_done(struct ww_stage *stage)
{
    ww_stage_strike(stage);
    ww_world_free(stage->world);
    if (stage->policy.ops)
        stage->policy.ops->free(stage->policy.self);
    *stage = (struct ww_stage){0};
}

const struct ww_actor *ww_stage_actor(const struct ww_stage *stage, const char *id)
{
    for (size_t i = 0; i < stage->n; i++)
        if (strcmp(stage->actors[i].id, id) == 0)
            return &stage->actors[i];
    return NULL;
}

static bool is_fault(int rc)
{
    return rc == -EINVAL || rc == -E2BIG;
}

static int find_names(struct ww_stage *stage, const struct ww_container *c, struct ww_names *ret_names,
                      struct ww_error *err)
{
    const struct ww_policy *p = &stage->policy;
    struct ww_facts facts;
    if (!p->ops->names)
        return p->ops->mentions(p->self, c->label_rules, ret_names, err);
    int rc = ww_facts_collect(stage->world, c->id, NULL, 0, stage->trust_image_labels, &facts, err);
    if (rc < 0)
        return rc;
    rc = p->ops->names(p->self, &facts, ret_names, err);
    ww_facts_done(&facts);
    return rc;
}

static int compile_container(struct ww_stage *stage, const struct ww_container *c, struct ww_compiled *ret_compiled,
                             struct ww_error *err)
{
    struct ww_names names = {0};
    struct ww_facts facts;
    int rc = find_names(stage, c, &names, err);
    if (rc == 0)
        rc = ww_facts_collect(stage->world, c->id, (const char *const *)names.names, names.n, stage->trust_image_labels,
                              &facts, err);
    names_done(&names);
    if (rc < 0)
        return rc;
    rc = stage->policy.ops->compile(stage->policy.self, &facts, ret_compiled, err);
    ww_facts_done(&facts);
    return rc;
}

/* Its label, which is not the image's own; an image that is not told of has none. Policies of the site hold all the
 * same, as without the option -audit-labels on. */
static enum ww_switch audit_of(const struct ww_stage *stage, const struct ww_container *c)
{
    const char *rules;
    bool known;
    bool told = c->image_id && ww_world_image(stage->world, c->image_id, &rules, &known) == 0;
    enum ww_switch label = told ? ww_world_audit_switch(stage->world, c) : ww_switch_parse(c->label_audit);
    return label == WW_SWITCH_ON && stage->policy.ops->names ? WW_SWITCH_UNSET : label;
}

/* Without policies only labels opt in; a fault of a policy's closes any container. */
static int act_by_rules(struct ww_stage *stage, const struct ww_container *c, struct ww_actor *actor,
                        struct ww_error *err)
{
    bool site = stage->policy.ops->names != NULL;
    enum ww_managed labelled = ww_container_managed(c);
    enum ww_switch audit = audit_of(stage, c);
    bool is_asked = audit == WW_SWITCH_ON || audit == WW_SWITCH_BAD; /* what is to be audited is managed */
    actor->managed = labelled != WW_UNMANAGED || (is_asked && ww_switch_parse(c->label_enabled) == WW_SWITCH_UNSET);
    actor->audited = audit == WW_SWITCH_ON;
    if (labelled == WW_MANAGED_BAD) {
        actor->fault = strdup("label 'whalewall.enabled' is not a YAML boolean");
        return 0;
    }
    if (!site && !actor->managed)
        return 0;
    int rc = compile_container(stage, c, &actor->compiled, err);
    if (is_fault(rc)) {
        actor->managed = true;
        actor->fault = strdup(err->text);
        return actor->fault ? 0 : -ENOMEM;
    }
    if (actor->compiled.manage != WW_MANAGE_BY_LABEL)
        actor->managed = actor->compiled.manage == WW_MANAGE_YES;
    return rc;
}

static int act(struct ww_stage *stage, const struct ww_container *c, struct ww_actor *actor, struct ww_error *err)
{
    int rc = act_by_rules(stage, c, actor, err);
    if (rc < 0 || !actor->managed || actor->fault || audit_of(stage, c) != WW_SWITCH_BAD)
        return rc;
    actor->fault = strdup("label 'whalewall.audit' is not a YAML boolean");
    return actor->fault ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

struct making {
    struct ww_stage *stage;
    struct ww_ruleset *rs;
    struct ww_error *err;
};

/* Once for all rulesets that are put together: each is held against all consents. */
static int find_homes(const struct ww_stage *stage, struct ww_actor *actor, struct ww_error *err)
{
    size_t n = actor->compiled.n_consents;
    actor->homes = n ? calloc(n, sizeof(const char *)) : NULL;
    if (n && !actor->homes)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        actor->homes[i] = ww_world_home(stage->world, actor->compiled.consents[i].target);
    return 0;
}

static int add_actor(const struct ww_container *c, void *arg)
{
    const struct making *m = arg;
    struct ww_stage *stage = m->stage;
    struct ww_actor *actors = realloc(stage->actors, (stage->n + 1) * sizeof(*actors));
    if (!actors)
        return ww_fail(m->err, -ENOMEM, "out of memory");
    stage->actors = actors;
    actors[stage->n] = (struct ww_actor){.id = strdup(c->id), .home = ww_world_home(stage->world, c->id)};
    if (!actors[stage->n].id)
        return ww_fail(m->err, -ENOMEM, "out of memory");
    struct ww_actor *actor = &actors[stage->n++];
    int rc = act(stage, c, actor, m->err);
    return rc < 0 ? rc : find_homes(stage, actor, m->err);
}

static int add_actor_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    const struct making *m = arg;
    return ww_network_is_enforceable(n) ? ww_ruleset_add_endpoint(m->rs, &e->addrs) : 0;
}

/* Rules of all that live there, and what other containers open at them. */
static int add_rules(struct ww_stage *stage, struct ww_ruleset *rs)
{
    int rc = 0;
    for (size_t i = 0; i < stage->n; i++) {
        const struct ww_actor *actor = &stage->actors[i];
        if (!actor->managed || actor->fault)
            continue;
        for (size_t k = 0; rc == 0 && strcmp(actor->home, rs->id) == 0 && k < actor->compiled.n_rules; k++)
            rc = ww_ruleset_add_rule(rs, &actor->compiled.rules[k]);
        for (size_t k = 0; rc == 0 && k < actor->compiled.n_consents; k++)
            if (strcmp(actor->homes[k], rs->id) == 0)
                rc = ww_ruleset_add_rule(rs, &actor->compiled.consents[k].rule);
    }
    return rc;
}

const struct ww_ban *ww_stage_ban(const struct ww_stage *stage, const struct ww_ruleset *rs, const struct ww_flow *flow)
{
    for (size_t i = 0; i < stage->n; i++)
        for (size_t k = 0; strcmp(stage->actors[i].home, rs->id) == 0 && k < stage->actors[i].compiled.n_bans; k++)
            if (ww_flow_matches(rs, &stage->actors[i].compiled.bans[k].rule, flow))
                return &stage->actors[i].compiled.bans[k];
    return NULL;
}

static int add_bans(struct ww_stage *stage, struct ww_ruleset *rs)
{
    int rc = 0;
    for (size_t i = 0; i < stage->n; i++)
        for (size_t k = 0;
             rc == 0 && strcmp(stage->actors[i].home, rs->id) == 0 && k < stage->actors[i].compiled.n_bans; k++)
            rc = ww_ruleset_ban(rs, &stage->actors[i].compiled.bans[k]);
    return rc;
}

/* Of those that live in one network namespace. */
struct members {
    size_t managed;
    size_t faulty;  /* … of which closed */
    size_t audited; /* … of which audited */
};

static struct members count_members(const struct ww_stage *stage, const char *home)
{
    struct members m = {0};
    for (size_t i = 0; i < stage->n; i++) {
        const struct ww_actor *actor = &stage->actors[i];
        if (!actor->managed || strcmp(actor->home, home) != 0)
            continue;
        m.managed++;
        m.faulty += actor->fault != NULL;
        m.audited += actor->audited;
    }
    return m;
}

static int fill_ruleset(struct making *m, const struct ww_container *c)
{
    int rc = ww_world_each_endpoint(m->stage->world, c->id, add_actor_endpoint, m);
    for (size_t i = 0; rc == 0 && i < c->n_published; i++)
        rc = ww_ruleset_add_publish(m->rs, &c->published[i]);
    if (rc == 0)
        rc = add_rules(m->stage, m->rs);
    if (rc == 0)
        rc = add_bans(m->stage, m->rs);
    return rc < 0 ? ww_fail(m->err, rc, "out of memory") : 0;
}

static int add_ruleset(const struct ww_container *c, void *arg)
{
    struct making *m = arg;
    const struct members members = count_members(m->stage, c->id);
    if (!members.managed)
        return 0;
    m->rs = ww_ruleset_new(c->id, c->name ? c->name : c->id);
    if (!m->rs)
        return ww_fail(m->err, -ENOMEM, "out of memory");
    m->rs->quarantined = members.faulty == members.managed;
    m->rs->audited = members.audited == members.managed; /* as the addresses are the same */
    int rc = fill_ruleset(m, c);
    if (rc == 0)
        rc = ww_ruleset_seal(m->rs, m->err);
    if (rc == 0 && m->rs->n_endpoints)
        rc = ww_plan_set(m->stage->plan, m->rs, m->err);
    ww_ruleset_unref(m->rs);
    return rc;
}

int ww_stage_play(struct ww_stage *stage, struct ww_error *err)
{
    struct making m = {.stage = stage, .err = err};
    stage->plan = ww_plan_new();
    if (!stage->plan)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = ww_world_each_container(stage->world, add_actor, &m);
    return rc < 0 ? rc : ww_world_each_container(stage->world, add_ruleset, &m);
}
