#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <lauxlib.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_facts.h"
#include "bindings/policy_lua.h"
#include "core/base/hash.h"
#include "spec/unit/bindings/helper_lua.h"
#include "spec/unit/bindings/helper_scene.h"

static int make_policy(void **state)
{
    static struct ww_policy policy;

    *state = &policy;
    return ww_policy_lua_new(&policy, NULL);
}

static int free_policy(void **state)
{
    struct ww_policy *policy = *state;

    policy->ops->free(policy->self);
    return 0;
}

static void names_done(struct ww_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
}

static void mentions_sorted_names_once(void **state)
{
    struct ww_policy *p = *state;
    struct ww_names names = {0};
    struct ww_error err = {0};
    const char *label = "output: [{network: net, container: /db}, {network: net, container: cache}]";

    assert_int_equal(p->ops->mentions(p->self, label, &names, &err), 0);
    assert_int_equal(names.n, 3);
    assert_string_equal(names.names[0], "cache");
    assert_string_equal(names.names[1], "db");
    assert_string_equal(names.names[2], "net");
    names_done(&names);
}

static void mentions_nothing_without_a_label(void **state)
{
    struct ww_policy *p = *state;
    struct ww_names names = {.n = 9};

    assert_int_equal(p->ops->mentions(p->self, NULL, &names, NULL), 0);
    assert_int_equal(names.n, 0);
    names_done(&names);
}

static void refuses_a_faulty_label_with_the_whole_message(void **state)
{
    struct ww_policy *p = *state;
    struct ww_names names;
    struct ww_compiled compiled;
    struct ww_error err = {0};
    const char *label = "mapped_ports:\n  external:\n    alow: true\n";
    const char *message = "label 'whalewall.rules' line 3 column 5: mapped_ports.external.alow: unknown key; "
                          "did you mean 'allow'? (known: allow, log_prefix, ips, verdict)";
    struct ww_facts facts = {.id = "a", .name = "web", .label_rules = label};

    assert_int_equal(p->ops->mentions(p->self, label, &names, &err), -EINVAL);
    assert_string_equal(err.text, message);
    assert_int_equal(p->ops->compile(p->self, &facts, &compiled, &err), -EINVAL);
    assert_string_equal(err.text, message);
    assert_int_equal(err.code, -EINVAL);
}

static void compiles_into_rules_and_consents(void **state)
{
    struct ww_policy *p = *state;
    struct scene s;
    struct ww_compiled c = {0};
    struct ww_error err = {0};

    set_scene(&s);
    assert_int_equal(p->ops->compile(p->self, &s.facts, &c, &err), 0);
    assert_int_equal(c.n_rules, 2);
    assert_int_equal(c.n_consents, 1);
    assert_int_equal(c.n_notes, 0);
    const struct ww_rule *rule = &c.rules[0];
    assert_int_equal(rule->side, WW_OUTPUT);
    assert_int_equal(rule->peer, WW_PEER_ADDRS);
    assert_int_equal(rule->n_own, 2);
    assert_int_equal(rule->n_peers, 1);
    assert_int_equal(rule->proto, IPPROTO_TCP);
    assert_int_equal(rule->sports[0].hi, 65535);
    assert_int_equal(rule->dports[0].lo, 5432);
    assert_string_equal(rule->log, "db");
    assert_int_equal(rule->verdict.kind, WW_QUEUE);
    assert_int_equal(rule->verdict.est_in, 2);
    assert_int_equal(rule->verdict.est_out, 3);
    assert_int_equal(c.rules[1].peer, WW_PEER_HOST);
    assert_int_equal(c.rules[1].dports[0].lo, 15432);
    assert_string_equal(c.consents[0].target, "bbb");
    assert_true(c.consents[0].rule.consent);
    assert_null(c.consents[0].rule.log);
    assert_string_equal(c.consents[0].rule.origin, "output[0] line 2 of app-web-1");
    ww_compiled_done(&c);
}

static void waits_for_what_is_not_there(void **state)
{
    struct ww_policy *p = *state;
    struct scene s;
    struct ww_compiled c = {0};

    set_scene(&s);
    s.facts.n_targets = 0;
    assert_int_equal(p->ops->compile(p->self, &s.facts, &c, NULL), 0);
    assert_int_equal(c.n_rules, 0);
    assert_int_equal(c.n_consents, 0);
    assert_int_equal(c.n_notes, 1);
    assert_true(c.notes[0].waiting);
    assert_string_equal(c.notes[0].origin, "output[0] line 2");
    ww_compiled_done(&c);
}

static void has_one_version(void **state)
{
    struct ww_policy *p = *state;
    struct ww_policy other;

    assert_int_equal(ww_policy_lua_new(&other, NULL), 0);
    assert_string_equal(p->ops->version(p->self), other.ops->version(other.self));
    assert_int_equal(strlen(other.ops->version(other.self)), WW_HASH_HEX - 1);
    other.ops->free(other.self);
}

/* A label of a hundred rules with a hundred names each time others: the state must not fill up. */
static void stays_within_its_memory(void **state)
{
    struct ww_policy *p = *state;

    for (int i = 0; i < 60; i++) {
        struct ww_buf label = {0};
        struct ww_names names;
        struct ww_error err = {0};
        ww_buf_str(&label, "output:\n");
        for (int j = 0; j < 700; j++)
            ww_buf_fmt(&label, "- network: n%d_%d\n  host: true\n", i, j);
        assert_true(ww_buf_ok(&label));
        if (p->ops->mentions(p->self, label.data, &names, &err) < 0)
            fail_msg("label %d: %s", i, err.text);
        assert_int_equal(names.n, 700);
        names_done(&names);
        ww_buf_done(&label);
    }
}

/* What a policy must never hand over: above all lists that are there but empty. */
static const char *const faulty_answers[] = {
    "return {}",
    "return {rules = {}, consents = {}}",
    "return {rules = {{}}, consents = {}, notes = {}}",
    "rule.own = {}",
    "rule.peers = {}",
    "rule.peer = 'addrs'",
    "rule.peer = 'addrs' rule.peers = {}",
    "rule.peers = {'192.0.2.1'}",
    "rule.peer = 'addrs' rule.peers = {'x'}",
    "rule.peer = 'addrs' rule.peers = {1}",
    "rule.peer = 'addrs' rule.peers = '192.0.2.1'",
    "rule.own = {'192.0.2.0/24'}",
    "rule.proto = 6 rule.dports = {}",
    "rule.proto = 6 rule.sports = {}",
    "rule.proto = 6 rule.dports = {{0, 1}}",
    "rule.proto = 6 rule.dports = {{2, 1}}",
    "rule.proto = 6 rule.dports = {{1, 65536}}",
    "rule.proto = 6 rule.dports = {1}",
    "rule.dports = {{1, 2}}",
    "rule.proto = 58",
    "rule.proto = 47",
    "rule.proto = 300",
    "rule.proto = 'tcp'",
    "rule.side = 'sideways'",
    "rule.side = nil",
    "rule.peer = nil",
    "rule.origin = nil",
    "rule.log = {}",
    "rule.verdict = 'accept'",
    "rule.verdict = {kind = 'chain'}",
    "rule.verdict = {kind = 'chain', chain = 'a b'}",
    "rule.verdict = {kind = 'queue'}",
    "rule.verdict = {kind = 'queue', queue = 70000}",
    "rule.verdict = {}",
    "rule.consent = true",
    "answer.notes = {{waiting = true}}",
    "answer.consents = {{target = 'x', side = 'input', peer = 'any', own = {}, origin = 'x'}}",
    "answer.consents = {rule}",
};

struct answer {
    const char *chunk;
    struct ww_compiled compiled;
};

static int enter_answer(lua_State *L)
{
    struct answer *a = lua_touserdata(L, 1);
    const char *chunk = lua_pushfstring(L,
                                        "local rule = {side = 'output', peer = 'any', origin = 'x'}\n"
                                        "local answer = {rules = {rule}, consents = {}, notes = {}}\n"
                                        "%s\n%s",
                                        a->chunk, strncmp(a->chunk, "return", 6) == 0 ? "" : "return answer");

    if (luaL_loadbufferx(L, chunk, strlen(chunk), "=answer", "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    if (ww_lua_read_compiled(L, &a->compiled) < 0)
        return luaL_error(L, "out of memory");
    return 0;
}

static void reads_no_faulty_answer(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct answer good = {.chunk = "rule.own = {'192.0.2.1'} rule.proto = 6 rule.dports = {{1, 2}, {4, 4}}"};

    ww_lua_init(&lua);
    assert_int_equal(ww_lua_call(&lua, enter_answer, &good, NULL), 0);
    assert_int_equal(good.compiled.n_rules, 1);
    assert_int_equal(good.compiled.rules[0].n_dports, 2);
    ww_compiled_done(&good.compiled);
    for (size_t i = 0; i < sizeof(faulty_answers) / sizeof(faulty_answers[0]); i++) {
        struct answer a = {.chunk = faulty_answers[i]};
        if (ww_lua_call(&lua, enter_answer, &a, NULL) != -EINVAL)
            fail_msg("%s: taken", faulty_answers[i]);
        ww_compiled_done(&a.compiled);
    }
    ww_lua_done(&lua);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mentions_sorted_names_once),
        cmocka_unit_test(mentions_nothing_without_a_label),
        cmocka_unit_test(refuses_a_faulty_label_with_the_whole_message),
        cmocka_unit_test(compiles_into_rules_and_consents),
        cmocka_unit_test(waits_for_what_is_not_there),
        cmocka_unit_test(has_one_version),
        cmocka_unit_test(stays_within_its_memory),
        cmocka_unit_test(reads_no_faulty_answer),
    };
    return cmocka_run_group_tests(tests, make_policy, free_policy);
}
