/* The bans of a container's policies, taken out of what its own rules say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ir/compiled.h"
#include "core/ir/text.h"

/* "narrowed by …: reason" or "refused by …: reason; it was: rule": the rule is kept in words, at least. */
static int note_loss(struct ww_compiled *c, const struct ww_rule *rule, const struct ww_ban *ban, bool whole)
{
    struct ww_buf text = {0};
    ww_buf_fmt(&text, "%s by %s: %s; it was: ", whole ? "refused" : "narrowed",
               ban->rule.origin ? ban->rule.origin : "", ban->reason);
    ww_rule_write(rule, &text);
    ww_auto_free char *said = ww_buf_take(&text);
    if (!said)
        return -ENOMEM;
    char *end = strstr(said, " origin ");
    if (!end)
        end = strchr(said, '\n');
    if (end)
        *end = '\0';
    return ww_compiled_add_note(c, false, rule->origin ? rule->origin : "", said);
}

/* What all bans leave of one rule. The rule is taken over. */
static int filter(struct ww_compiled *c, const struct ww_ruleset *shell, struct ww_rule *rule, bool tell,
                  struct ww_rules *ret_left)
{
    struct ww_rules now = {0};
    int rc = (now.items = malloc(sizeof(*now.items))) ? 0 : -ENOMEM;
    if (rc < 0) {
        ww_rule_done(rule);
        return rc;
    }
    now.items[now.n++] = *rule;
    *rule = (struct ww_rule){0};
    for (size_t b = 0; rc == 0 && b < c->n_bans; b++) {
        struct ww_rules left = {0};
        for (size_t i = 0; rc >= 0 && i < now.n; i++) {
            size_t before = left.n;
            rc = ww_ban_narrow(&c->bans[b], shell, &now.items[i], &left);
            if (rc > 0 && tell)
                rc = note_loss(c, &now.items[i], &c->bans[b], left.n == before) < 0 ? -ENOMEM : 1;
            if (rc != 0)
                continue;
            struct ww_rule *items = realloc(left.items, (left.n + 1) * sizeof(*items));
            rc = items ? 0 : -ENOMEM;
            if (!items)
                continue;
            left.items = items;
            items[left.n++] = now.items[i];
            now.items[i] = (struct ww_rule){0};
        }
        rc = rc < 0 ? rc : 0;
        ww_rules_done(&now);
        now = left;
    }
    if (rc < 0)
        ww_rules_done(&now);
    *ret_left = now;
    return rc;
}

static int filter_rules(struct ww_compiled *c, const struct ww_ruleset *shell)
{
    struct ww_rules old = {.items = c->rules, .n = c->n_rules};
    int rc = 0;
    c->rules = NULL;
    c->n_rules = 0;
    for (size_t i = 0; rc == 0 && i < old.n; i++) {
        struct ww_rules left = {0};
        rc = filter(c, shell, &old.items[i], true, &left);
        for (size_t k = 0; rc == 0 && k < left.n; k++)
            rc = ww_compiled_add_rule(c, &left.items[k]);
        ww_rules_done(&left);
    }
    ww_rules_done(&old);
    return rc;
}

/* A consent seen from this container, as the output rule that it belongs to. And back. */
static int turn(const struct ww_rule *from, enum ww_side side, struct ww_rule *ret_to)
{
    struct ww_rule to;
    int rc = ww_rule_copy(from, &to);
    if (rc < 0)
        return rc;
    free(to.own);
    free(to.peers);
    to.own = NULL;
    to.peers = NULL;
    to.n_own = to.n_peers = 0;
    to.side = side;
    to.consent = side == WW_INPUT;
    for (size_t i = 0; rc == 0 && i < from->n_own; i++)
        rc = ww_rule_add_peer(&to, &(struct ww_addr_range){from->own[i], from->own[i]});
    for (size_t i = 0; rc == 0 && i < from->n_peers; i++)
        rc = ww_rule_add_own(&to, &from->peers[i].lo);
    to.peer = to.n_peers ? WW_PEER_ADDRS : WW_PEER_ANY;
    if (rc < 0)
        ww_rule_done(&to);
    else
        *ret_to = to;
    return rc;
}

/* Consents name single addresses; what a ban leaves of them does, too, as ranges are only cut at a ban's ends. */
static int filter_consent(struct ww_compiled *c, const struct ww_ruleset *shell, const char *target,
                          const struct ww_rule *rule)
{
    struct ww_rule seen;
    struct ww_rules left = {0};
    int rc = turn(rule, WW_OUTPUT, &seen);
    if (rc == 0)
        rc = filter(c, shell, &seen, false, &left);
    for (size_t i = 0; rc == 0 && i < left.n; i++) {
        struct ww_rule back;
        rc = turn(&left.items[i], WW_INPUT, &back);
        if (rc == 0)
            rc = ww_compiled_add_consent(c, target, &back);
    }
    ww_rules_done(&left);
    return rc;
}

static int filter_consents(struct ww_compiled *c, const struct ww_ruleset *shell)
{
    struct ww_consent *old = c->consents;
    size_t n = c->n_consents;
    int rc = 0;
    c->consents = NULL;
    c->n_consents = 0;
    for (size_t i = 0; i < n; i++) {
        if (rc == 0)
            rc = filter_consent(c, shell, old[i].target, &old[i].rule);
        free(old[i].target);
        ww_rule_done(&old[i].rule);
    }
    free(old);
    return rc;
}

int ww_compiled_apply_bans(struct ww_compiled *c, const struct ww_ruleset *shell)
{
    if (!c->n_bans)
        return 0;
    int rc = filter_rules(c, shell);
    return rc < 0 ? rc : filter_consents(c, shell);
}
