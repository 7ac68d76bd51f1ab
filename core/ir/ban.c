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

int ww_rules_take(struct ww_rules *rules, struct ww_rule *rule)
{
    struct ww_rule *items = realloc(rules->items, (rules->n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    rules->items = items;
    items[rules->n++] = *rule;
    *rule = (struct ww_rule){0};
    return 0;
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

size_t ww_ban_work(const struct ww_ban *ban, const struct ww_ruleset *shell, const struct ww_rule *rule)
{
    const bool mapped = rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL;
    const size_t own = rule->n_own ? rule->n_own : 2 * shell->n_endpoints;
    if ((ban->rule.side == WW_OUTPUT) != (rule->side == WW_OUTPUT))
        return 1;
    return 1 + rule->n_peers + (mapped ? shell->n_published : rule->n_dports) + own * ban->rule.n_own;
}

/* Most bans are about no rule of most containers: nothing is copied then. */
int ww_ruleset_ban(struct ww_ruleset *rs, const struct ww_ban *ban)
{
    struct ww_rules left = {0};
    size_t first = 0; /* that the ban is about */
    int rc = 0;
    while (rc == 0 && first < rs->n_rules)
        rc = ww_ban_narrow(ban, rs, &rs->rules[first++], &left);
    ww_rules_done(&left);
    if (rc <= 0)
        return rc;
    for (size_t i = 0; rc >= 0 && i < rs->n_rules; i++) {
        rc = i + 1 < first ? 0 : ww_ban_narrow(ban, rs, &rs->rules[i], &left);
        if (rc == 0)
            rc = ww_rules_take(&left, &rs->rules[i]);
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
