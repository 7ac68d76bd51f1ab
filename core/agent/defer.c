/*
 * An address that changes hands takes no flows along. To find them all tracked flows have to be looked at, and there
 * may be as many as containers like: so another thread does (ct_scans.c), and nothing waits for it but what it would
 * open. The container that gets the address is closed there at once, like one whose rules allow nothing, and at the
 * bridge it is nowhere, for established packets are not judged again (core/ir/withhold.h); the rest of it goes in when
 * the scan is over.
 */
#include "core/agent/defer.h"

#include <errno.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/ct_scans.h"
#include "core/agent/idset.h"
#include "core/agent/step.h"
#include "core/ir/withhold.h"

/* A step under way whose openings are taken out. */
struct deferring {
    struct ww_agent *agent;
    struct ww_withholding withheld;
    struct ww_error *err;
};

static bool has_addr(const struct ww_addr *addr, void *affected)
{
    return ww_affected_has(affected, addr);
}

static int defer_rules(struct deferring *h, struct ww_change *change)
{
    struct ww_ruleset *kept = NULL;
    int rc = change->to ? ww_ruleset_withhold(change->to, &h->withheld, &kept, h->err) : 0;
    if (rc == 0 && kept && strcmp(kept->hash, change->to->hash) != 0)
        rc = ww_idset_add(&h->agent->deferred, change->to->id, h->err);
    if (rc < 0 || !kept) {
        ww_ruleset_unref(kept);
        return rc;
    }
    ww_ruleset_unref(change->to);
    change->to = kept;
    return 0;
}

static int note_deferred(const struct ww_known *k, void *arg)
{
    struct deferring *h = arg;
    return ww_idset_add(&h->agent->deferred, k->container, h->err);
}

static int defer_fence(struct deferring *h, struct ww_fence_change *change)
{
    struct ww_fence *kept = NULL;
    int rc = change->to ? ww_fence_withhold(change->to, &h->withheld, &kept, h->err) : 0;
    if (rc == 0 && kept)
        rc = ww_fence_each_only(change->to, kept, note_deferred, h);
    if (rc < 0 || !kept) {
        ww_fence_unref(kept);
        return rc;
    }
    ww_fence_unref(change->to);
    change->to = kept;
    return 0;
}

/* What is as it was is no change. */
static void drop_equal(struct ww_step *step)
{
    size_t kept = 0;
    for (size_t i = 0; i < step->rules.n; i++) {
        struct ww_change *c = &step->rules.changes[i];
        if (!c->from || !c->to || strcmp(c->from->hash, c->to->hash) != 0) {
            step->rules.changes[kept++] = *c;
            continue;
        }
        ww_ruleset_unref(c->from);
        ww_ruleset_unref(c->to);
    }
    step->rules.n = kept;
    kept = 0;
    for (size_t i = 0; i < step->fences.n; i++) {
        struct ww_fence_change *c = &step->fences.changes[i];
        if (!c->from || !c->to || strcmp(c->from->hash, c->to->hash) != 0) {
            step->fences.changes[kept++] = *c;
            continue;
        }
        ww_fence_unref(c->from);
        ww_fence_unref(c->to);
    }
    step->fences.n = kept;
}

static int defer_all(struct deferring *h, struct ww_step *step)
{
    int rc = 0;
    for (size_t i = 0; i < step->rules.n && rc == 0; i++)
        rc = defer_rules(h, &step->rules.changes[i]);
    for (size_t i = 0; i < step->fences.n && rc == 0; i++)
        rc = defer_fence(h, &step->fences.changes[i]);
    if (rc == 0 && !h->agent->resync)
        drop_equal(step);
    return rc;
}

int ww_defer(struct ww_agent *a, struct ww_step *step, struct ww_error *err)
{
    struct ww_affected closed = {0};
    struct deferring h = {.agent = a, .err = err, .withheld = {.has = has_addr, .arg = &closed, .bind = a->ports}};
    ww_idset_done(&a->deferred);
    int rc = ww_affected_init_handed(&closed, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = ww_ct_scans_closed(a, &closed, err);
    if (rc == 0 && closed.n_addrs)
        rc = defer_all(&h, step);
    ww_affected_done(&closed);
    return rc;
}

/* --- What is whole is put in force whole, but for what is deferred. --- */

static int copy_ruleset(struct ww_ruleset *rs, void *plan)
{
    return ww_plan_set(plan, rs, NULL);
}

static int copy_fence(struct ww_fence *f, void *fences)
{
    return ww_fences_set(fences, f, NULL);
}

static int make_deferred(const struct ww_agent *a, const struct ww_step *step, struct ww_plan *plan,
                         struct ww_fences *fences)
{
    int rc = ww_plan_each(a->desired, copy_ruleset, plan);
    for (size_t i = 0; i < step->rules.n && rc == 0; i++)
        rc = step->rules.changes[i].to ? copy_ruleset(step->rules.changes[i].to, plan) : 0;
    if (rc == 0)
        rc = ww_fences_each(a->fences, copy_fence, fences);
    for (size_t i = 0; i < step->fences.n && rc == 0; i++)
        rc = step->fences.changes[i].to ? copy_fence(step->fences.changes[i].to, fences) : 0;
    return rc;
}

int ww_defer_apply_all(struct ww_agent *a, struct ww_step *step, struct ww_refusal *refusal, struct ww_error *err)
{
    if (!a->deferred.ids)
        return ww_kernel_apply_all(a->kernel, a->desired, a->fences, refusal, err);
    struct ww_plan *plan = ww_plan_new_plain();
    struct ww_fences *fences = ww_fences_new();
    int rc = plan && fences ? make_deferred(a, step, plan, fences) : -ENOMEM;
    rc = rc < 0 ? ww_fail(err, -ENOMEM, "out of memory") : ww_kernel_apply_all(a->kernel, plan, fences, refusal, err);
    ww_plan_free(plan);
    ww_fences_free(fences);
    if (rc == 0)
        drop_equal(step); /* not before: they are what is deferred of `desired` */
    return rc;
}
