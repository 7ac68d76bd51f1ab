/*
 * What the agent reads of a worker, on anything: it must not crash, and of rules that it takes everything is about the
 * container that was asked about. The first byte chooses what is read: rules, names or a refusal; or rules where
 * policies of the site judge, of a container that is managed, or is not; or what is said of policies that are loaded.
 * The container is 192.0.2.2 and 2001:db8::2, and names bbb, which is 192.0.2.3, and ccc, which is 2001:db8::4.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/answer_groups.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static struct ww_addr address(const char *text)
{
    struct ww_addr addr = {0};
    must(ww_addr_parse(text, &addr, NULL) == 0, text);
    return addr;
}

static int is(const struct ww_addr *addr, const char *text)
{
    struct ww_addr other = address(text);
    return ww_addr_cmp(addr, &other) == 0;
}

static void hold_rule(const struct ww_rule *rule)
{
    for (size_t i = 0; i < rule->n_own; i++)
        must(is(&rule->own[i], "192.0.2.2") || is(&rule->own[i], "2001:db8::2"), "another's address");
    must(!rule->consent, "a consent among its own rules");
}

static void hold_consent(const struct ww_consent *consent)
{
    const struct ww_rule *rule = &consent->rule;
    const char *at = strcmp(consent->target, "bbb") == 0 ? "192.0.2.3" : "2001:db8::4";
    must(*at == '1' || strcmp(consent->target, "ccc") == 0, "a container that is not named");
    must(rule->n_own > 0 && rule->n_peers > 0, "a list that means any");
    must(rule->consent && rule->verdict.kind == WW_ACCEPT && !rule->log, "more than an accept");
    for (size_t i = 0; i < rule->n_own; i++)
        must(is(&rule->own[i], at), "not an address of the container that is named");
    for (size_t i = 0; i < rule->n_peers; i++) {
        const struct ww_addr_range *peer = &rule->peers[i];
        must(ww_addr_range_is_single(peer) && (is(&peer->lo, "192.0.2.2") || is(&peer->lo, "2001:db8::2")),
             "opened for a third");
    }
}

static void hold_decisions(const struct ww_facts *facts, const struct ww_compiled *c)
{
    bool managed = facts->opted_in ? c->manage != WW_MANAGE_NO : c->manage == WW_MANAGE_YES;
    must(facts->reads || (c->n_bans == 0 && c->manage == WW_MANAGE_BY_LABEL), "decided without policies");
    must(!facts->reads || managed || c->n_rules + c->n_consents + c->n_bans == 0, "rules of one that is not managed");
    for (size_t i = 0; i < c->n_bans; i++) {
        hold_rule(&c->bans[i].rule);
        must(c->bans[i].rule.side == WW_INPUT || c->bans[i].rule.side == WW_OUTPUT, "a refusal at published ports");
    }
}

static void fuzz_rules(const char *bytes, size_t n, unsigned reads, bool opted_in)
{
    struct ww_facts_endpoint own = {
        .network.id = "n", .addrs.ipv4 = address("192.0.2.2"), .addrs.ipv6 = address("2001:db8::2")};
    struct ww_facts_endpoint there[] = {{.network.id = "n", .addrs.ipv4 = address("192.0.2.3")},
                                        {.network.id = "n", .addrs.ipv6 = address("2001:db8::4")}};
    struct ww_facts_target targets[] = {{.id = "bbb", .endpoints = &there[0], .n_endpoints = 1},
                                        {.id = "ccc", .endpoints = &there[1], .n_endpoints = 1}};
    const struct ww_facts facts = {.id = "aaa",
                                   .endpoints = &own,
                                   .n_endpoints = 1,
                                   .targets = targets,
                                   .n_targets = 2,
                                   .reads = reads,
                                   .opted_in = opted_in};
    struct ww_compiled compiled;
    struct ww_error err = {0};
    if (ww_answer_compiled_read(bytes, n, &facts, &compiled, &err) < 0) {
        must(err.code < 0 && *err.text, "failed without saying why");
        return;
    }
    for (size_t i = 0; i < compiled.n_rules; i++)
        hold_rule(&compiled.rules[i]);
    for (size_t i = 0; i < compiled.n_consents; i++)
        hold_consent(&compiled.consents[i]);
    hold_decisions(&facts, &compiled);
    ww_compiled_done(&compiled);
}

static void fuzz_names(const char *bytes, size_t n)
{
    struct ww_names names;
    if (ww_answer_names_read(bytes, n, &names, NULL) < 0)
        return;
    for (size_t i = 1; i < names.n; i++)
        must(strcmp(names.names[i - 1], names.names[i]) < 0, "names that are not sorted");
    ww_names_done(&names);
}

static void fuzz_refusal(const char *bytes, size_t n)
{
    struct ww_error err = {0};
    int rc = ww_answer_refusal_read(bytes, n, &err);
    must(rc == -EINVAL || rc == -E2BIG || rc == -ENOMEM || rc == -EBADMSG, "a code that is none of the policy's");
    must(*err.text != '\0', "no reason");
}

static void fuzz_loaded(const char *bytes, size_t n)
{
    unsigned reads;
    struct ww_groups groups;
    struct ww_error err = {0};
    if (ww_answer_loaded_read(bytes, n, &reads, &groups, &err) < 0) {
        must(err.code < 0 && *err.text, "failed without saying why");
        return;
    }
    must(ww_groups_check(&groups, NULL) == 0, "groups that may not be");
    for (size_t i = 0; i < groups.n; i++)
        must(ww_group_size(&groups.list[i], 1000) >= 1, "a group without addresses");
    ww_groups_done(&groups);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *bytes = malloc(size); /* what is read is a buffer's content, which a NUL follows */
    if (!bytes)
        return 0;
    memcpy(bytes, data + 1, size - 1);
    bytes[size - 1] = '\0';
    if (data[0] == 0xff)
        fuzz_loaded(bytes, size - 1);
    else if (data[0] > 5)
        fuzz_rules(bytes, size - 1, 1, data[0] % 2);
    else if (data[0] % 3 == 0)
        fuzz_rules(bytes, size - 1, 0, false);
    else if (data[0] % 3 == 1)
        fuzz_names(bytes, size - 1);
    else
        fuzz_refusal(bytes, size - 1);
    free(bytes);
    return 0;
}
