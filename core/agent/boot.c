/* After a boot the kernel knows nothing and the engine may not answer: the database's rules are better than none. */
#include "core/agent/boot.h"

#include "core/agent/agent_internal.h"

/* The last known rules of one container cannot be had (its user chain is not there yet, say): it alone is closed. */
static int close_one(struct ww_agent *a, const struct ww_ruleset *rs, struct ww_error *err)
{
    struct ww_ruleset *closed = NULL;
    ww_log(a->log, WW_ERROR, "container closed: its last known rules cannot be put in force yet", WW_ID(rs->id),
           WW_S("container.name", rs->name), WW_S("error", err->text));
    int rc = ww_ruleset_close(rs, &closed, err);
    if (rc == 0)
        rc = ww_plan_set(a->desired, closed, err);
    ww_ruleset_unref(closed);
    return rc;
}

struct taking {
    struct ww_agent *agent;
    size_t audited; /* that are enforced all the same, … */
    size_t open;    /* … and that are not */
    struct ww_error *err;
};

/* Without -audit it was audited by its label, or by an option that is not given any more: that is not known before the
 * engine's first list, and so it is enforced until then. */
static int take_audited(struct taking *t, const struct ww_ruleset *rs)
{
    struct ww_ruleset *enforced = NULL;
    int rc = ww_ruleset_enforce(rs, &enforced, t->err);
    if (rc == 0)
        rc = ww_plan_set(t->agent->desired, enforced, t->err);
    ww_ruleset_unref(enforced);
    t->audited += rc >= 0;
    return rc;
}

static int take_one(struct ww_ruleset *rs, void *arg)
{
    struct taking *t = arg;
    t->open += rs->audited && t->agent->audit;
    if (rs->audited && !t->agent->audit && ww_kernel_check(t->agent->kernel, rs, t->err) >= 0)
        return take_audited(t, rs);
    if (ww_kernel_check(t->agent->kernel, rs, t->err) < 0)
        return close_one(t->agent, rs, t->err);
    return ww_plan_set(t->agent->desired, rs, t->err);
}

/* Each refusal closes one more container, so this ends. */
static int put_in_force(struct ww_agent *a, struct ww_error *err)
{
    for (;;) {
        struct ww_refusal refusal = {0};
        int rc = ww_kernel_apply_all(a->kernel, a->desired, a->fences, &refusal, err);
        struct ww_ruleset *refused = rc < 0 && refusal.id ? ww_plan_get(a->desired, refusal.id) : NULL;
        ww_refusal_done(&refusal);
        if (!refused || refused->quarantined)
            return rc;
        rc = close_one(a, refused, err);
        if (rc < 0)
            return rc;
    }
}

static void say_audited(struct ww_agent *a, const struct taking *t)
{
    if (t->audited)
        ww_log(a->log, WW_WARN, "containers that were audited are enforced until the engine tells of them",
               WW_I("containers", (int64_t)t->audited));
    if (t->open)
        ww_log(a->log, WW_WARN, "audit mode: nothing is dropped of containers whose last known rules are in force",
               WW_I("containers", (int64_t)t->open));
}

int ww_boot(struct ww_agent *a, struct ww_error *err)
{
    struct taking t = {.agent = a, .err = err};
    int rc = ww_plan_each(a->applied, take_one, &t);
    if (rc == 0)
        rc = put_in_force(a, err);
    if (rc == 0)
        say_audited(a, &t);
    return rc;
}
