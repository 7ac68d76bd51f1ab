#include "core/ir/withhold.h"

#include <errno.h>
#include <stdlib.h>

bool ww_withholds(const struct ww_withholding *w, const struct ww_endpoint_addrs *e)
{
    return (e->ipv4.family && w->has(&e->ipv4, w->arg)) || (e->ipv6.family && w->has(&e->ipv6, w->arg));
}

/* --- Rulesets --- */

static bool ruleset_is_concerned(const struct ww_ruleset *rs, const struct ww_withholding *w)
{
    for (size_t i = 0; i < rs->n_endpoints; i++)
        if (ww_withholds(w, &rs->endpoints[i]))
            return true;
    return false;
}

static int keep_own(struct ww_rule *rule, const struct ww_addr *addr, const struct ww_withholding *w)
{
    return !addr->family || w->has(addr, w->arg) ? 0 : ww_rule_add_own(rule, addr);
}

/* Of the addresses that the rule is about those that are not withheld. A rule without a list is about all. */
static int keep_owns(struct ww_rule *rule, const struct ww_ruleset *rs, const struct ww_withholding *w)
{
    int rc = 0;
    if (!rule->n_own) {
        for (size_t i = 0; i < rs->n_endpoints && rc == 0; i++) {
            rc = keep_own(rule, &rs->endpoints[i].ipv4, w);
            if (rc == 0)
                rc = keep_own(rule, &rs->endpoints[i].ipv6, w);
        }
        return rc;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rule->n_own; i++)
        if (!w->has(&rule->own[i], w->arg))
            rule->own[kept++] = rule->own[i];
    rule->n_own = kept;
    return 0;
}

/* Without an address left it would be about all of them: so it is left out. */
static int keep_rule(const struct ww_rule *rule, const struct ww_ruleset *rs, const struct ww_withholding *w,
                     struct ww_ruleset *kept)
{
    struct ww_rule copy = {0};
    int rc = ww_rule_copy(rule, &copy);
    if (rc == 0)
        rc = keep_owns(&copy, rs, w);
    if (rc == 0 && copy.n_own)
        rc = ww_ruleset_add_rule(kept, &copy);
    ww_rule_done(&copy);
    return rc;
}

static int keep_ruleset(const struct ww_ruleset *rs, const struct ww_withholding *w, struct ww_ruleset *kept)
{
    int rc = 0;
    kept->quarantined = rs->quarantined;
    kept->audited = rs->audited;
    for (size_t i = 0; i < rs->n_endpoints && rc == 0; i++)
        rc = ww_ruleset_add_endpoint(kept, &rs->endpoints[i]);
    for (size_t i = 0; i < rs->n_published && rc == 0; i++)
        rc = ww_ruleset_add_publish(kept, &rs->published[i]);
    for (size_t i = 0; i < rs->n_rules && rc == 0; i++)
        rc = keep_rule(&rs->rules[i], rs, w, kept);
    return rc;
}

int ww_ruleset_withhold(struct ww_ruleset *rs, const struct ww_withholding *w, struct ww_ruleset **ret_kept,
                        struct ww_error *err)
{
    if (!ruleset_is_concerned(rs, w)) {
        *ret_kept = ww_ruleset_ref(rs);
        return 0;
    }
    struct ww_ruleset *kept = ww_ruleset_new(rs->id, rs->name);
    int rc = kept ? keep_ruleset(rs, w, kept) : -ENOMEM;
    rc = rc < 0 ? ww_fail(err, rc, "out of memory") : ww_ruleset_seal(kept, err);
    if (rc < 0)
        ww_ruleset_unref(kept);
    else
        *ret_kept = kept;
    return rc;
}

/* --- Fences --- */

static bool sends_from_one(const struct ww_known *k, const struct ww_withholding *w)
{
    for (size_t i = 0; i < k->n_sources; i++)
        if (w->has(&k->sources[i], w->arg))
            return true;
    return false;
}

static bool fence_is_concerned(const struct ww_fence *f, const struct ww_withholding *w)
{
    for (size_t i = 0; i < f->n_known; i++)
        if (ww_withholds(w, &f->known[i].addrs) || sends_from_one(&f->known[i], w))
            return true;
    return false;
}

static int keep_network(const struct ww_fence *f, struct ww_fence *kept)
{
    int rc = 0;
    kept->guarded = f->guarded;
    kept->brief = f->brief;
    kept->own_mac = f->own_mac;
    kept->apart = f->apart;
    kept->host = f->host;
    for (size_t i = 0; i < f->n_subnets && rc == 0; i++)
        rc = ww_fence_add_subnet(kept, &f->subnets[i]);
    for (size_t i = 0; i < f->n_always && rc == 0; i++)
        rc = ww_fence_add_always(kept, &f->always[i]);
    for (size_t i = 0; i < f->n_aux && rc == 0; i++)
        rc = ww_fence_add_aux(kept, &f->aux[i]);
    for (size_t i = 0; i < f->n_own && rc == 0; i++)
        rc = ww_fence_add_own(kept, &f->own[i]);
    for (size_t i = 0; i < f->n_bystanders && rc == 0; i++)
        rc = ww_fence_add_bystander(kept, &f->bystanders[i]);
    return rc;
}

static int keep_known(const struct ww_known *known, const struct ww_withholding *w, struct ww_fence *kept)
{
    struct ww_known k = *known;
    if (ww_withholds(w, &k.addrs)) {
        if (!w->bind || ww_mac_is_zero(&k.addrs.mac))
            return 0;
        k.port = WW_PORT_NOWHERE;
    }
    k.sources = calloc(known->n_sources + 1, sizeof(*k.sources));
    if (!k.sources)
        return -ENOMEM;
    k.n_sources = 0;
    for (size_t i = 0; i < known->n_sources; i++)
        if (!w->has(&known->sources[i], w->arg))
            k.sources[k.n_sources++] = known->sources[i];
    int rc = ww_fence_add_known(kept, &k);
    free(k.sources);
    return rc;
}

static int keep_fence(const struct ww_fence *f, const struct ww_withholding *w, struct ww_fence *kept)
{
    int rc = keep_network(f, kept);
    for (size_t i = 0; i < f->n_known && rc == 0; i++)
        rc = keep_known(&f->known[i], w, kept);
    return rc;
}

int ww_fence_withhold(struct ww_fence *f, const struct ww_withholding *w, struct ww_fence **ret_kept,
                      struct ww_error *err)
{
    if (!fence_is_concerned(f, w)) {
        *ret_kept = ww_fence_ref(f);
        return 0;
    }
    struct ww_fence *kept = ww_fence_new(f->id, f->name, f->bridge);
    int rc = kept ? keep_fence(f, w, kept) : -ENOMEM;
    rc = rc < 0 ? ww_fail(err, rc, "out of memory") : ww_fence_seal(kept, err);
    if (rc < 0)
        ww_fence_unref(kept);
    else
        *ret_kept = kept;
    return rc;
}
