/*
 * What no rule of a container may allow, wherever it comes from: how a site policy refuses. A ban is taken out of all
 * rules at the end, so it wins over every permission, whichever came first.
 */
#ifndef WW_IR_BAN_H
#define WW_IR_BAN_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/rule.h"
#include "core/ir/ruleset.h"

/*
 * rule: the traffic, as a rule of side WW_OUTPUT or WW_INPUT (then also what comes to the published ports) with
 * WW_PEER_ANY or WW_PEER_ADDRS, no source ports, log or verdict; its origin says which policy bans it. A list of
 * addresses, unless it is all of them, does not ban what WW_PEER_HOST allows. Strings are owned.
 */
struct ww_ban {
    struct ww_rule rule;
    char *reason;
    char *chain; /* NULL, or: only about rules with a verdict of that chain; ww_compiled_apply_bans uses it up */
};

struct ww_rules {
    struct ww_rule *items;
    size_t n;
};

void ww_ban_done(struct ww_ban *ban);
void ww_rules_done(struct ww_rules *rules);

/* One more; its contents are taken over unless this fails: -ENOMEM. */
int ww_rules_take(struct ww_rules *rules, struct ww_rule *rule);

/* Validate and normalize. -EINVAL with the reason. */
int ww_ban_settle(struct ww_ban *ban, struct ww_error *err);

/*
 * Append to `left` what the ban leaves of one rule, which may be nothing. `shell` has the endpoints and published ports
 * that the rule is about. What cannot be said without the ban's traffic is left out, too: never less is banned. 1: the
 * ban was about the rule; 0: it was not, and nothing is appended; -ENOMEM.
 */
int ww_ban_narrow(const struct ww_ban *ban, const struct ww_ruleset *shell, const struct ww_rule *rule,
                  struct ww_rules *left);

/*
 * How much ww_ban_narrow holds against each other to see whether the ban is about the rule, whose lists are normalized:
 * addresses, ranges, ports. Where it is, as much comes to it as the ban lists, once.
 */
size_t ww_ban_work(const struct ww_ban *ban, const struct ww_ruleset *shell, const struct ww_rule *rule);

/* The same for all rules of a ruleset that is not sealed yet. 0; -ENOMEM: it is only good to be released then. */
int ww_ruleset_ban(struct ww_ruleset *rs, const struct ww_ban *ban);

#endif
