#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/kernel/kernel.h"
#include "helper_kernel.h"
#include "helper_netns.h"

#define RULE "-A DOCKER-USER -m mark --mark 0x10000000/0x10000000 -m comment --comment whalewall -j ACCEPT\n"
#define LIST "iptables-nft -S DOCKER-USER"
#define MADE "-N DOCKER-USER\n"
#define RETURN "-A DOCKER-USER -j RETURN\n"

/* As dockerd makes it; only IPv4 on engine 20.10. */
static void docker(void)
{
    helper_run("iptables-nft -N DOCKER-USER && iptables-nft -A FORWARD -j DOCKER-USER && "
               "iptables-nft -A DOCKER-USER -j RETURN");
}

static void lists(const char *command, const char *wanted)
{
    char *text = helper_output(command);
    assert_string_equal(text, wanted);
    free(text);
}

static int look(struct bench *b, bool on)
{
    enum ww_docker_user_place found[WW_DOCKER_USER_FAMILIES];
    return on ? ww_kernel_docker_user_keep(b->kernel, true, found, &b->err)
              : ww_kernel_docker_user_take(b->kernel, &b->err);
}

static void iptables_reads_the_rule_and_saves_it(void **state)
{
    struct bench *b = *state;
    docker();
    assert_int_equal(look(b, true), 1);
    lists(LIST, MADE RULE RETURN);
    helper_run("iptables-nft -L -n >/dev/null");
    /* saved and restored it is another rule to the kernel, but still ours */
    helper_run("iptables-nft-save | iptables-nft-restore");
    lists(LIST, MADE RULE RETURN);
    assert_int_equal(look(b, true), 1);
    lists(LIST, MADE RULE RETURN);
    assert_int_equal(look(b, false), 1);
    lists(LIST, MADE RETURN);
}

static void ipv6_gets_it_where_the_chain_is(void **state)
{
    struct bench *b = *state;
    docker();
    helper_run("ip6tables-nft -N DOCKER-USER");
    assert_int_equal(look(b, true), 2);
    lists("ip6tables-nft -S DOCKER-USER", MADE RULE);
    helper_run("iptables-nft -F && iptables-nft -X");
    assert_int_equal(look(b, true), 1);
    assert_int_equal(look(b, false), 1);
    lists("ip6tables-nft -S DOCKER-USER", MADE);
}

static void it_is_put_once(void **state)
{
    struct bench *b = *state;
    docker();
    for (int i = 0; i < 3; i++)
        assert_int_equal(look(b, true), 1);
    lists(LIST, MADE RULE RETURN);
    uint32_t generation = bench_generation();
    assert_int_equal(look(b, true), 1);
    assert_int_equal(bench_generation(), generation);
}

static void it_comes_back_when_docker_made_its_chain_anew(void **state)
{
    struct bench *b = *state;
    docker();
    assert_int_equal(look(b, true), 1);
    helper_run("iptables-nft -F DOCKER-USER && iptables-nft -A DOCKER-USER -j RETURN");
    assert_int_equal(look(b, true), 1);
    lists(LIST, MADE RULE RETURN);
}

static void copies_become_one(void **state)
{
    struct bench *b = *state;
    docker();
    assert_int_equal(look(b, true), 1);
    helper_run("iptables-nft-save | iptables-nft-restore -n");
    helper_run("iptables-nft-save | iptables-nft-restore -n");
    assert_int_equal(look(b, true), 1);
    char *text = helper_output(LIST);
    const char *first = strstr(text, RULE);
    assert_non_null(first);
    assert_null(strstr(first + 1, RULE));
    free(text);
}

#define BAN "-A DOCKER-USER -s 192.0.2.7/32 -j DROP\n"

/* Other programs' rules in the chain come first, wherever they were put; and whether something was wrong is told. */
static void it_is_the_last_one_that_is_tried(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *title;
        const char *before; /* what iptables is given */
        const char *after;  /* what it lists in the end */
        enum ww_docker_user_place found;
        bool ours; /* the rule is there before */
    } rows[] = {
        {"a chain without RETURN", "-A DOCKER-USER -s 192.0.2.7 -j DROP", BAN RULE, WW_DOCKER_USER_MISSING, false},
        {"an empty chain", "-F DOCKER-USER", RULE, WW_DOCKER_USER_MISSING, false},
        {"a ban before RETURN", "-A DOCKER-USER -s 192.0.2.7 -j DROP; -A DOCKER-USER -j RETURN", BAN RULE RETURN,
         WW_DOCKER_USER_MISSING, false},
        {"a ban put first", "-I DOCKER-USER -s 192.0.2.7 -j DROP", BAN RULE, WW_DOCKER_USER_IN_PLACE, true},
        {"a ban put last", "-A DOCKER-USER -s 192.0.2.7 -j DROP", BAN RULE, WW_DOCKER_USER_MISPLACED, true},
        {"a RETURN put first", "-I DOCKER-USER -j RETURN", RULE RETURN, WW_DOCKER_USER_MISPLACED, true},
        {"a RETURN put last", "-A DOCKER-USER -j RETURN", RULE RETURN, WW_DOCKER_USER_IN_PLACE, true},
        {"a RETURN with a comment", "-A DOCKER-USER -m comment --comment x -j RETURN",
         RULE "-A DOCKER-USER -m comment --comment x -j RETURN\n", WW_DOCKER_USER_IN_PLACE, true},
        {"a ban between it and RETURN", "-A DOCKER-USER -j RETURN; -I DOCKER-USER 2 -s 192.0.2.7 -j DROP",
         BAN RULE RETURN, WW_DOCKER_USER_MISPLACED, true},
        {"a ban that RETURN hides", "-A DOCKER-USER -j RETURN; -A DOCKER-USER -s 192.0.2.7 -j DROP", RULE RETURN BAN,
         WW_DOCKER_USER_IN_PLACE, true},
        {"a RETURN of some", "-A DOCKER-USER -s 192.0.2.8 -j RETURN", "-A DOCKER-USER -s 192.0.2.8/32 -j RETURN\n" RULE,
         WW_DOCKER_USER_MISPLACED, true},
        {"a jump", "-N f2b; -A DOCKER-USER -j f2b", "-A DOCKER-USER -j f2b\n" RULE, WW_DOCKER_USER_MISPLACED, true},
        {"a flush", "-F DOCKER-USER", RULE, WW_DOCKER_USER_MISSING, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum ww_docker_user_place found[WW_DOCKER_USER_FAMILIES];
        print_message("           %s\n", rows[i].title);
        helper_run("iptables-nft -F && iptables-nft -X && iptables-nft -N DOCKER-USER");
        if (rows[i].ours)
            assert_int_equal(look(b, true), 1);
        helper_run("echo '%s' | tr ';' '\n' | while read -r words; do iptables-nft $words; done", rows[i].before);
        assert_int_equal(ww_kernel_docker_user_keep(b->kernel, true, found, &b->err), 1);
        assert_int_equal(found[0], rows[i].found);
        assert_int_equal(found[1], WW_DOCKER_USER_NO_CHAIN);
        char *text = helper_output(LIST);
        assert_string_equal(text + sizeof(MADE) - 1, rows[i].after);
        free(text);
        uint32_t generation = bench_generation();
        assert_int_equal(ww_kernel_docker_user_keep(b->kernel, true, found, &b->err), 1);
        assert_int_equal(found[0], WW_DOCKER_USER_IN_PLACE);
        assert_int_equal(bench_generation(), generation);
    }
}

static void without_leave_it_is_moved_but_not_put(void **state)
{
    struct bench *b = *state;
    enum ww_docker_user_place found[WW_DOCKER_USER_FAMILIES];
    helper_run("iptables-nft -N DOCKER-USER && ip6tables-nft -N DOCKER-USER");
    assert_int_equal(ww_kernel_docker_user_keep(b->kernel, false, found, &b->err), 0);
    assert_int_equal(found[0], WW_DOCKER_USER_MISSING);
    lists(LIST, MADE);
    assert_int_equal(look(b, true), 2);
    helper_run("iptables-nft -A DOCKER-USER -s 192.0.2.7 -j DROP && ip6tables-nft -F DOCKER-USER");
    assert_int_equal(ww_kernel_docker_user_keep(b->kernel, false, found, &b->err), 1);
    assert_int_equal(found[0], WW_DOCKER_USER_MISPLACED);
    assert_int_equal(found[1], WW_DOCKER_USER_MISSING);
    lists(LIST, MADE BAN RULE);
    lists("ip6tables-nft -S DOCKER-USER", MADE);
}

static void every_change_of_nftables_has_a_generation_of_its_own(void **state)
{
    struct bench *b = *state;
    uint32_t before;
    uint32_t after;
    assert_int_equal(ww_kernel_generation(b->kernel, &before, &b->err), 0);
    assert_int_equal(ww_kernel_generation(b->kernel, &after, &b->err), 0);
    assert_int_equal(before, after);
    helper_run("iptables-nft -N DOCKER-USER");
    assert_int_equal(ww_kernel_generation(b->kernel, &after, &b->err), 0);
    assert_int_not_equal(before, after);
    assert_int_equal(after, bench_generation());
}

/* Rules that look like ours, but say something else, are another program's. */
static void similar_rules_are_not_ours(void **state)
{
    struct bench *b = *state;
    static const char *const theirs[] = {
        "-m mark --mark 0x10000000/0x10000000 -j ACCEPT",
        "-m mark --mark 0x10000000/0x10000000 -m comment --comment whalewall2 -j ACCEPT",
        "-m mark --mark 0x10000000/0x10000000 -m comment --comment whalewall -j DROP",
        "-m mark --mark 0x20000000/0x20000000 -m comment --comment whalewall -j ACCEPT",
        "-m mark ! --mark 0x10000000/0x10000000 -m comment --comment whalewall -j ACCEPT",
        "-i eth0 -m mark --mark 0x10000000/0x10000000 -m comment --comment whalewall -j ACCEPT",
        "-m comment --comment whalewall -j ACCEPT",
    };
    docker();
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
        helper_run("iptables-nft -A DOCKER-USER %s", theirs[i]);
    char *before = helper_output(LIST);
    uint32_t generation = bench_generation();
    assert_int_equal(look(b, false), 0);
    assert_int_equal(bench_generation(), generation);
    assert_int_equal(look(b, true), 1);
    assert_int_equal(look(b, false), 1);
    lists(LIST, before);
    free(before);
}

static void the_same_rule_elsewhere_is_not_ours(void **state)
{
    struct bench *b = *state;
    docker();
    helper_run("iptables-nft -A FORWARD -m mark --mark 0x10000000/0x10000000 -m comment --comment whalewall -j ACCEPT");
    char *before = helper_output("iptables-nft -S");
    assert_int_equal(look(b, false), 0);
    lists("iptables-nft -S", before);
    free(before);
}

static void without_the_chain_it_says_what_to_do(void **state)
{
    struct bench *b = *state;
    assert_int_equal(look(b, true), -ENOENT);
    assert_non_null(strstr(b->err.text, "--bridge-accept-fwmark=0x10000000/0x10000000"));
    assert_non_null(
        strstr(b->err.text, "iptables-legacy -I DOCKER-USER NUMBER -m mark --mark 0x10000000/0x10000000 -j ACCEPT"));
    assert_int_equal(look(b, false), 0);
    char *tables = helper_output("nft list tables");
    assert_null(strstr(tables, "filter")); /* nothing was made for it */
    free(tables);
}

/* Docker's own nftables backend has no such chain, but an option that makes a rule for each bridge. */
static void the_daemons_own_rule_will_do(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *rule;
        bool will_do;
    } rows[] = {
        {"meta mark and 268435456 == 268435456 counter accept comment \"ALLOW FW MARK\"", true},
        {"meta mark and 536870912 == 536870912 counter accept comment \"ALLOW FW MARK\"", false},
        {"iifname \"x\" meta mark and 268435456 == 268435456 counter accept", false},
        {"counter accept comment OUTGOING", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum ww_docker_user_place found[WW_DOCKER_USER_FAMILIES];
        print_message("           %s\n", rows[i].rule);
        helper_run("nft 'add table ip docker-bridges; delete table ip docker-bridges; add table ip docker-bridges; add "
                   "chain ip docker-bridges filter-forward-in__docker0; add rule ip docker-bridges "
                   "filter-forward-in__docker0 %s'",
                   rows[i].rule);
        assert_int_equal(ww_kernel_docker_user_keep(b->kernel, true, found, &b->err), rows[i].will_do ? 1 : -ENOENT);
        assert_int_equal(found[0], rows[i].will_do ? WW_DOCKER_USER_NOT_NEEDED : WW_DOCKER_USER_NO_CHAIN);
        assert_int_equal(found[1], WW_DOCKER_USER_NO_CHAIN);
    }
}

static bool table_marks(void)
{
    char *text = bench_list();
    bool marks = strstr(text, "meta mark set meta mark | 0x10000000") != NULL;
    assert_true(marks == (strstr(text, "chain mark {") != NULL));
    free(text);
    return marks;
}

static void the_table_marks_only_with_the_option(void **state)
{
    struct bench *b = *state;
    struct ww_kernel_found found = {0};
    assert_false(table_marks());
    ww_kernel_mark_allowed(b->kernel, true);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_true(table_marks());
    assert_int_equal(ww_kernel_adopt(b->kernel, &found, &b->err), 0);
    assert_true(table_marks());
    assert_false(found.other_layout);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_true(table_marks());
    ww_kernel_mark_allowed(b->kernel, false);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_false(table_marks());
}

static void a_table_of_another_layout_gets_the_mark_too(void **state)
{
    struct bench *b = *state;
    helper_run("nft 'delete table inet whalewall; add table inet whalewall; add chain inet whalewall layout { comment "
               "\"whalewall layout 0\"; }'");
    ww_kernel_mark_allowed(b->kernel, true);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_int_equal(ww_kernel_apply_all(b->kernel, b->plan, NULL, NULL, &b->err), 0);
    assert_true(table_marks());
}

static void clear_takes_the_rule_and_the_chain(void **state)
{
    struct bench *b = *state;
    docker();
    char *before = helper_output("iptables-nft-save | grep -v '^#'");
    ww_kernel_mark_allowed(b->kernel, true);
    assert_int_equal(ww_kernel_adopt(b->kernel, NULL, &b->err), 0);
    assert_int_equal(look(b, true), 1);
    assert_true(ww_kernel_clear(b->kernel, &b->err) > 1);
    lists("iptables-nft-save | grep -v '^#'", before);
    lists("nft list tables", "table ip filter\n");
    free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(iptables_reads_the_rule_and_saves_it),
        TEST(ipv6_gets_it_where_the_chain_is),
        TEST(it_is_put_once),
        TEST(it_comes_back_when_docker_made_its_chain_anew),
        TEST(copies_become_one),
        TEST(it_is_the_last_one_that_is_tried),
        TEST(without_leave_it_is_moved_but_not_put),
        TEST(every_change_of_nftables_has_a_generation_of_its_own),
        TEST(similar_rules_are_not_ours),
        TEST(the_same_rule_elsewhere_is_not_ours),
        TEST(without_the_chain_it_says_what_to_do),
        TEST(the_daemons_own_rule_will_do),
        TEST(the_table_marks_only_with_the_option),
        TEST(a_table_of_another_layout_gets_the_mark_too),
        TEST(clear_takes_the_rule_and_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
