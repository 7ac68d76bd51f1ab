/* Other programs change a table that has no owner: it is noticed, closed in one step, and restored in another without
 * reading.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_kernel.h"
#include "helper_netns.h"

#define ID "0123456789abcdef0123456789abcdef"
#define WEB                                                                                                            \
    "ruleset " ID " \"web\"\n"                                                                                         \
    "endpoint 198.51.100.2 2001:db8:1::2 02:42:c6:33:64:02\n"                                                          \
    "publish tcp 80 on 0.0.0.0 port 8080\n"                                                                            \
    "external from any origin \"mapped_ports.external\"\n"                                                             \
    "input from 203.0.113.0/24 tcp dport 81 origin \"input[0]\"\n"                                                     \
    "output to 203.0.113.5,2001:db8:9::1 tcp dport 443 origin \"output[0]\"\n"                                         \
    "output to 203.0.113.0/24 udp dport 53 log \"dns\" origin \"output[1]\"\n"
#define WEB_USER WEB "output to 203.0.113.9 udp dport 53 chain \"inspect\" origin \"output[2]\"\n"
#define CHAIN "out-web-0123456789ab"

static int open_watched(void **state)
{
    bench_open(state);
    struct bench *b = *state;
    assert_int_equal(ww_kernel_watch(b->kernel, true, &b->err), 0);
    bench_go(b, bench_plan(WEB, NULL));
    return 0;
}

/* What is in the table, whatever the order of elements and chains. */
static char *words(void)
{
    return helper_output("nft -s list table inet whalewall | tr -s ' ,\\t' '\\n' | sort");
}

static bool lists(const char *command, const char *what)
{
    char *text = helper_output(command);
    bool found = strstr(text, what) != NULL;
    free(text);
    return found;
}

static struct ww_external_change drain(struct bench *b)
{
    struct ww_external_change t = {0};
    if (ww_kernel_watch_drain(b->kernel, &t, &b->err) < 0)
        fail_msg("%s", b->err.text);
    return t;
}

/* Whether a set or chain of a listed table has this in it. */
static bool part_has(const char *table, const char *part, const char *what)
{
    char head[64];
    snprintf(head, sizeof(head), "\t%s {", part);
    const char *at = strstr(table, head);
    const char *end = at ? strstr(at, "\n\t}") : NULL;
    return end && memmem(at, (size_t)(end - at), what, strlen(what));
}

static void assert_closed(const char *after)
{
    char *table = helper_output("nft list table inet whalewall");
    if (!part_has(table, "set managed4", "198.51.100.2") || !part_has(table, "set managed6", "2001:db8:1::2") ||
        !part_has(table, "set mac", "02:42:c6:33:64:02") || !part_has(table, "set pub_p4", "8080") ||
        !part_has(table, "chain forward", "ip saddr @managed4 jump out") ||
        !part_has(table, "chain recv", "ip daddr @managed4 goto in"))
        fail_msg("not closed after `%s`", after);
    if (strstr(table, "192.0.2.77") || part_has(table, "chain spoof", "accept") || strstr(table, "dormant"))
        fail_msg("open after `%s`", after);
    free(table);
}

static const struct {
    const char *command;
    const char *what; /* what the log will say */
} rows[] = {
    {"nft flush ruleset", "table inet deleted"},
    {"nft delete table inet whalewall", "table inet deleted"},
    {"nft 'delete table inet whalewall; add table inet whalewall; add chain inet whalewall forward { type filter hook "
     "forward priority -10; comment \"whalewall base\"; }'",
     "table inet deleted"},
    {"nft flush table inet whalewall", "rule deleted from chain"},
    {"nft flush chain inet whalewall forward", "rule deleted from chain forward"},
    {"nft 'flush chain inet whalewall forward; delete chain inet whalewall forward'",
     "rule deleted from chain forward"},
    {"nft insert rule inet whalewall spoof accept", "rule added to chain spoof"},
    {"nft delete element inet whalewall managed4 '{ 198.51.100.2 }'", "element deleted from set managed4"},
    {"nft flush set inet whalewall mac", "element deleted from set mac"},
    {"nft flush set inet whalewall in_dnp4", "element deleted from set in_dnp4"},
    {"nft flush chain inet whalewall in-nets", "rule deleted from chain in-nets"},
    {"nft flush set inet whalewall out_sdp4", "element deleted from set out_sdp4"},
    {"nft add element inet whalewall out_ha4 '{ 192.0.2.77 }'", "element added to set out_ha4"},
    {"nft add element inet whalewall managed4 '{ 192.0.2.77 }'", "element added to set managed4"},
    {"nft flush map inet whalewall out_c4", "element deleted from set out_c4"},
    {"nft insert rule inet whalewall " CHAIN " accept", "rule added to chain " CHAIN},
    {"nft flush chain inet whalewall " CHAIN, "rule deleted from chain " CHAIN},
    {"nft 'flush map inet whalewall out_c4; flush map inet whalewall out_c6; delete chain inet whalewall " CHAIN "'",
     "element deleted from set out_c4"},
    {"nft 'add chain inet whalewall out-gone-1 { comment \"whalewall 00 1\"; }; add rule inet whalewall out-gone-1 "
     "accept; "
     "add element inet whalewall out_c4 { 192.0.2.77 : goto out-gone-1 }'",
     "chain out-gone-1 changed"},
    {"nft add table inet whalewall '{ flags dormant; }'", "table inet changed"},
    {"nft add chain inet whalewall input '{ policy drop; }'", "chain input changed"},
    {"nft list table inet whalewall >table.nft && nft delete table inet whalewall && nft -f table.nft",
     "table inet deleted"},
};

static void assert_shut(const char *after)
{
    static const char *const rules[][2] = {
        {"forward", "ip saddr @managed4 counter"}, {"forward", "ip6 daddr @managed6 counter"},
        {"input", "ip saddr @managed4 counter"},   {"input", "@pub_p4 counter"},
        {"output", "ip daddr @managed4 counter"},
    };
    char *table = helper_output("nft list table inet whalewall");
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        char part[64];
        snprintf(part, sizeof(part), "chain %s", rules[i][0]);
        if (!part_has(table, part, rules[i][1]) || part_has(table, part, "accept\n"))
            fail_msg("after `%s`, not shut in chain %s: %s", after, rules[i][0], rules[i][1]);
    }
    if (!part_has(table, "set managed4", "198.51.100.2") || !part_has(table, "set pub_p4", "8080"))
        fail_msg("after `%s`, not shut", after);
    free(table);
}

static void whatever_others_do_is_closed_and_restored(void **state)
{
    struct bench *b = *state;
    char folder[] = "/tmp/wwtamper-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    char *whole = words();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        helper_run("%s", rows[i].command);
        struct ww_external_change t = drain(b);
        if (!t.changes || t.lost || !strstr(t.what, rows[i].what))
            fail_msg("`%s`: %d changes, \"%s\"", rows[i].command, t.changes, t.what);
        assert_string_equal(t.process, "nft");
        assert_true(t.pid > 1);
        if (i % 2 == 0) { /* it is an additional step */
            if (ww_kernel_lockdown(b->kernel, &b->err) != 1)
                fail_msg("`%s`: %s", rows[i].command, b->err.text);
            assert_shut(rows[i].command);
        }
        uint32_t generation = bench_generation();
        if (ww_kernel_close_touched(b->kernel, &b->err) < 0)
            fail_msg("`%s`: %s", rows[i].command, b->err.text);
        if (bench_generation() > generation + 1) /* none where the set that opens is empty already */
            fail_msg("`%s`: closed in %u steps", rows[i].command, bench_generation() - generation);
        assert_closed(rows[i].command);
        if (ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
            fail_msg("`%s`: %s", rows[i].command, b->err.text);
        assert_in_range(bench_generation(), generation, generation + 2);
        char *list = words();
        if (strcmp(list, whole) != 0)
            fail_msg("after `%s` there is:\n%s", rows[i].command, list);
        free(list);
    }
    free(whole);
    helper_run("rm -r %s", folder);
}

static void own_changes_are_not_noticed(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(NULL, NULL));
    bench_go(b, bench_plan(WEB, NULL));
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    struct ww_external_change t = drain(b);
    assert_int_equal(t.changes + t.elsewhere, 0);
    assert_false(t.lost);
}

static void what_others_do_to_their_own_chains_is_none_of_our_business(void **state)
{
    struct bench *b = *state;
    helper_run("nft 'add chain inet whalewall inspect; add rule inet whalewall inspect counter accept; "
               "add set inet whalewall theirs { type ipv4_addr; }; add element inet whalewall theirs { 192.0.2.77 }; "
               "flush chain inet whalewall inspect'");
    struct ww_external_change t = drain(b);
    assert_int_equal(t.changes, 0);
    assert_true(t.elsewhere >= 5);
    helper_run("nft add table inet elsewhere");
    t = drain(b);
    assert_int_equal(t.changes + t.elsewhere, 0);
}

static void user_chains_survive_closing_and_restoring(void **state)
{
    struct bench *b = *state;
    helper_run("nft 'add chain inet whalewall inspect { comment \"mine\"; }; add rule inet whalewall inspect counter "
               "accept'");
    bench_go(b, bench_plan(WEB_USER, NULL));
    drain(b);
    char *whole = words();
    static const char *const damage[] = {"flush chain inet whalewall forward-sender",
                                         "flush set inet whalewall managed4", "flush map inet whalewall verdict_s",
                                         "flush chain inet whalewall " CHAIN};
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        helper_run("nft %s", damage[i]);
        assert_true(drain(b).changes > 0);
        assert_int_equal(ww_kernel_close_touched(b->kernel, &b->err), 0);
        if (ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err) < 0)
            fail_msg("%s: %s", damage[i], b->err.text);
        char *list = words();
        if (strcmp(list, whole) != 0)
            fail_msg("after `%s` there is:\n%s", damage[i], list);
        free(list);
    }
    free(whole);
}

/* Then it must be read again: what happened is not known. */
static void lost_notifications_are_not_guessed(void **state)
{
    struct bench *b = *state;
    int bytes = 1;
    char *whole = words();
    assert_int_equal(setsockopt(ww_kernel_watch_fd(b->kernel), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    for (int i = 0; i < 20; i++)
        helper_run("nft 'flush set inet whalewall managed4; add element inet whalewall out_ha4 { 192.0.2.%d }'", i + 1);
    assert_true(drain(b).lost);
    assert_int_equal(ww_kernel_close_touched(b->kernel, &b->err), -EAGAIN);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    char *list = words();
    assert_string_equal(list, whole);
    free(list);
    free(whole);
}

/* Whatever happens between reading and writing: no container is open, and in the end all is there. */
static void a_known_endpoint_stays_shut_while_the_table_is_read_again(void **state)
{
    struct bench *b = *state;
    char *whole = words();
    helper_run("nft flush ruleset");
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0); /* nothing of ours is found */
    assert_true(lists("nft list set inet whalewall managed4", "198.51.100.2"));
    helper_run("nft flush ruleset");
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), -ENOENT); /* it does not know */
    assert_int_equal(ww_kernel_lockdown(b->kernel, &b->err), 1);
    assert_shut("nft flush ruleset");
    helper_run("nft delete table inet whalewall");
    assert_int_equal(ww_kernel_lockdown(b->kernel, &b->err), 1);
    assert_shut("nft delete table");
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_true(lists("nft list chain inet whalewall forward", "ip saddr @managed4 jump out"));
    assert_true(lists("nft list set inet whalewall managed4", "198.51.100.2"));
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    char *list = words();
    assert_string_equal(list, whole);
    bench_go(b, bench_plan(NULL, NULL));
    assert_false(lists("nft list table inet whalewall", "198.51.100.2"));
    free(list);
    free(whole);
}

static void where_no_container_is_managed_there_is_nothing_to_shut(void **state)
{
    struct bench *b = *state;
    bench_go(b, bench_plan(NULL, NULL));
    helper_run("nft flush ruleset");
    assert_int_equal(ww_kernel_lockdown(b->kernel, &b->err), 0);
}

/* Before anything was asked for, what was found is what closes. */
static void what_was_only_found_is_closed_too(void **state)
{
    struct bench *b = *state;
    bench_restart(b, NULL);
    assert_int_equal(ww_kernel_watch(b->kernel, true, &b->err), 0);
    helper_run("nft flush ruleset");
    assert_true(drain(b).changes > 0);
    assert_int_equal(ww_kernel_close_touched(b->kernel, &b->err), 0);
    assert_closed("nft flush ruleset");
    assert_false(lists("nft list table inet whalewall", "203.0.113.5"));
}

/* What has a name of ours, but is another kind of thing, cannot be made ours again in this way. */
static void what_cannot_be_closed_is_mended_by_reading(void **state)
{
    struct bench *b = *state;
    static const char *const damage[] = {"add set inet whalewall managed4 { type ipv6_addr; }",
                                         "add chain inet whalewall forward"};
    char *whole = words();
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        helper_run("nft 'delete table inet whalewall; add table inet whalewall; %s'", damage[i]);
        assert_true(drain(b).changes > 0);
        assert_true(ww_kernel_close_touched(b->kernel, &b->err) < 0);
        assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
        assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
        char *list = words();
        if (strcmp(list, whole) != 0)
            fail_msg("after `%s` there is:\n%s", damage[i], list);
        free(list);
    }
    free(whole);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_watched, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whatever_others_do_is_closed_and_restored),
        TEST(own_changes_are_not_noticed),
        TEST(what_others_do_to_their_own_chains_is_none_of_our_business),
        TEST(user_chains_survive_closing_and_restoring),
        TEST(lost_notifications_are_not_guessed),
        TEST(a_known_endpoint_stays_shut_while_the_table_is_read_again),
        TEST(where_no_container_is_managed_there_is_nothing_to_shut),
        TEST(what_was_only_found_is_closed_too),
        TEST(what_cannot_be_closed_is_mended_by_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
