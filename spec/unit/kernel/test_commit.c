/* What goes to the kernel: seen by nft(8), in a network namespace of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/kernel/base_ruleset/base_rules.h"

#include "helper_kernel.h"
#include "helper_netns.h"

#define WEB_HEAD                                                                                                       \
    "ruleset 0123456789abcdef0123456789abcdef \"web\"\n"                                                               \
    "endpoint 198.51.100.2 2001:db8:1::2 02:42:c6:33:64:02\n"                                                          \
    "publish tcp 80 on 0.0.0.0 port 8080\n"
#define WEB                                                                                                            \
    WEB_HEAD "external from any origin \"mapped_ports.external\"\n"                                                    \
             "output to 203.0.113.5,2001:db8:9::1 tcp dport 443 origin \"output[0]\"\n"
#define WEB_CHAIN WEB "output to 203.0.113.0/24 udp dport 53 log \"dns\" origin \"output[1]\"\n"
#define WEB_CHAIN_CHANGED WEB "output to 203.0.113.0/24 udp dport 54 log \"dns\" origin \"output[1]\"\n"
#define WEB_USER WEB "output to 203.0.113.9 udp dport 53 chain \"inspect\" origin \"output[1]\"\n"
#define WEB_QUEUE WEB "output to 203.0.113.9 udp dport 53 queue 7 origin \"output[1]\"\n"
#define WEB_OWN_CHAIN WEB "output to 203.0.113.9 udp dport 53 chain \"recv\" origin \"output[1]\"\n"
#define HEIR                                                                                                           \
    "ruleset 00000000000000000123456789abcdef \"heir\"\n"                                                              \
    "endpoint 198.51.100.2 - 02:42:c6:33:64:02\n"                                                                      \
    "output to 192.0.2.0/24 udp dport 53-54 origin \"output[0]\"\n"
#define DB                                                                                                             \
    "ruleset fedcba98765432100123456789abcdef \"db\"\n"                                                                \
    "endpoint 198.51.100.3 - 02:42:c6:33:64:03\n"                                                                      \
    "input consent from 198.51.100.2 tcp dport 5432 origin \"output[2] of web\"\n"

static bool contains(const char *what)
{
    char *list = bench_list();
    bool found = strstr(list, what) != NULL;
    free(list);
    return found;
}

static void assert_same_list(const char *expected)
{
    char *list = bench_list();
    assert_string_equal(list, expected);
    free(list);
}

static void what_goes_in_comes_out_again(void **state)
{
    struct bench *b = *state;
    char *empty = bench_list();
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    assert_true(contains("elements = { 198.51.100.2 comment \"web\", 198.51.100.3 comment \"db\" }"));
    assert_true(contains("198.51.100.2 . 203.0.113.5 . tcp . 443"));
    assert_true(contains("2001:db8:1::2 . 2001:db8:9::1 . tcp . 443"));
    assert_true(contains("elements = { 198.51.100.2 : goto out-web-0123456789ab }"));
    assert_true(contains("log prefix \"whalewall-web-0123456789ab dns: \" level info return comment \"output[1]\""));
    assert_true(contains("198.51.100.3 . 198.51.100.2 . tcp . 5432"));
    bench_go(b, bench_plan(NULL, NULL));
    assert_same_list(empty);
    free(empty);
}

static void programs_can_read_the_table(void **state)
{
    bench_go(*state, bench_plan(WEB_CHAIN, DB, NULL));
    helper_run(
        "nft -j list table inet whalewall | python3 -c 'import json, sys; t = json.load(sys.stdin)[\"nftables\"]; "
        "sys.exit(sum(\"chain\" in o for o in t) < 18)'");
    helper_run("nft list ruleset | nft -c -f -"); /* as an administrator that saves the rules would */
}

static void a_step_is_one_transaction(void **state)
{
    struct bench *b = *state;
    uint32_t before = bench_generation();
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    assert_int_equal(bench_generation(), before + 1);
    bench_go(b, bench_plan(WEB_CHAIN_CHANGED, HEIR, NULL));
    assert_int_equal(bench_generation(), before + 2);
}

static void what_two_want_stays_until_both_let_go(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB_CHAIN, HEIR, NULL));
    bench_go(b, bench_plan(HEIR, NULL));
    assert_true(contains("198.51.100.2 comment \"heir\""));
    assert_true(contains("198.51.100.2 : goto out-heir-000000000000"));
    assert_false(contains("out-web"));
    bench_go(b, bench_plan(NULL, NULL));
    assert_false(contains("198.51.100.2"));
}

static void an_address_passes_from_one_to_another_in_one_step(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB_CHAIN, NULL));
    bench_go(b, bench_plan(HEIR, NULL));
    assert_true(contains("elements = { 198.51.100.2 comment \"heir\" }"));
    assert_true(contains("elements = { 198.51.100.2 : goto out-heir-000000000000 }"));
    bench_go(b, bench_plan(WEB_CHAIN, NULL));
    assert_true(contains("elements = { 198.51.100.2 : goto out-web-0123456789ab }"));
}

static void a_changed_chain_is_replaced(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB_CHAIN, NULL));
    bench_go(b, bench_plan(WEB_CHAIN_CHANGED, NULL));
    assert_true(contains("udp dport 54"));
    assert_false(contains("udp dport 53"));
    assert_true(contains("elements = { 198.51.100.2 : goto out-web-0123456789ab }"));
}

static void what_is_there_and_wanted_is_not_touched(void **state)
{
    struct bench *b = *state;
    struct ww_kernel_found found = {0};
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    char *before = helper_output("nft -a -s list chain inet whalewall out-web-0123456789ab");
    bench_restart(b, &found);
    assert_true(found.existed);
    assert_false(found.other_layout);
    assert_int_equal(found.chains, 1);
    assert_true(found.elements > 10);
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation); /* not even an empty transaction */
    char *after = helper_output("nft -a -s list chain inet whalewall out-web-0123456789ab");
    assert_string_equal(after, before); /* the handles, too */
    free(before);
    free(after);
}

/* What is in the table, whatever the order of elements and chains. */
static char *words(void)
{
    return helper_output("nft -s list table inet whalewall | tr -s ' ,\\t' '\\n' | sort");
}

static const char add_stranger[] =
    "nft 'add chain inet whalewall out-gone-1 { comment \"whalewall 00 1\"; }; "
    "add rule inet whalewall out-gone-1 accept; add element inet whalewall out_c4 { 192.0.2.9 : goto out-gone-1 }'";
static const char delete_chain[] = "nft 'flush map inet whalewall out_c4; flush map inet whalewall out_c6; "
                                   "delete chain inet whalewall out-web-0123456789ab'";

static void what_others_changed_is_mended_in_one_step(void **state)
{
    struct bench *b = *state;
    static const char *const damage[] = {
        "nft delete element inet whalewall managed4 '{ 198.51.100.2 }'",
        "nft add element inet whalewall out_ha4 '{ 192.0.2.77 }'",
        "nft flush chain inet whalewall out-web-0123456789ab",
        "nft insert rule inet whalewall out-web-0123456789ab accept",
        "nft flush chain inet whalewall forward",
        "nft insert rule inet whalewall spoof accept",
        "nft flush set inet whalewall mac",
        "nft flush map inet whalewall out_c4",
        delete_chain,
        "nft 'flush chain inet whalewall forward; delete chain inet whalewall forward'",
        add_stranger,
        "nft add table inet whalewall '{ flags dormant; }'",
    };
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    char *whole = words();
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        helper_run("%s", damage[i]);
        bench_restart(b, NULL);
        uint32_t generation = bench_generation();
        if (ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
            fail_msg("%s: %s", damage[i], b->err.text);
        assert_in_range(bench_generation(), generation, generation + 1);
        char *list = words();
        if (strcmp(list, whole) != 0)
            fail_msg("after `%s` there is:\n%s", damage[i], list);
        free(list);
    }
    free(whole);
}

static void a_flushed_ruleset_comes_back(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    char *whole = bench_list();
    helper_run("nft flush ruleset");
    struct ww_kernel_found found = {0};
    bench_restart(b, &found);
    assert_false(found.existed);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_same_list(whole);
    free(whole);
}

static void a_refused_step_changes_nothing_and_says_whose_fault_it_was(void **state)
{
    struct bench *b = *state;
    struct ww_refusal refusal = {0};
    bench_go(b, bench_plan(DB, NULL));
    char *before = bench_list();
    struct ww_plan *bad = bench_plan(WEB_USER, DB, HEIR, NULL);
    assert_int_equal(bench_apply(b, bad, &refusal), -ENOENT);
    assert_string_equal(refusal.id, "0123456789abcdef0123456789abcdef");
    assert_string_equal(refusal.origin, "output[1]");
    assert_non_null(strstr(b->err.text, "output[1]"));
    ww_refusal_done(&refusal);
    assert_same_list(before);
    bench_go(b, bench_plan(WEB, DB, NULL)); /* as if it had not been */
    bench_go(b, bench_plan(DB, NULL));
    assert_same_list(before);
    ww_plan_free(bad);
    free(before);
}

static void verdict_chains_are_there_only_while_a_rule_needs_them(void **state)
{
    struct bench *b = *state;
    char *empty = bench_list();
    helper_run("nft add chain inet whalewall inspect");
    assert_false(contains("forward-sender"));
    bench_go(b, bench_plan(WEB_USER, NULL));
    assert_true(contains("type filter hook forward priority filter - 9; policy accept;"));
    assert_true(contains("type filter hook output priority filter - 8; policy accept;"));
    assert_true(contains("jump inspect comment \"output[1]\""));
    bench_restart(b, NULL);
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation);
    bench_go(b, bench_plan(WEB, NULL));
    assert_false(contains("forward-sender"));
    bench_go(b, bench_plan(NULL, NULL));
    helper_run("nft delete chain inet whalewall inspect");
    assert_same_list(empty);
    free(empty);
}

static void senders_are_told_by_their_mac_only_while_there_are_any(void **state)
{
    struct bench *b = *state;
    char *empty = bench_list();
    assert_false(contains("mine {\n\t\ttype filter"));
    bench_go(b, bench_plan(DB, NULL));
    assert_true(contains("chain forward-mine {"));
    assert_true(contains("chain input-mine {"));
    bench_restart(b, NULL);
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation);
    bench_go(b, bench_plan(NULL, NULL));
    assert_same_list(empty);
    free(empty);
}

static void chains_of_others_are_left_alone(void **state)
{
    struct bench *b = *state;
    helper_run("nft add chain inet whalewall inspect '{ comment \"mine\"; }' && "
               "nft add rule inet whalewall inspect counter accept");
    bench_go(b, bench_plan(WEB_USER, NULL));
    bench_restart(b, NULL);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_true(contains("comment \"mine\""));
    assert_true(ww_kernel_clear(b->kernel, &b->err) > 0);
    char *list = helper_output("nft -s list ruleset");
    assert_string_equal(
        list, "table inet whalewall {\n\tchain inspect {\n\t\tcomment \"mine\"\n\t\tcounter accept\n\t}\n}\n");
    free(list);
}

static void clear_leaves_nothing(void **state)
{
    struct bench *b = *state;
    helper_run("nft add table ip other");
    bench_go(b, bench_plan(WEB_CHAIN, DB, NULL));
    assert_true(ww_kernel_clear(b->kernel, &b->err) > 0);
    assert_int_equal(ww_kernel_clear(b->kernel, &b->err), 0);
    char *list = helper_output("nft list ruleset");
    assert_string_equal(list, "table ip other {\n}\n");
    free(list);
    struct ww_plan *plan = bench_plan(WEB, NULL);
    assert_int_equal(bench_apply(b, plan, NULL), -EINVAL); /* take over first */
    ww_plan_free(plan);
}

static void another_layout_is_replaced_with_all_contents_in_one_step(void **state)
{
    struct bench *b = *state;
    struct ww_kernel_found found = {0};
    char *fresh = bench_list();
    bench_go(b, bench_plan(WEB_CHAIN, NULL));
    char *whole = bench_list();
    helper_run("nft delete table inet whalewall && nft -f - <<'E'\n"
               "table inet whalewall {\n"
               "  map out_c4 { type ipv6_addr : verdict; elements = { 2001:db8::7 : goto out-old-1 } }\n"
               "  chain layout { comment \"whalewall layout 0\"; }\n"
               "  chain out-old-1 { comment \"whalewall x\"; drop; }\n"
               "  chain forward { comment \"whalewall base\"; type filter hook forward priority -10;\n"
               "    ip6 saddr vmap @out_c4; }\n"
               "  chain inspect { accept; }\n"
               "}\nE");
    bench_restart(b, &found);
    assert_true(found.existed && found.other_layout);
    struct ww_plan *plan = bench_plan(NULL, NULL);
    assert_int_equal(bench_apply(b, plan, NULL), -EINVAL);
    ww_plan_free(plan);
    assert_true(contains("2001:db8::7 : goto out-old-1")); /* still in force */
    uint32_t generation = bench_generation();
    if (ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    assert_int_equal(bench_generation(), generation + 1);
    assert_true(contains("chain inspect"));
    assert_false(contains("out-old-1"));
    helper_run("nft delete chain inet whalewall inspect");
    bench_go(b, bench_plan(NULL, NULL));
    assert_true(contains("comment \"" WW_LAYOUT "\""));
    free(whole);
    free(fresh);
}

static void check_says_what_is_missing(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text;
        int result;
        const char *says;
    } cases[] = {
        {WEB_CHAIN, 0, NULL},
        {WEB_USER, -ENOENT, "rule 'output[1]' jumps to chain 'inspect', which is not in table inet whalewall"},
        {WEB_OWN_CHAIN, -ENOENT, "rule 'output[1]' jumps to chain 'recv', which is one of whalewall's own"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_plan *plan = bench_plan(cases[i].text, NULL);
        struct ww_ruleset *rs = ww_plan_get(plan, "0123456789abcdef0123456789abcdef");
        assert_int_equal(ww_kernel_check(b->kernel, rs, &b->err), cases[i].result);
        if (cases[i].says)
            assert_non_null(strstr(b->err.text, cases[i].says));
        ww_plan_free(plan);
    }
    helper_run("nft add chain inet whalewall inspect");
    struct ww_plan *plan = bench_plan(WEB_USER, NULL);
    assert_int_equal(ww_kernel_check(b->kernel, ww_plan_get(plan, "0123456789abcdef0123456789abcdef"), &b->err), 0);
    ww_plan_free(plan);
}

/* What nft finds here is what check must say. */
static void check_knows_whether_the_kernel_has_queues(void **state)
{
    struct bench *b = *state;
    bool has = system("nft 'add table ip probe; add chain ip probe c; add rule ip probe c queue num 1; "
                      "delete table ip probe' 2>/dev/null") == 0;
    struct ww_plan *plan = bench_plan(WEB_QUEUE, NULL);
    struct ww_ruleset *rs = ww_plan_get(plan, "0123456789abcdef0123456789abcdef");
    uint32_t before = bench_generation();
    assert_int_equal(ww_kernel_check(b->kernel, rs, &b->err), has ? 0 : -EOPNOTSUPP);
    assert_in_range(bench_generation(), before, before + 1);
    if (!has)
        assert_non_null(strstr(b->err.text, "rule 'output[1]' sends packets to queue 7, but this kernel cannot"));
    helper_run("! nft list table inet whalewall-probe 2>/dev/null");
    ww_plan_free(plan);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_goes_in_comes_out_again),
        TEST(programs_can_read_the_table),
        TEST(a_step_is_one_transaction),
        TEST(what_two_want_stays_until_both_let_go),
        TEST(an_address_passes_from_one_to_another_in_one_step),
        TEST(a_changed_chain_is_replaced),
        TEST(what_is_there_and_wanted_is_not_touched),
        TEST(what_others_changed_is_mended_in_one_step),
        TEST(a_flushed_ruleset_comes_back),
        TEST(a_refused_step_changes_nothing_and_says_whose_fault_it_was),
        TEST(verdict_chains_are_there_only_while_a_rule_needs_them),
        TEST(senders_are_told_by_their_mac_only_while_there_are_any),
        TEST(chains_of_others_are_left_alone),
        TEST(clear_leaves_nothing),
        TEST(another_layout_is_replaced_with_all_contents_in_one_step),
        TEST(check_says_what_is_missing),
        TEST(check_knows_whether_the_kernel_has_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
