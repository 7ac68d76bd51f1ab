#include "core/ir/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ww_ruleset *ww_ruleset_new(const char *id, const char *name)
{
    struct ww_ruleset *rs = calloc(1, sizeof(*rs));
    if (!rs)
        return NULL;
    rs->refs = 1;
    rs->id = strdup(id);
    rs->name = strdup(name);
    if (!rs->id || !rs->name) {
        ww_ruleset_unref(rs);
        return NULL;
    }
    return rs;
}

struct ww_ruleset *ww_ruleset_ref(struct ww_ruleset *rs)
{
    rs->refs++;
    return rs;
}

void ww_ruleset_unref(struct ww_ruleset *rs)
{
    if (!rs || --rs->refs > 0)
        return;
    for (size_t i = 0; i < rs->n_rules; i++)
        ww_rule_done(&rs->rules[i]);
    free(rs->rules);
    free(rs->special);
    free(rs->endpoints);
    free(rs->published);
    free(rs->name);
    free(rs->id);
    free(rs);
}

int ww_ruleset_add_endpoint(struct ww_ruleset *rs, const struct ww_endpoint_addrs *endpoint)
{
    if (rs->sealed)
        return -EINVAL;
    struct ww_endpoint_addrs *list = realloc(rs->endpoints, (rs->n_endpoints + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[rs->n_endpoints++] = *endpoint;
    rs->endpoints = list;
    return 0;
}

int ww_ruleset_add_publish(struct ww_ruleset *rs, const struct ww_publish *publish)
{
    if (rs->sealed)
        return -EINVAL;
    struct ww_publish *list = realloc(rs->published, (rs->n_published + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[rs->n_published++] = *publish;
    rs->published = list;
    return 0;
}

int ww_ruleset_add_rule(struct ww_ruleset *rs, const struct ww_rule *rule)
{
    if (rs->sealed)
        return -EINVAL;
    struct ww_rule *list = realloc(rs->rules, (rs->n_rules + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    rs->rules = list;
    int rc = ww_rule_copy(rule, &list[rs->n_rules]);
    if (rc == 0)
        rs->n_rules++;
    return rc;
}

static int copy_shell(const struct ww_ruleset *from, struct ww_ruleset *to)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->n_endpoints; i++)
        rc = ww_ruleset_add_endpoint(to, &from->endpoints[i]);
    for (size_t i = 0; rc == 0 && i < from->n_published; i++)
        rc = ww_ruleset_add_publish(to, &from->published[i]);
    return rc;
}

static int copy_rules(const struct ww_ruleset *from, struct ww_ruleset *to)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->n_rules; i++)
        rc = ww_ruleset_add_rule(to, &from->rules[i]);
    return rc;
}

static int copy(const struct ww_ruleset *rs, bool closed, bool audited, struct ww_ruleset **ret_copy,
                struct ww_error *err)
{
    struct ww_ruleset *new = ww_ruleset_new(rs->id, rs->name);
    int rc = new ? copy_shell(rs, new) : -ENOMEM;
    if (rc == 0 && !closed)
        rc = copy_rules(rs, new);
    if (rc < 0) {
        ww_ruleset_unref(new);
        return ww_fail(err, rc, "out of memory");
    }
    new->quarantined = closed || rs->quarantined;
    new->audited = audited;
    rc = ww_ruleset_seal(new, err);
    if (rc < 0)
        ww_ruleset_unref(new);
    else
        *ret_copy = new;
    return rc;
}

int ww_ruleset_close(const struct ww_ruleset *rs, struct ww_ruleset **ret_closed, struct ww_error *err)
{
    return copy(rs, true, rs->audited, ret_closed, err);
}

int ww_ruleset_enforce(const struct ww_ruleset *rs, struct ww_ruleset **ret_enforced, struct ww_error *err)
{
    return copy(rs, false, false, ret_enforced, err);
}

bool ww_ruleset_has_addr(const struct ww_ruleset *rs, const struct ww_addr *addr)
{
    if (!addr->family)
        return false;
    for (size_t i = 0; i < rs->n_endpoints; i++) {
        const struct ww_endpoint_addrs *e = &rs->endpoints[i];
        if (ww_addr_cmp(&e->ipv4, addr) == 0 || ww_addr_cmp(&e->ipv6, addr) == 0)
            return true;
        if (ww_mac_is_zero(&e->mac))
            continue;
        struct ww_addr local = ww_mac_link_local(&e->mac);
        if (ww_addr_cmp(&local, addr) == 0)
            return true;
    }
    return false;
}
