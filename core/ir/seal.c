/* Sealing a ruleset: validated, sorted, hashed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/ruleset.h"
#include "core/ir/text.h"

/* A rule with its text and its place, while the rules are being put in order. */
struct placed {
    struct ww_rule rule;
    char *text;
    size_t place;
    UT_hash_handle hh;
};

static int seal_check_endpoints(const struct ww_ruleset *rs, struct ww_error *err)
{
    for (size_t i = 0; i < rs->n_endpoints; i++) {
        const struct ww_endpoint_addrs *e = &rs->endpoints[i];
        if (e->ipv4.family != 0 && e->ipv4.family != AF_INET)
            return ww_fail(err, -EINVAL, "an endpoint's IPv4 address is not one");
        if (e->ipv6.family != 0 && e->ipv6.family != AF_INET6)
            return ww_fail(err, -EINVAL, "an endpoint's IPv6 address is not one");
    }
    return 0;
}

static int seal_check(const struct ww_ruleset *rs, struct ww_error *err)
{
    if (!*rs->id)
        return ww_fail(err, -EINVAL, "a ruleset without a container's id");
    size_t lines = 1 + rs->n_endpoints + rs->n_published + rs->n_rules;
    if (lines > WW_LIMIT_TEXT_LINES)
        return ww_fail(err, -EINVAL, "%zu endpoints, published ports and rules, the limit is %d", lines,
                       WW_LIMIT_TEXT_LINES);
    int rc = seal_check_endpoints(rs, err);
    for (size_t i = 0; rc == 0 && i < rs->n_rules; i++) {
        const struct ww_rule *rule = &rs->rules[i];
        rc = ww_rule_validate(rule, err);
        if (rc < 0)
            ww_context(err, "rule '%s'", rule->origin ? rule->origin : "");
    }
    return rc;
}

static int endpoint_cmp(const void *a, const void *b)
{
    return ww_endpoint_addrs_cmp(a, b);
}

static int publish_cmp(const void *a, const void *b)
{
    return ww_publish_cmp(a, b);
}

static bool endpoint_is_empty(const struct ww_endpoint_addrs *e)
{
    return !e->ipv4.family && !e->ipv6.family && ww_mac_is_zero(&e->mac);
}

/* Sorted, no doubles, and without those that have neither address nor MAC. */
static void seal_endpoints(struct ww_ruleset *rs)
{
    struct ww_endpoint_addrs *list = rs->endpoints;
    size_t kept = 0;
    if (rs->n_endpoints > 1)
        qsort(list, rs->n_endpoints, sizeof(*list), endpoint_cmp);
    for (size_t i = 0; i < rs->n_endpoints; i++) {
        if (!endpoint_is_empty(&list[i]) && (kept == 0 || endpoint_cmp(&list[kept - 1], &list[i]) != 0))
            list[kept++] = list[i];
    }
    rs->n_endpoints = kept;
}

/* Sorted, no doubles, and without those that lead nowhere. */
static void seal_published(struct ww_ruleset *rs)
{
    struct ww_publish *list = rs->published;
    size_t kept = 0;
    if (rs->n_published > 1)
        qsort(list, rs->n_published, sizeof(*list), publish_cmp);
    for (size_t i = 0; i < rs->n_published; i++) {
        bool whole = list[i].proto && list[i].cport && list[i].host.family;
        if (whole && (kept == 0 || publish_cmp(&list[kept - 1], &list[i]) != 0))
            list[kept++] = list[i];
    }
    rs->n_published = kept;
}

static void seal_drop_rules(struct ww_ruleset *rs)
{
    for (size_t i = 0; i < rs->n_rules; i++)
        ww_rule_done(&rs->rules[i]);
    rs->n_rules = 0;
}

/*
 * By side, consents last. Consents by origin and text, because other containers' rules add them, in any order; the rest
 * as added, which has a meaning.
 */
static int placed_cmp(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;
    if (x->rule.side != y->rule.side)
        return x->rule.side < y->rule.side ? -1 : 1;
    if (x->rule.consent != y->rule.consent)
        return x->rule.consent ? 1 : -1;
    if (x->rule.consent) {
        int order = strcmp(x->rule.origin ? x->rule.origin : "", y->rule.origin ? y->rule.origin : "");
        if (order == 0)
            order = strcmp(x->text, y->text);
        if (order != 0)
            return order;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

static char *rule_text(const struct ww_rule *rule)
{
    struct ww_buf buf = {0};
    ww_rule_write(rule, &buf);
    if (!ww_buf_ok(&buf)) {
        ww_buf_done(&buf);
        return NULL;
    }
    return ww_buf_take(&buf);
}

/* Fill in what the order depends on. The rules stay owned by the ruleset. */
static int placed_fill(struct placed *list, const struct ww_ruleset *rs)
{
    for (size_t i = 0; i < rs->n_rules; i++) {
        list[i].rule = rs->rules[i];
        list[i].place = i;
        list[i].text = rule_text(&rs->rules[i]);
        if (!list[i].text)
            return -ENOMEM;
    }
    return 0;
}

/*
 * Put back in order what is no double, and append its text. A double of a rule that accepts is never reached; one of a
 * rule with a user chain or a queue is, when the packet returns from there.
 */
static int placed_keep(struct placed *list, size_t n, struct ww_ruleset *rs, struct ww_buf *text)
{
    struct placed *seen = NULL;
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        struct placed *first = NULL;
        bool accepts = list[i].rule.verdict.kind == WW_ACCEPT;
        if (accepts)
            HASH_FIND_STR(seen, list[i].text, first);
        if (first) {
            ww_rule_done(&list[i].rule);
            continue;
        }
        rs->rules[kept++] = list[i].rule;
        ww_buf_str(text, list[i].text);
        if (!accepts)
            continue;
        HASH_ADD_KEYPTR(hh, seen, list[i].text, strlen(list[i].text), &list[i]);
        if (!list[i].hh.tbl)
            rc = -ENOMEM;
    }
    rs->n_rules = kept;
    HASH_CLEAR(hh, seen);
    return rc;
}

/* The text of what is left is appended. */
static int seal_rules(struct ww_ruleset *rs, struct ww_buf *text)
{
    size_t n = rs->n_rules;
    for (size_t i = 0; i < n; i++)
        ww_rule_normalize(&rs->rules[i]);
    if (n == 0)
        return 0;
    struct placed *list = calloc(n, sizeof(*list));
    if (!list)
        return -ENOMEM;
    int rc = placed_fill(list, rs);
    if (rc == 0) {
        qsort(list, n, sizeof(*list), placed_cmp);
        rc = placed_keep(list, n, rs, text);
    }
    for (size_t i = 0; i < n; i++)
        free(list[i].text);
    free(list);
    return rc;
}

/* Rules in order, and the hash of what ww_ruleset_write writes then: the rules' texts are there already. */
static int seal_hash(struct ww_ruleset *rs)
{
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    ww_ruleset_shell_write(rs, &text);
    int rc = seal_rules(rs, &text);
    if (rc < 0 || !ww_buf_ok(&text))
        return -ENOMEM;
    ww_hash_hex(text.data, text.len, rs->hash);
    return 0;
}

static int seal_special(struct ww_ruleset *rs)
{
    size_t n = 0;
    for (size_t i = 0; i < rs->n_rules; i++)
        n += ww_rule_is_special(&rs->rules[i]);
    uint32_t *special = n ? malloc(n * sizeof(*special)) : NULL;
    if (n && !special)
        return -ENOMEM;
    rs->n_special = 0;
    for (size_t i = 0; special && i < rs->n_rules; i++)
        if (ww_rule_is_special(&rs->rules[i]))
            special[rs->n_special++] = (uint32_t)i;
    free(rs->special);
    rs->special = special;
    return 0;
}

int ww_ruleset_seal(struct ww_ruleset *rs, struct ww_error *err)
{
    if (rs->sealed)
        return 0;
    int rc = seal_check(rs, err);
    if (rc < 0)
        return rc;
    if (rs->quarantined)
        seal_drop_rules(rs);
    seal_endpoints(rs);
    seal_published(rs);
    rc = seal_hash(rs);
    if (rc == 0)
        rc = seal_special(rs);
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    rs->sealed = true;
    return 0;
}
