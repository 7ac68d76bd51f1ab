/* The text form of rules and rulesets, read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/scan.h"
#include "core/ir/text.h"

static void ruleset_cleanup(struct ww_ruleset **rs)
{
    ww_ruleset_unref(*rs);
}

static int read_side(struct ww_scan *s, struct ww_rule *rule)
{
    if (ww_scan_accept(s, "localhost"))
        rule->side = WW_LOCALHOST;
    else if (ww_scan_accept(s, "external"))
        rule->side = WW_EXTERNAL;
    else if (ww_scan_accept(s, "input"))
        rule->side = WW_INPUT;
    else if (ww_scan_accept(s, "output"))
        rule->side = WW_OUTPUT;
    else
        return ww_scan_fail(s, "a rule starts with localhost, external, input or output");
    rule->consent = ww_scan_accept(s, "consent");
    return 0;
}

/* A peer that is left out means any with `localhost` only: a line that is cut off must not open more. */
static int read_peer(struct ww_scan *s, const char *word, struct ww_rule *rule)
{
    rule->peer = WW_PEER_ANY;
    if (rule->side == WW_LOCALHOST && !ww_scan_accept(s, word))
        return 0;
    int rc = rule->side == WW_LOCALHOST ? 0 : ww_scan_expect(s, word);
    if (rc < 0 || ww_scan_accept(s, "any"))
        return rc;
    if (ww_scan_accept(s, "host")) {
        rule->peer = WW_PEER_HOST;
        return 0;
    }
    rule->peer = WW_PEER_ADDRS;
    return ww_scan_peers(s, rule);
}

static int read_own(struct ww_scan *s, const char *word, struct ww_rule *rule)
{
    return ww_scan_accept(s, word) ? ww_scan_own(s, rule) : 0;
}

static int read_ends(struct ww_scan *s, struct ww_rule *rule)
{
    if (rule->side == WW_OUTPUT) {
        int rc = read_own(s, "from", rule);
        return rc < 0 ? rc : read_peer(s, "to", rule);
    }
    int rc = read_peer(s, "from", rule);
    return rc < 0 ? rc : read_own(s, "to", rule);
}

static int read_ports(struct ww_scan *s, struct ww_rule *rule)
{
    int rc = 0;
    rule->proto = ww_scan_proto(s);
    if (ww_scan_accept(s, "sport"))
        rc = ww_scan_ports(s, rule, ww_rule_add_sport);
    if (rc == 0 && ww_scan_accept(s, "dport"))
        rc = ww_scan_ports(s, rule, ww_rule_add_dport);
    return rc;
}

static int read_verdict(struct ww_scan *s, struct ww_verdict *verdict)
{
    if (ww_scan_accept(s, "chain")) {
        verdict->kind = WW_CHAIN;
        return ww_scan_quoted(s, "a chain's name", &verdict->chain);
    }
    if (!ww_scan_accept(s, "queue"))
        return 0;
    verdict->kind = WW_QUEUE;
    int rc = ww_scan_number(s, "a queue", 1, &verdict->queue);
    if (rc == 0 && ww_scan_accept(s, "est_in"))
        rc = ww_scan_number(s, "a queue", 1, &verdict->est_in);
    if (rc == 0 && ww_scan_accept(s, "est_out"))
        rc = ww_scan_number(s, "a queue", 1, &verdict->est_out);
    return rc;
}

static int read_rule(struct ww_scan *s, struct ww_rule *rule)
{
    int rc = read_side(s, rule);
    if (rc == 0)
        rc = read_ends(s, rule);
    if (rc == 0)
        rc = read_ports(s, rule);
    if (rc == 0 && ww_scan_accept(s, "log"))
        rc = ww_scan_quoted(s, "a log prefix", &rule->log);
    if (rc == 0)
        rc = read_verdict(s, &rule->verdict);
    if (rc == 0 && ww_scan_accept(s, "origin"))
        rc = ww_scan_quoted(s, "an origin", &rule->origin);
    return rc;
}

int ww_scan_rule(struct ww_scan *s, struct ww_rule *ret_rule)
{
    struct ww_rule rule = {0};
    struct ww_error err = {0};
    const char *start = s->at;
    int rc = read_rule(s, &rule);
    if (rc == 0 && ww_rule_validate(&rule, &err) < 0)
        rc = ww_scan_fail_at(s, start, "%s", err.text);
    if (rc == 0)
        rc = ww_scan_end(s);
    if (rc < 0) {
        ww_rule_done(&rule);
        return rc;
    }
    *ret_rule = rule;
    return 0;
}

int ww_rule_read(const char *line, struct ww_rule *ret_rule, struct ww_error *err)
{
    struct ww_scan s = {.line = line, .at = line, .err = err};
    struct ww_rule rule;
    int rc = ww_scan_rule(&s, &rule);
    if (rc < 0)
        return rc;
    if (ww_scan_more(&s)) {
        ww_rule_done(&rule);
        return ww_fail(err, -EINVAL, "more than one line");
    }
    *ret_rule = rule;
    return 0;
}

static int read_mac(struct ww_scan *s, struct ww_mac *ret_mac)
{
    struct ww_word word;
    struct ww_error err = {0};
    char text[WW_MAC_TEXT];
    *ret_mac = (struct ww_mac){0};
    if (ww_scan_accept(s, "-"))
        return 0;
    int rc = ww_scan_word(s, "a MAC address", &word);
    if (rc < 0)
        return rc;
    if (word.len >= sizeof(text))
        return ww_scan_fail_at(s, word.text, "this is not a MAC address");
    memcpy(text, word.text, word.len);
    text[word.len] = '\0';
    rc = ww_mac_parse(text, ret_mac, &err);
    return rc < 0 ? ww_scan_fail_at(s, word.text, "%s", err.text) : 0;
}

static int read_endpoint(struct ww_scan *s, struct ww_ruleset *rs)
{
    struct ww_endpoint_addrs e = {0};
    int rc = ww_scan_addr(s, &e.ipv4);
    if (rc == 0)
        rc = ww_scan_addr(s, &e.ipv6);
    if (rc == 0)
        rc = read_mac(s, &e.mac);
    if (rc == 0)
        rc = ww_scan_end(s);
    return rc < 0 ? rc : ww_ruleset_add_endpoint(rs, &e);
}

static int read_publish(struct ww_scan *s, struct ww_ruleset *rs)
{
    struct ww_publish p = {.proto = ww_scan_proto(s)};
    if (!p.proto)
        return ww_scan_fail(s, "a protocol is missing here");
    int rc = ww_scan_number(s, "a port", 1, &p.cport);
    if (rc == 0)
        rc = ww_scan_expect(s, "on");
    if (rc == 0)
        rc = ww_scan_addr(s, &p.host);
    if (rc == 0 && ww_scan_accept(s, "port"))
        rc = ww_scan_number(s, "a port", 1, &p.hport);
    if (rc == 0)
        rc = ww_scan_end(s);
    return rc < 0 ? rc : ww_ruleset_add_publish(rs, &p);
}

static int read_rule_line(struct ww_scan *s, struct ww_ruleset *rs)
{
    struct ww_rule rule;
    int rc = ww_scan_rule(s, &rule);
    if (rc < 0)
        return rc;
    rc = ww_ruleset_add_rule(rs, &rule);
    ww_rule_done(&rule);
    return rc;
}

static int read_ruleset_line(struct ww_scan *s, struct ww_ruleset *rs)
{
    if (s->number > WW_LIMIT_TEXT_LINES)
        return ww_scan_fail(s, "more than %d lines", WW_LIMIT_TEXT_LINES);
    if (ww_scan_accept(s, "endpoint"))
        return read_endpoint(s, rs);
    if (ww_scan_accept(s, "publish"))
        return read_publish(s, rs);
    return read_rule_line(s, rs);
}

static int read_header(struct ww_scan *s, struct ww_ruleset **ret_rs)
{
    ww_auto_free char *id = NULL;
    ww_auto_free char *name = NULL;
    int rc = ww_scan_expect(s, "ruleset");
    if (rc == 0)
        rc = ww_scan_name(s, "a container's id", &id);
    if (rc == 0)
        rc = ww_scan_quoted(s, "a container's name", &name);
    bool quarantined = rc == 0 && ww_scan_accept(s, "quarantined");
    bool audited = rc == 0 && ww_scan_accept(s, "audited");
    if (rc == 0)
        rc = ww_scan_end(s);
    if (rc < 0)
        return rc;
    *ret_rs = ww_ruleset_new(id, name);
    if (!*ret_rs)
        return -ENOMEM;
    (*ret_rs)->quarantined = quarantined;
    (*ret_rs)->audited = audited;
    return 0;
}

int ww_ruleset_read(const char *text, struct ww_ruleset **ret_rs, struct ww_error *err)
{
    struct ww_scan s = {.line = text, .at = text, .number = 1, .err = err};
    ww_auto(ruleset_cleanup) struct ww_ruleset *rs = NULL;
    int rc = read_header(&s, &rs);
    while (rc == 0 && ww_scan_more(&s))
        rc = read_ruleset_line(&s, rs);
    if (rc == -ENOMEM)
        return ww_fail(err, rc, "out of memory");
    if (rc == 0)
        rc = ww_ruleset_seal(rs, err);
    if (rc == 0)
        *ret_rs = ww_take(rs);
    return rc;
}
