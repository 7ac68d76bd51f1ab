/* The bans of a container's policies, taken out of what its own rules say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/compiled.h"
#include "core/ir/text.h"
#include "core/model/facts.h"

struct ww_ruleset *ww_compiled_shell(const struct ww_facts *facts)
{
    struct ww_ruleset *rs = ww_ruleset_new(facts->id, facts->name ? facts->name : facts->id);
    int rc = rs ? 0 : -ENOMEM;
    for (size_t i = 0; rc == 0 && i < facts->n_endpoints; i++)
        rc = ww_ruleset_add_endpoint(rs, &facts->endpoints[i].addrs);
    for (size_t i = 0; rc == 0 && i < facts->n_published; i++)
        rc = ww_ruleset_add_publish(rs, &facts->published[i]);
    if (rc == 0)
        return rs;
    ww_ruleset_unref(rs);
    return NULL;
}

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

static bool names_chain(const struct ww_ban *ban, const struct ww_rule *rule)
{
    return rule->verdict.kind == WW_CHAIN && ban->chain && strcmp(ban->chain, rule->verdict.chain) == 0;
}

/* One container's bans on their way through its rules. */
struct banning {
    struct ww_compiled *c;
    const struct ww_ruleset *shell;
    bool tell;   /* note what is lost */
    size_t work; /* ranges of rules and bans that were held against each other */
};

/* The loop waits for this, and labels say how many addresses and ports there are. */
static int count_work(struct banning *b, size_t work)
{
    b->work += work;
    return b->work > WW_LIMIT_BAN_WORK ? -E2BIG : 0;
}

/* What one ban leaves of one rule. */
static int filter_one(struct banning *b, const struct ww_ban *ban, struct ww_rule *rule, struct ww_rules *left)
{
    size_t before = left->n;
    int rc = count_work(b, ww_ban_work(ban, b->shell, rule));
    if (rc == 0 && (!ban->chain || names_chain(ban, rule)))
        rc = ww_ban_narrow(ban, b->shell, rule, left);
    if (rc == 0)
        return ww_rules_take(left, rule);
    if (rc > 0)
        rc = count_work(b, ban->rule.n_peers + ban->rule.n_dports);
    if (rc < 0 || !b->tell || ban->chain)
        return rc;
    return note_loss(b->c, rule, ban, left->n == before);
}

/* What one ban leaves of these rules, which are taken over. */
static int filter_by(struct banning *b, const struct ww_ban *ban, struct ww_rules *rules)
{
    struct ww_rules left = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rules->n; i++)
        rc = filter_one(b, ban, &rules->items[i], &left);
    ww_rules_done(rules);
    *rules = left;
    return rc;
}

/* A chain of a policy's is used up: what it leaves is accepted. */
static void accept_rest(const struct ww_compiled *c, struct ww_rule *rule)
{
    for (size_t b = 0; b < c->n_bans; b++) {
        if (!names_chain(&c->bans[b], rule))
            continue;
        free(rule->verdict.chain);
        rule->verdict = (struct ww_verdict){0};
    }
}

/* What all bans leave of one rule, which is taken over. */
static int filter(struct banning *b, struct ww_rule *rule, struct ww_rules *ret_left)
{
    struct ww_rules now = {0};
    int rc = ww_rules_take(&now, rule);
    for (size_t i = 0; rc == 0 && i < b->c->n_bans; i++)
        rc = now.n > WW_LIMIT_RULES ? -E2BIG : filter_by(b, &b->c->bans[i], &now);
    for (size_t i = 0; rc == 0 && i < now.n; i++)
        accept_rest(b->c, &now.items[i]);
    if (rc < 0) {
        ww_rule_done(rule);
        ww_rules_done(&now);
    }
    *ret_left = now;
    return rc;
}

static void drop_chains(struct ww_compiled *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_bans; i++) {
        if (c->bans[i].chain)
            ww_ban_done(&c->bans[i]);
        else
            c->bans[kept++] = c->bans[i];
    }
    c->n_bans = kept;
}

static int filter_rules(struct banning *b)
{
    struct ww_compiled *c = b->c;
    struct ww_rules old = {.items = c->rules, .n = c->n_rules};
    int rc = 0;
    b->tell = true;
    c->rules = NULL;
    c->n_rules = 0;
    for (size_t i = 0; rc == 0 && i < old.n; i++) {
        struct ww_rules left = {0};
        rc = c->n_rules > WW_LIMIT_RULES ? -E2BIG : filter(b, &old.items[i], &left);
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
static int filter_consent(struct banning *b, const char *target, const struct ww_rule *rule)
{
    struct ww_rule seen;
    struct ww_rules left = {0};
    int rc = turn(rule, WW_OUTPUT, &seen);
    if (rc == 0)
        rc = filter(b, &seen, &left);
    for (size_t i = 0; rc == 0 && i < left.n; i++) {
        struct ww_rule back;
        rc = turn(&left.items[i], WW_INPUT, &back);
        if (rc == 0)
            rc = ww_compiled_add_consent(b->c, target, &back);
    }
    ww_rules_done(&left);
    return rc;
}

static int filter_consents(struct banning *b)
{
    struct ww_compiled *c = b->c;
    struct ww_consent *old = c->consents;
    size_t n = c->n_consents;
    int rc = 0;
    b->tell = false;
    c->consents = NULL;
    c->n_consents = 0;
    for (size_t i = 0; i < n; i++) {
        if (rc == 0)
            rc = filter_consent(b, old[i].target, &old[i].rule);
        free(old[i].target);
        ww_rule_done(&old[i].rule);
    }
    free(old);
    return rc;
}

int ww_compiled_apply_bans(struct ww_compiled *c, const struct ww_ruleset *shell)
{
    struct banning b = {.c = c, .shell = shell};
    if (!c->n_bans)
        return 0;
    ww_compiled_normalize(c); /* entries of a list that overlap would be held against refusals each */
    int rc = filter_rules(&b);
    if (rc == 0)
        rc = filter_consents(&b);
    if (rc == 0)
        drop_chains(c);
    return rc;
}
