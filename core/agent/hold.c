/*
 * An address that changes hands takes no flows along: they are deleted while it is still the former holder's, or while
 * it is nobody's. That takes a look at all tracked flows, which may take long; what does not concern the address does
 * not wait for it. So a step can be committed without the containers that would get the address, or that still have it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/internal.h"

/* Why containers are held. */
struct holding {
    const struct ww_scope *closed; /* nobody may get these */
    const struct ww_scope *handed; /* they pass from one to another in this step, or will with the next */
    struct ww_idset *held;
    struct ww_error *err;
};

static bool has_one(const struct ww_scope *scope, const struct ww_endpoint_addrs *e)
{
    return ww_scope_has(scope, &e->ipv4) || ww_scope_has(scope, &e->ipv6);
}

static bool ruleset_has_one(const struct ww_scope *scope, const struct ww_ruleset *rs)
{
    for (size_t i = 0; rs && i < rs->n_endpoints; i++)
        if (has_one(scope, &rs->endpoints[i]))
            return true;
    return false;
}

static int hold_change(struct holding *h, const struct ww_change *change)
{
    if (!ruleset_has_one(h->closed, change->to) && !ruleset_has_one(h->handed, change->to) &&
        !ruleset_has_one(h->handed, change->from))
        return 0;
    return ww_idset_add(h->held, change->to ? change->to->id : change->from->id, h->err);
}

static int hold_new(const struct ww_known *k, void *arg)
{
    struct holding *h = arg;
    bool waits = has_one(h->closed, &k->addrs) || has_one(h->handed, &k->addrs);
    return waits ? ww_idset_add(h->held, k->container, h->err) : 0;
}

static int hold_old(const struct ww_known *k, void *arg)
{
    struct holding *h = arg;
    return has_one(h->handed, &k->addrs) ? ww_idset_add(h->held, k->container, h->err) : 0;
}

static int hold_fence(struct holding *h, const struct ww_fence_change *change)
{
    int rc = change->to ? ww_fence_each_only(change->to, change->from, hold_new, h) : 0;
    return rc || !change->from ? rc : ww_fence_each_only(change->from, change->to, hold_old, h);
}

static int hold_all(struct holding *h, const struct ww_step *step)
{
    int rc = 0;
    for (size_t i = 0; i < step->rules.n && rc == 0; i++)
        rc = hold_change(h, &step->rules.changes[i]);
    for (size_t i = 0; i < step->fences.n && rc == 0; i++)
        rc = hold_fence(h, &step->fences.changes[i]);
    return rc;
}

static void take_out_rules(struct ww_diff *diff, const struct ww_idset *held)
{
    size_t kept = 0;
    for (size_t i = 0; i < diff->n; i++) {
        struct ww_change *change = &diff->changes[i];
        if (!ww_idset_has(held, change->to ? change->to->id : change->from->id)) {
            diff->changes[kept++] = *change;
            continue;
        }
        ww_ruleset_unref(change->from);
        ww_ruleset_unref(change->to);
    }
    diff->n = kept;
}

static bool is_held(const char *container, void *arg)
{
    return ww_idset_has(arg, container);
}

static int is_held_known(const struct ww_known *k, void *arg)
{
    return ww_idset_has(arg, k->container);
}

/*
 * The network without the news of those who are held. Its guard does not end as long as they are: whoever has got the
 * address already is not to talk.
 */
static int take_out_known(struct ww_fence_change *change, struct ww_idset *held, struct ww_error *err)
{
    struct ww_fence *mixed = NULL;
    bool concerned = (change->to && ww_fence_each_only(change->to, change->from, is_held_known, held)) ||
                     (change->from && ww_fence_each_only(change->from, change->to, is_held_known, held));
    if (!concerned)
        return 0;
    bool ends = !change->to || (change->from && change->from->guarded && !change->to->guarded);
    int rc = ends ? 0 : ww_fence_mix(change->to, change->from, is_held, held, &mixed, err);
    if (rc < 0)
        return rc;
    ww_fence_unref(change->to);
    change->to = mixed ? mixed : ww_fence_ref(change->from);
    return 0;
}

static int take_out_fences(struct ww_fence_diff *diff, struct ww_idset *held, struct ww_error *err)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < diff->n; i++) {
        struct ww_fence_change *change = &diff->changes[i];
        if (rc == 0)
            rc = take_out_known(change, held, err);
        if (!change->from || !change->to || strcmp(change->from->hash, change->to->hash) != 0) {
            diff->changes[kept++] = *change;
            continue;
        }
        ww_fence_unref(change->from);
        ww_fence_unref(change->to);
    }
    diff->n = kept;
    return rc;
}

/* Which of the addresses that change hands are given or got by who is held. */
struct touching {
    const struct ww_scope *handed;
    struct ww_idset *held;
    bool *touched; /* of each */
};

static void touch_addr(struct touching *t, const struct ww_addr *addr)
{
    for (size_t i = 0; addr->family && i < t->handed->n_addrs; i++)
        t->touched[i] = t->touched[i] || ww_addr_cmp(&t->handed->addrs[i], addr) == 0;
}

static int touch_known(const struct ww_known *k, void *arg)
{
    struct touching *t = arg;
    if (!ww_idset_has(t->held, k->container))
        return 0;
    touch_addr(t, &k->addrs.ipv4);
    touch_addr(t, &k->addrs.ipv6);
    return 0;
}

static void touch_ruleset(struct touching *t, const struct ww_ruleset *rs)
{
    for (size_t i = 0; rs && ww_idset_has(t->held, rs->id) && i < rs->n_endpoints; i++) {
        touch_addr(t, &rs->endpoints[i].ipv4);
        touch_addr(t, &rs->endpoints[i].ipv6);
    }
}

static void touch_all(struct touching *t, const struct ww_step *step)
{
    for (size_t i = 0; i < step->rules.n; i++) {
        touch_ruleset(t, step->rules.changes[i].from);
        touch_ruleset(t, step->rules.changes[i].to);
    }
    for (size_t i = 0; i < step->fences.n; i++) {
        const struct ww_fence_change *change = &step->fences.changes[i];
        if (change->to)
            ww_fence_each_only(change->to, change->from, touch_known, t);
        if (change->from)
            ww_fence_each_only(change->from, change->to, touch_known, t);
    }
}

/* Until it holds nobody more. `blocked` has room for all addresses that change hands. */
static int hold_touched(const struct holding *h, const struct ww_step *step, struct touching *t,
                        struct ww_scope *blocked)
{
    struct holding partners = *h;
    int rc = 0;
    partners.handed = blocked;
    for (size_t n = 0; rc == 0 && n < ww_idset_count(h->held);) {
        n = ww_idset_count(h->held);
        touch_all(t, step);
        blocked->n_addrs = 0;
        for (size_t i = 0; i < t->handed->n_addrs; i++)
            if (t->touched[i])
                blocked->addrs[blocked->n_addrs++] = t->handed->addrs[i];
        rc = hold_all(&partners, step);
    }
    return rc;
}

/* Whoever gives to, or gets from, one who is held must wait, too; and nobody else. */
static int hold_partners(const struct holding *h, const struct ww_step *step, const struct ww_scope *handed)
{
    struct ww_scope blocked = {.addrs = calloc(handed->n_addrs + 1, sizeof(*blocked.addrs))};
    struct touching t = {handed, h->held, calloc(handed->n_addrs + 1, sizeof(*t.touched))};
    int rc;
    if (blocked.addrs && t.touched)
        rc = hold_touched(h, step, &t, &blocked);
    else
        rc = ww_fail(h->err, -ENOMEM, "out of memory");
    free(t.touched);
    ww_scope_done(&blocked);
    return rc;
}

/* Does anybody in this step get an address that is closed yet? */
static int find_held(struct ww_agent *a, const struct ww_step *step, const struct ww_scope *closed,
                     const struct ww_scope *handed, struct ww_error *err)
{
    static const struct ww_scope none;
    struct holding h = {.closed = closed, .handed = &none, .held = &a->held, .err = err};
    int rc = closed->n_addrs ? hold_all(&h, step) : 0;
    return rc < 0 || !a->held.ids ? rc : hold_partners(&h, step, handed);
}

/* Where no guard shuts out who is not known, who waits would not be restricted at all. */
static bool would_be_open(const struct ww_step *step, struct ww_idset *held)
{
    for (size_t i = 0; i < step->fences.n; i++) {
        const struct ww_fence_change *change = &step->fences.changes[i];
        bool guarded = change->to && (change->to->guarded || (change->from && change->from->guarded));
        if (change->to && !guarded && ww_fence_each_only(change->to, change->from, is_held_known, held))
            return true;
    }
    return false;
}

static int hold_back(struct ww_agent *a, struct ww_step *step, struct ww_scope *closed, const struct ww_scope *handed,
                     struct ww_error *err)
{
    int rc = ww_looks_release(a, handed, err);
    if (rc == 0)
        rc = ww_looks_closed(a, closed, err);
    if (rc == 0)
        rc = find_held(a, step, closed, handed, err);
    if (rc < 0 || !a->held.ids)
        return rc;
    if (would_be_open(step, &a->held)) {
        ww_hold_nothing(a, step);
        return 0;
    }
    take_out_rules(&step->rules, &a->held);
    return take_out_fences(&step->fences, &a->held, err);
}

int ww_hold_back(struct ww_agent *a, struct ww_step *step, struct ww_error *err)
{
    struct ww_scope closed = {0};
    struct ww_scope handed = {0};
    ww_idset_done(&a->held);
    int rc = ww_scope_init_handed(&handed, &step->rules, &step->fences, err);
    if (rc == 0)
        rc = hold_back(a, step, &closed, &handed, err);
    ww_scope_done(&closed);
    ww_scope_done(&handed);
    return rc;
}

/* Without memory, or a look, it is as if there were no flows: whoever starts must not wait for ever. */
void ww_hold_nothing(struct ww_agent *a, const struct ww_step *step)
{
    struct ww_error err = {0};
    struct ww_scope addrs = {0};
    ww_idset_done(&a->held);
    int n = ww_scope_init_handed(&addrs, &step->rules, &step->fences, &err);
    if (n == 0)
        n = ww_looks_closed(a, &addrs, &err);
    if (n == 0)
        n = ww_kernel_release(a->kernel, &addrs, &err);
    ww_scope_done(&addrs);
    ww_looks_open(a);
    if (n < 0)
        ww_log(a->log, WW_ERROR, "cannot delete the tracked flows of an address that changes hands",
               WW_S("error", err.text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "tracked flows of an address that changes hands deleted", WW_I("flows", n));
}
