/* Linked with --wrap (cmake/tests.cmake): every step is run with its Nth allocation failing, for all N. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/compiled.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/ir/text.h"
#include "spec/unit/helper_oom.h"

#define RULESET                                                                                                        \
    "ruleset a \"web\"\n"                                                                                              \
    "endpoint 198.51.100.2 2001:db8::2 02:42:c6:33:64:02\n"                                                            \
    "publish tcp 80 on 0.0.0.0 port 8080\n"                                                                            \
    "input from 192.0.2.1,192.0.2.7 to 198.51.100.2 tcp sport 1,9 dport 2,4 log \"l\" chain \"c\" origin \"o\"\n"      \
    "input consent from any origin \"b\"\n"                                                                            \
    "input consent from any origin \"a\"\n"                                                                            \
    "output to any\noutput to any\n"
#define COMPILED "rule output to 192.0.2.1 origin \"o\"\nconsent b input consent from any\nwaiting \"o\" \"t\"\n"

static int read_ruleset(void)
{
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    int rc = ww_ruleset_read(RULESET, &rs, &err);
    assert_true(rc == 0 || strcmp(err.text, "out of memory") == 0);
    ww_ruleset_unref(rs);
    return rc;
}

static int read_compiled(void)
{
    struct ww_compiled c = {0};
    int rc = ww_compiled_read(COMPILED, &c, NULL);
    ww_compiled_done(&c);
    return rc;
}

static struct ww_ruleset *whole(const char *text)
{
    long kept = oom_countdown;
    struct ww_ruleset *rs = NULL;
    oom_countdown = 0;
    assert_int_equal(ww_ruleset_read(text, &rs, NULL), 0);
    oom_countdown = kept;
    return rs;
}

static int copy_rule(void)
{
    struct ww_ruleset *rs = whole(RULESET);
    struct ww_rule copy = {0};
    int rc = ww_rule_copy(&rs->rules[0], &copy);
    ww_rule_done(&copy);
    ww_ruleset_unref(rs);
    return rc;
}

/* Sealing again after memory was short gives what it would have given. */
static int seal_again(void)
{
    struct ww_ruleset *good = whole(RULESET);
    struct ww_ruleset *rs = whole(RULESET);
    rs->sealed = false;
    int rc = ww_ruleset_seal(rs, NULL);
    oom_countdown = 0;
    assert_int_equal(ww_ruleset_seal(rs, NULL), 0);
    assert_string_equal(rs->hash, good->hash);
    ww_ruleset_unref(good);
    ww_ruleset_unref(rs);
    return rc;
}

/* A plan that could not take a ruleset is as it was. */
static int replace_in_plan(void)
{
    struct ww_addr addr = {.family = AF_INET, .bytes = {198, 51, 100, 2}};
    struct ww_ruleset *old = whole(RULESET);
    struct ww_ruleset *new = whole(RULESET "external from any\n");
    struct ww_plan *plan = ww_plan_new();
    int rc = plan ? ww_plan_set(plan, old, NULL) : -ENOMEM;
    const struct ww_ruleset *first = rc == 0 ? old : NULL;
    if (rc == 0)
        rc = ww_plan_set(plan, new, NULL);
    oom_countdown = 0;
    if (plan) {
        const struct ww_ruleset *expected = rc == 0 ? new : first;
        assert_ptr_equal(ww_plan_get(plan, "a"), expected);
        assert_ptr_equal(ww_plan_by_addr(plan, &addr), expected);
        assert_int_equal(ww_plan_count(plan), expected ? 1 : 0);
    }
    ww_plan_free(plan);
    ww_ruleset_unref(old);
    ww_ruleset_unref(new);
    return rc;
}

static struct ww_fence *whole_fence(bool guarded)
{
    long kept = oom_countdown;
    oom_countdown = 0;
    struct ww_fence *f = ww_fence_new("n", "net", "br-0");
    assert_non_null(f);
    f->guarded = guarded;
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    oom_countdown = kept;
    return f;
}

/* A network is never without its fence because another one could not take its place. */
static int replace_a_fence(void)
{
    struct ww_fence *old = whole_fence(false);
    struct ww_fence *new = whole_fence(true);
    struct ww_fences *fences = ww_fences_new();
    int rc = fences ? ww_fences_set(fences, old, NULL) : -ENOMEM;
    const struct ww_fence *first = rc == 0 ? old : NULL;
    if (rc == 0)
        rc = ww_fences_set(fences, new, NULL);
    oom_countdown = 0;
    if (fences) {
        assert_ptr_equal(ww_fences_get(fences, "n"), rc == 0 ? new : first);
        ww_fences_remove(fences, "n");
        assert_int_equal(ww_fences_count(fences), 0);
    }
    ww_fences_free(fences);
    ww_fence_unref(old);
    ww_fence_unref(new);
    return rc;
}

static int diff_plans(void)
{
    struct ww_ruleset *rs = whole(RULESET);
    struct ww_plan *from = ww_plan_new();
    struct ww_plan *to = ww_plan_new();
    struct ww_diff diff = {0};
    int rc = from && to ? ww_plan_set(to, rs, NULL) : -ENOMEM;
    if (rc == 0)
        rc = ww_plan_diff(from, to, NULL, 0, &diff, NULL);
    if (rc == 0)
        rc = ww_plan_apply(from, &diff, NULL);
    ww_diff_done(&diff);
    ww_plan_free(from);
    ww_plan_free(to);
    ww_ruleset_unref(rs);
    return rc;
}

/* Run it with every one of its allocations failing; at last it must succeed. */
static void survives(int (*step)(void))
{
    for (long n = 1; n < 10000; n++) {
        oom_countdown = n;
        int rc = step();
        bool failed = oom_countdown == 0;
        oom_countdown = 0;
        if (rc == 0) {
            assert_true(n > 1);
            return;
        }
        assert_int_equal(rc, -ENOMEM);
        assert_true(failed);
    }
    fail_msg("it never succeeds");
}

static void reading_a_ruleset(void **state)
{
    (void)state;
    survives(read_ruleset);
}

static void reading_compiled_rules(void **state)
{
    (void)state;
    survives(read_compiled);
}

static void copying_a_rule(void **state)
{
    (void)state;
    survives(copy_rule);
}

static void sealing(void **state)
{
    (void)state;
    survives(seal_again);
}

static void replacing_in_a_plan(void **state)
{
    (void)state;
    survives(replace_in_plan);
}

static void replacing_a_fence(void **state)
{
    (void)state;
    survives(replace_a_fence);
}

static void taking_a_difference(void **state)
{
    (void)state;
    survives(diff_plans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_ruleset),   cmocka_unit_test(reading_compiled_rules),
        cmocka_unit_test(copying_a_rule),      cmocka_unit_test(sealing),
        cmocka_unit_test(replacing_in_a_plan), cmocka_unit_test(replacing_a_fence),
        cmocka_unit_test(taking_a_difference),
    };
    return cmocka_run_group_tests_name("ir_oom", tests, NULL, NULL);
}
