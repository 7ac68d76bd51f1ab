#include "core/ir/ban.h"

#include <errno.h>
#include <stdlib.h>

#include "core/ir/span.h"

void ww_ban_done(struct ww_ban *ban)
{
    ww_rule_done(&ban->rule);
    free(ban->reason);
    free(ban->chain);
    *ban = (struct ww_ban){0};
}

void ww_rules_done(struct ww_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        ww_rule_done(&rules->items[i]);
    free(rules->items);
    *rules = (struct ww_rules){0};
}

int ww_ban_settle(struct ww_ban *ban, struct ww_error *err)
{
    struct ww_rule *rule = &ban->rule;
    int rc = ww_rule_validate(rule, err);
    if (rc < 0)
        return rc;
    if ((rule->side != WW_INPUT && rule->side != WW_OUTPUT) || rule->peer == WW_PEER_HOST)
        return ww_fail(err, -EINVAL, "a ban is about input or output, and not about the host alone");
    if (rule->n_sports || rule->consent || ww_rule_is_special(rule) || !ban->reason)
        return ww_fail(err, -EINVAL, "a ban has a reason, and neither source ports, log nor verdict");
    ww_rule_normalize(rule);
    if (rule->peer == WW_PEER_ADDRS && ww_span_is_all(rule->peers, rule->n_peers)) {
        rule->peer = WW_PEER_ANY;
        rule->n_peers = 0;
    }
    return 0;
}

/* As it is. */
static int keep_all(const struct ww_rule *rule, struct ww_rules *left)
{
    struct ww_rule *items = realloc(left->items, (left->n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    left->items = items;
    int rc = ww_rule_copy(rule, &items[left->n]);
    left->n += rc == 0;
    return rc;
}

int ww_ruleset_ban(struct ww_ruleset *rs, const struct ww_ban *ban)
{
    struct ww_rules left = {0};
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < rs->n_rules; i++) {
        rc = ww_ban_narrow(ban, rs, &rs->rules[i], &left);
        if (rc == 0)
            rc = keep_all(&rs->rules[i], &left);
    }
    if (rc < 0) {
        ww_rules_done(&left);
        return rc;
    }
    struct ww_rules old = {.items = rs->rules, .n = rs->n_rules};
    rs->rules = left.items;
    rs->n_rules = left.n;
    ww_rules_done(&old);
    return 0;
}
