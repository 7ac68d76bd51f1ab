/* From the world to the kernel, in a network namespace of the test's own: what other programs do to the table in
 * between. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/agent.h"
#include "core/agent/loop.h"
#include "core/agent/reconcile.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"

static void assert_listed(const char *what, bool listed)
{
    char *text = helper_output("nft list table inet whalewall 2>&1");
    if (!strstr(text, what) == listed)
        fail_msg("'%s' should %sbe in:\n%s", what, listed ? "" : "not ", text);
    free(text);
}

#define OPENED "elements = { 198.51.100.100 . tcp . 80 }" /* db, to all */

static void no_container_is_blamed_for_what_others_did_to_the_table(void **state)
{
    static const struct {
        const char *what;
        const char *command;
    } rows[] = {
        {"an element is gone", "nft delete element inet whalewall in_dp4 { 198.51.100.100 . tcp . 80 }"},
        {"a set is empty", "nft flush set inet whalewall in_dp4"},
        {"the table is gone", "nft delete table inet whalewall"},
        {"all tables are gone", "nft flush ruleset"},
    };
    struct ww_agent *a = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].what);
        assert_listed(OPENED, true);
        helper_run("%s", rows[i].command);
        helper_put(a, "web", "net", "none");
        ww_reconcile(a);
        assert_null(a->faults.by_id);
        assert_false(a->resync);
        assert_listed(OPENED, false);
        assert_listed("elements = { 198.51.100.100 comment \"db\", 198.51.100.119 comment \"web\" }", true);
        helper_put(a, "web", "net", "opens db");
        ww_reconcile(a);
    }
    assert_listed(OPENED, true);
}

static void a_full_list_is_held_against_the_whole_table(void **state)
{
    static const char *const commands[] = {
        "nft flush set inet whalewall managed4",
        "nft flush chain inet whalewall forward",
        "nft flush ruleset",
    };
    struct ww_agent *a = *state;
    char *before = helper_output("nft -s list table inet whalewall");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        print_message("%s\n", commands[i]);
        helper_run("%s", commands[i]);
        live_list_again(a);
        ww_reconcile(a);
        char *after = helper_output("nft -s list table inet whalewall");
        assert_string_equal(after, before);
        free(after);
    }
    free(before);
}

static const char *fault_of(struct ww_agent *a, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&a->managed, id);
    assert_non_null(s);
    return s->fault;
}

static void again_by_the_timer(struct ww_agent *a)
{
    ww_reconcile_retry_faults(a);
}

static void again_by_a_full_list(struct ww_agent *a)
{
    live_list_again(a);
    ww_reconcile(a);
}

static void again_by_another_label(struct ww_agent *a)
{
    helper_put(a, "web", "net", "opens db");
    ww_reconcile(a);
}

static void a_container_whose_label_ended_its_reader_is_closed_alone_and_tried_again(void **state)
{
    static void (*const ways[])(struct ww_agent * a) = {again_by_the_timer, again_by_a_full_list,
                                                        again_by_another_label};
    struct ww_agent *a = *state;
    static int unread;
    a->policy.self = &unread;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        char label[32];
        snprintf(label, sizeof(label), "unread %zu", i);
        unread = 2;
        helper_put(a, "web", "net", label);
        ww_reconcile(a);
        assert_string_equal(fault_of(a, "web"), "the process that reads the label died of it");
        assert_null(fault_of(a, "db"));
        again_by_the_timer(a); /* and once more in vain */
        assert_non_null(fault_of(a, "web"));
        assert_true(ww_idset_has(&a->troubled, "web"));
        ways[i](a);
        assert_null(fault_of(a, "web"));
        assert_false(ww_idset_has(&a->troubled, "web"));
    }
}

static void a_program_that_can_read_no_label_any_more_stops(void **state)
{
    struct ww_agent *a = *state;
    struct ww_error err = {0};
    helper_put(a, "web", "net", "gone");
    ww_reconcile(a);
    assert_int_equal(ww_loop_run(a->loop, &err), -EPIPE);
    assert_non_null(strstr(err.text, "is gone"));
    assert_listed("elements = { 198.51.100.100 comment \"db\", 198.51.100.119 comment \"web\" }", true);
}

static void free_nothing(void *self)
{
    (void)self;
}

static void start_anew(const char *data_dir)
{
    static const struct ww_policy_ops ops = {.free = free_nothing};
    struct ww_agent_options options = {.data_dir = data_dir, .shared_table = true};
    struct ww_agent *agent = NULL;
    struct ww_error err = {0};
    if (ww_agent_new(&options, (struct ww_policy){.ops = &ops}, NULL, &agent, &err) < 0)
        fail_msg("%s", err.text);
    ww_agent_free(agent);
}

/* A start that remembers nothing and has not heard of the engine. */
static void a_start_opens_nothing(void **state)
{
    static const char *const commands[] = {
        "true",
        "nft 'delete chain inet whalewall layout; add chain inet whalewall layout { comment \"whalewall 0\"; }'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        helper_run("%s", commands[i]);
        start_anew("/proc/no/such/folder");
        assert_listed(OPENED, true);
        assert_listed("elements = { 198.51.100.100 comment \"db\", 198.51.100.119 comment \"web\" }", true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_container_is_blamed_for_what_others_did_to_the_table, live_open, live_close),
        cmocka_unit_test_setup_teardown(a_container_whose_label_ended_its_reader_is_closed_alone_and_tried_again,
                                        live_open, live_close),
        cmocka_unit_test_setup_teardown(a_program_that_can_read_no_label_any_more_stops, live_open, live_close),
        cmocka_unit_test_setup_teardown(a_start_opens_nothing, live_open, live_close),
        cmocka_unit_test_setup_teardown(a_full_list_is_held_against_the_whole_table, live_open, live_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
