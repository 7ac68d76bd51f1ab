/* Whose the table is: what others are refused, and how it passes from one agent to the next. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_kernel.h"
#include "helper_netns.h"

#define ID "0123456789abcdef0123456789abcdef"
#define WEB                                                                                                            \
    "ruleset " ID " \"web\"\n"                                                                                         \
    "endpoint 198.51.100.2 2001:db8:1::2 02:42:c6:33:64:02\n"                                                          \
    "output to 203.0.113.5 tcp dport 443 origin \"output[0]\"\n"                                                       \
    "output to 203.0.113.0/24 udp dport 53 log \"dns\" origin \"output[1]\"\n"
#define WEB_USER WEB "output to 203.0.113.9 udp dport 53 chain \"inspect\" origin \"output[2]\"\n"

/* A kernel before 6.9 has nothing to test here. */
static struct bench *owned(void **state)
{
    struct bench *b = *state;
    if (!ww_kernel_owns_table(b->kernel))
        skip();
    return b;
}

static const char *const damage[] = {
    "delete table inet whalewall",
    "add table inet whalewall '{ flags dormant; }'",
    "flush table inet whalewall",
    "flush chain inet whalewall forward",
    "insert rule inet whalewall forward accept",
    "add chain inet whalewall stranger",
    "delete element inet whalewall managed4 '{ 198.51.100.2 }'",
    "add element inet whalewall out_ha4 '{ 198.51.100.2 }'",
};

static void no_other_program_can_change_it(void **state)
{
    struct bench *b = owned(state);
    bench_go(b, bench_plan(WEB, NULL));
    char *before = bench_list();
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++)
        helper_run("nft %s 2>&1 | grep -q 'Operation not permitted'", damage[i]);
    helper_run("nft flush ruleset");
    char *after = bench_list();
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void it_is_ours_to_change(void **state)
{
    struct bench *b = owned(state);
    char *empty = bench_list();
    bench_go(b, bench_plan(WEB, NULL));
    bench_go(b, bench_plan(NULL, NULL));
    char *after = bench_list();
    assert_string_equal(after, empty);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0); /* once more, as after a refusal */
    assert_true(ww_kernel_owns_table(b->kernel));
    free(empty);
    free(after);
}

static void it_outlives_its_owner_and_is_adopted(void **state)
{
    struct bench *b = owned(state);
    struct ww_kernel_found found = {0};
    bench_go(b, bench_plan(WEB, NULL));
    ww_kernel_free(b->kernel);
    b->kernel = NULL;
    helper_run("nft list table inet whalewall | grep -q 198.51.100.2");
    helper_run("nft insert rule inet whalewall forward accept"); /* any program may change an orphan */
    bench_restart(b, &found);
    assert_true(found.existed && !found.other_layout && found.elements > 0);
    assert_true(ww_kernel_owns_table(b->kernel));
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation);
    helper_run("! nft list chain inet whalewall forward | sed -n 3p | grep -q accept");
    helper_run("! nft delete table inet whalewall 2>/dev/null");
}

static void an_orphan_that_sleeps_is_woken(void **state)
{
    struct bench *b = owned(state);
    ww_kernel_free(b->kernel);
    b->kernel = NULL;
    helper_run("nft add table inet whalewall '{ flags dormant; }' 2>/dev/null || true");
    bench_restart(b, NULL);
    helper_run("! nft list table inet whalewall | grep -q dormant");
}

static void an_orphan_can_get_more_base_chains(void **state)
{
    struct bench *b = *state;
    bench_restart(b, NULL);
    ww_kernel_free(b->kernel);
    assert_int_equal(ww_kernel_new(&b->kernel, &b->err), 0);
    ww_kernel_mark_allowed(b->kernel, true);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    helper_run("nft list table inet whalewall | grep -q 'chain mark'");
}

static void a_second_one_is_refused(void **state)
{
    struct bench *b = owned(state);
    struct ww_kernel *second = NULL;
    bench_go(b, bench_plan(WEB, NULL));
    char *before = bench_list();
    assert_int_equal(ww_kernel_new(&second, &b->err), 0);
    assert_int_equal(ww_kernel_adopt(second, NULL, &b->err), -EPERM);
    assert_non_null(strstr(b->err.text, "is owned by another running program"));
    assert_non_null(strstr(b->err.text, "stop that one first"));
    assert_int_equal(ww_kernel_clear(second, &b->err), -EPERM);
    assert_non_null(strstr(b->err.text, "is owned by another running program"));
    ww_kernel_share_table(second, true);
    assert_int_equal(ww_kernel_adopt(second, NULL, &b->err), -EPERM);
    ww_kernel_free(second);
    char *after = bench_list();
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void a_program_that_comes_after_can_clear_it(void **state)
{
    struct bench *b = owned(state);
    bench_go(b, bench_plan(WEB, NULL));
    ww_kernel_free(b->kernel);
    b->kernel = NULL;
    assert_int_equal(ww_kernel_new(&b->kernel, &b->err), 0);
    assert_true(ww_kernel_clear(b->kernel, &b->err) > 0);
    helper_run("test -z \"$(nft list ruleset)\"");
}

/* The probe for the kernel's ability leaves nothing, and is asked once. */
static void the_probe_leaves_nothing(void **state)
{
    struct bench *b = *state;
    helper_run("! nft list tables | grep -v 'inet whalewall$'");
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation + 1);
}

static void another_layout_is_owned_at_once_and_replaced_later(void **state)
{
    struct bench *b = owned(state);
    struct ww_kernel_found found = {0};
    bench_go(b, bench_plan(WEB, NULL));
    ww_kernel_free(b->kernel);
    b->kernel = NULL;
    helper_run(
        "nft 'delete chain inet whalewall layout; add chain inet whalewall layout { comment \"whalewall 0\"; }'");
    bench_restart(b, &found);
    assert_true(found.other_layout);
    helper_run("! nft delete table inet whalewall 2>/dev/null");
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    helper_run("nft list table inet whalewall | grep -q 'whalewall layout'");
    helper_run("! nft delete table inet whalewall 2>/dev/null");
}

static void an_error_about_a_missing_chain_says_that_the_table_must_be_shared(void **state)
{
    struct bench *b = owned(state);
    struct ww_plan *plan = bench_plan(WEB_USER, NULL);
    assert_int_equal(ww_kernel_check(b->kernel, ww_plan_get(plan, ID), &b->err), -ENOENT);
    assert_non_null(strstr(b->err.text, "'inspect'"));
    assert_non_null(strstr(b->err.text, "-shared-table"));
    ww_plan_free(plan);
}

static void a_shared_one_has_no_owner(void **state)
{
    struct bench *b = *state;
    assert_false(ww_kernel_owns_table(b->kernel));
    bench_go(b, bench_plan(WEB, NULL));
    helper_run("! nft list table inet whalewall | grep -q 'flags owner'");
    helper_run("nft add chain inet whalewall inspect && nft flush chain inet whalewall forward");
}

#define PLAIN_LIST "nft -s list table inet whalewall | sed '/flags owner/d;/^$/d;s/ # progname.*//'"

/* Made by an older kernel's program, or with -shared-table: such a table cannot get an owner, so another takes its
 * place. */
static void a_table_without_an_owner_is_made_anew(void **state)
{
    struct bench *b = owned(state);
    static const char *const layouts[] = {
        "true",
        "nft 'delete chain inet whalewall layout; add chain inet whalewall layout { comment \"whalewall 0\"; }'",
        "nft add table bridge whalewall"};
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        assert_true(ww_kernel_clear(b->kernel, &b->err) >= 0);
        b->shared = true;
        bench_restart(b, NULL);
        struct ww_plan *plan = bench_plan(WEB, NULL);
        assert_int_equal(ww_kernel_apply_all(b->kernel, plan, NULL, NULL, &b->err), 0);
        char *before = helper_output(PLAIN_LIST);
        helper_run("%s", layouts[i]);
        b->shared = false;
        bench_restart(b, NULL);
        assert_false(ww_kernel_owns_table(b->kernel));
        uint32_t generation = bench_generation();
        if (ww_kernel_apply_all(b->kernel, plan, NULL, NULL, &b->err) < 0)
            fail_msg("%s: %s", layouts[i], b->err.text);
        assert_int_equal(bench_generation(), generation + 3);
        assert_true(ww_kernel_owns_table(b->kernel));
        helper_run("! nft delete table inet whalewall 2>/dev/null");
        helper_run("! nft list tables | grep handover");
        char *after = helper_output(PLAIN_LIST);
        assert_string_equal(after, before);
        ww_plan_free(b->plan);
        b->plan = plan;
        bench_go(b, bench_plan(NULL, NULL)); /* it is known what is there */
        free(before);
        free(after);
    }
}

static void chains_of_others_keep_it_from_being_owned(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB, NULL));
    helper_run("nft add chain inet whalewall inspect");
    b->shared = false;
    bench_restart(b, NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_false(ww_kernel_owns_table(b->kernel));
    helper_run("nft delete chain inet whalewall inspect");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_open_owned, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_other_program_can_change_it),
        TEST(it_is_ours_to_change),
        TEST(it_outlives_its_owner_and_is_adopted),
        TEST(an_orphan_that_sleeps_is_woken),
        TEST(an_orphan_can_get_more_base_chains),
        TEST(a_second_one_is_refused),
        TEST(a_program_that_comes_after_can_clear_it),
        TEST(the_probe_leaves_nothing),
        TEST(another_layout_is_owned_at_once_and_replaced_later),
        TEST(an_error_about_a_missing_chain_says_that_the_table_must_be_shared),
        TEST(a_table_without_an_owner_is_made_anew),
        cmocka_unit_test_setup_teardown(chains_of_others_keep_it_from_being_owned, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_shared_one_has_no_owner, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
