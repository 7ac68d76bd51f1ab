/* Wherever memory runs out: an error, nothing leaked or broken, and the next call works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/policy_lua.h"
#include "spec/unit/bindings/helper_lua.h"
#include "spec/unit/bindings/helper_scene.h"
#include "spec/unit/helper_oom.h"

/* A policy of the site that says one of everything. */
static const char site_policy[] =
    "return { apiversion = 1, name = 'p', schema = { { 'more', 'addresses' } }, handler = function(c, o)\n"
    "c:allow { output = { { ips = o.more } } } c:warn(c.networks[1].name) c:set { log_prefix = 'l' }\n"
    "c:refuse({ output = { { ips = { '192.0.2.1' } } } }, 'never')\n"
    "end }";

static void add_site(struct ww_policy_sources *sources)
{
    sources->policies = calloc(1, sizeof(*sources->policies));
    assert_non_null(sources->policies);
    sources->policies[0] = (struct ww_policy_file){.path = strdup("p.lua"), .text = strdup(site_policy)};
    sources->n = 1;
    sources->config_path = strdup("c.yaml");
    sources->config = strdup("p: {more: [192.0.2.0/30]}");
}

/* True when the call got through without meeting the failure: the sweep is over. */
static bool compile_at(struct ww_policy *p, const struct ww_facts *facts, size_t rules, long n, bool good)
{
    struct ww_compiled c = {0};
    struct ww_error err = {0};

    oom_arm(n, good);
    int rc = p->ops->compile(p->self, facts, &c, &err);
    bool met = oom_failed;
    oom_arm(0, false);
    if (rc != 0 && rc != -ENOMEM)
        fail_msg("allocation %ld: %d %s", n, rc, err.text);
    if (rc == 0) {
        assert_int_equal(c.n_rules, rules);
        assert_int_equal(c.n_consents, 1);
        ww_compiled_done(&c);
    }
    return !met;
}

static void sweep_with(struct ww_policy_sources *sources, size_t rules, bool good)
{
    struct ww_policy p;
    struct scene s;
    struct ww_error err = {0};

    set_scene(&s);
    s.facts.reads = sources->n ? WW_READS_FACTS : 0;
    s.facts.opted_in = true;
    if (ww_policy_lua_new_site(sources, &p, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(compile_at(&p, &s.facts, rules, 0, false));
    for (long n = 1; !compile_at(&p, &s.facts, rules, n, good); n += 1 + n / 200)
        assert_true(compile_at(&p, &s.facts, rules, 0, false));
    p.ops->free(p.self);
}

static void sweep(bool good)
{
    struct ww_policy_sources none = {0};
    struct ww_policy_sources site = {0};

    sweep_with(&none, 2, good);
    add_site(&site);
    sweep_with(&site, 3, good);
}

static void survives_any_one_failure(void **state)
{
    (void)state;
    sweep(false);
}

static void survives_the_end_of_memory(void **state)
{
    (void)state;
    sweep(true);
}

static void is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    int made = 0;

    for (long n = 1; made < 3; n += 1 + n / 20) {
        struct ww_policy p;
        oom_arm(n, true);
        int rc = ww_policy_lua_new(&p, NULL);
        oom_arm(0, false);
        assert_true(rc == 0 || rc == -ENOMEM);
        if (rc == 0) {
            made++;
            p.ops->free(p.self);
        }
    }
}

static void fits_into_any_budget_or_says_so(void **state)
{
    (void)state;
    int fitted = 0;

    for (size_t limit = 4096; fitted < 3; limit += limit / 50) {
        struct ww_lua lua;
        struct ww_error err = {0};
        ww_lua_init(&lua);
        lua.limit_bytes = limit;
        int rc = run_chunk(&lua, "assert(require('policy').check('output: [{ips: [192.0.2.1]}]'))", &err);
        if (rc != 0 && rc != -E2BIG && rc != -ENOMEM)
            fail_msg("%zu bytes: %d %s", limit, rc, err.text);
        fitted += rc == 0;
        assert_true(lua.used <= limit);
        ww_lua_done(&lua);
        assert_int_equal(lua.used, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_any_one_failure),
        cmocka_unit_test(survives_the_end_of_memory),
        cmocka_unit_test(is_made_whole_or_not_at_all),
        cmocka_unit_test(fits_into_any_budget_or_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
