/* Rules with CIDRs: sets of networks, and the fixed chains that have a rule for each length of prefix in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_kernel.h"
#include "helper_netns.h"

#define WEB_HEAD                                                                                                       \
    "ruleset 0123456789abcdef0123456789abcdef \"web\"\n"                                                               \
    "endpoint 198.51.100.2 2001:db8:1::2 02:42:c6:33:64:02\n"                                                          \
    "publish tcp 80 on 0.0.0.0 port 8080\n"                                                                            \
    "publish udp 53 on 192.0.2.1 port 8053\n"
#define WEB WEB_HEAD "external from 203.0.113.0/24 origin \"mapped_ports.external\"\n"
#define WEB_WIDER WEB_HEAD "external from 203.0.0.0/16 origin \"mapped_ports.external\"\n"
#define DB                                                                                                             \
    "ruleset fedcba98765432100123456789abcdef \"db\"\n"                                                                \
    "endpoint 198.51.100.3 2001:db8:1::3 02:42:c6:33:64:03\n"
#define DB_SAME DB "publish tcp 80 on 0.0.0.0 port 8081\nexternal from 192.0.2.0/24 origin \"mapped_ports.external\"\n"
#define DB_ALL                                                                                                         \
    DB "publish tcp 80 on 0.0.0.0 port 8081\n"                                                                         \
       "external from 0.0.0.0/0,2001:db8::/32 origin \"mapped_ports.external\"\n"                                      \
       "input from 10.0.0.0/9,::/0 tcp dport 81 origin \"input[0]\"\n"                                                 \
       "input from 10.0.0.0/8,2001:db8::/61 icmp origin \"input[1]\"\n"                                                \
       "output to 192.0.2.0/31,2001:db8::/64 tcp dport 443 origin \"output[0]\"\n"                                     \
       "input from 172.16.0.0/12 origin \"input[2]\"\n"                                                                \
       "output to 172.16.0.0/12,2001:db8:9::/52 origin \"output[2]\"\n"                                                \
       "output to 192.0.2.0/30,2001:db8::/1 icmp origin \"output[1]\"\n"

static char *rungs(const char *chain)
{
    char command[128];
    snprintf(command, sizeof(command), "nft -s list chain inet whalewall %s | grep 'th sport' || true", chain);
    return helper_output(command);
}

static void assert_rungs(const char *chain, const char *length)
{
    char what[64];
    char *text = rungs(chain);
    snprintf(what, sizeof(what), "th sport & %s | %s ", length, length);
    const char *at = strstr(text, what);
    if (!at || strchr(text, '\n') != strrchr(text, '\n'))
        fail_msg("chain %s has not just one rule, for /%s:\n%s", chain, length, text);
    free(text);
}

static void a_length_of_prefix_has_rules_only_while_a_network_has_it(void **state)
{
    struct bench *b = *state;
    static const char *const chains[] = {"in-nets", "lost-in-nets"};
    char *empty = bench_list();
    bench_go(b, bench_plan(WEB, NULL));
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        assert_rungs(chains[i], "24");
    bench_go(b, bench_plan(WEB_WIDER, NULL));
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        assert_rungs(chains[i], "16");
    bench_go(b, bench_plan(WEB_WIDER, DB_SAME, NULL));
    bench_go(b, bench_plan(DB_SAME, NULL));
    assert_rungs("in-nets", "24");
    bench_go(b, bench_plan(NULL, NULL));
    char *list = bench_list();
    assert_string_equal(list, empty);
    free(list);
    free(empty);
}

/* A rule in a transaction makes the kernel validate the whole table: its handle would be another one, too. */
static void another_container_with_the_same_length_changes_no_rule_and_has_no_chain(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB, NULL));
    char *before = helper_output("nft -a list table inet whalewall | grep -v 'elements =\\|, $\\| }$' | grep handle");
    bench_go(b, bench_plan(WEB, DB_SAME, NULL));
    char *after = helper_output("nft -a list table inet whalewall | grep -v 'elements =\\|, $\\| }$' | grep handle");
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void the_listing_can_be_read_again(void **state)
{
    bench_go(*state, bench_plan(WEB, DB_ALL, NULL));
    helper_run("nft list ruleset | nft -c -f -");
}

static void what_is_there_is_taken_over(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(WEB, DB_ALL, NULL));
    char *before = bench_list();
    bench_restart(b, NULL);
    uint32_t generation = bench_generation();
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_int_equal(bench_generation(), generation);
    char *after = bench_list();
    assert_string_equal(after, before);
    free(before);
    free(after);
}

/* The chain refused comes from its second ruleset; the first alone must have its rules afterwards. */
static void a_refused_step_leaves_no_length_behind(void **state)
{
    struct bench *b = *state;
    struct ww_plan *bad =
        bench_plan(WEB, DB "input from any tcp dport 1 chain \"missing\" origin \"input[0]\"\n", NULL);
    assert_int_equal(bench_apply(b, bad, NULL), -ENOENT);
    ww_plan_free(bad);
    char *none = rungs("in-nets");
    assert_string_equal(none, "");
    free(none);
    bench_go(b, bench_plan(WEB, NULL));
    assert_rungs("in-nets", "24");
}

static void what_others_changed_is_mended(void **state)
{
    struct bench *b = *state;
    static const char *const damage[] = {
        "nft flush chain inet whalewall in-nets",
        "nft insert rule inet whalewall in-nets accept",
        "nft flush set inet whalewall ext_dnp4",
        "nft add element inet whalewall ext_dnp4 '{ 198.51.100.2 . 65535 . 192.0.2.0 . tcp . 80 }'",
        "nft add element inet whalewall ext_dnp4 '{ 198.51.100.2 . 8 . 10.0.0.0 . tcp . 80 }'",
        "nft flush ruleset",
    };
    bench_go(b, bench_plan(WEB, NULL));
    char *whole = bench_list();
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        helper_run("%s", damage[i]);
        bench_restart(b, NULL);
        if (ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
            fail_msg("%s: %s", damage[i], b->err.text);
        char *list = bench_list();
        if (strcmp(list, whole) != 0)
            fail_msg("after `%s` there is:\n%s", damage[i], list);
        free(list);
    }
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_length_of_prefix_has_rules_only_while_a_network_has_it, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(another_container_with_the_same_length_changes_no_rule_and_has_no_chain,
                                        bench_open, bench_close),
        cmocka_unit_test_setup_teardown(the_listing_can_be_read_again, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(what_is_there_is_taken_over, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_refused_step_leaves_no_length_behind, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(what_others_changed_is_mended, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
