/* Looks at tracked flows beside the loop, and who waits for them, in a network namespace of the test's own. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "core/kernel/ask.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"
#include "spec/unit/kernel/helper_tracked.h"

/* Of whoever has the letter's address: asked for by nobody. */
static const struct helper_flow of_d = {IPPROTO_UDP, "203.0.113.9", 1, "198.51.100.100", 53, NULL, 0, 0, 0};
static const struct helper_flow of_o = {IPPROTO_UDP, "203.0.113.9", 1, "198.51.100.111", 53, NULL, 0, 0, 0};

static void track(const struct helper_flow *flow)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, NULL), 0);
    helper_track(socket, flow);
}

static bool is_tracked(const struct helper_flow *flow)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, NULL), 0);
    return helper_is_tracked(socket, flow);
}

static bool is_listed(const char *what)
{
    char *text = helper_output("nft list table inet whalewall 2>&1");
    bool found = strstr(text, what) != NULL;
    free(text);
    return found;
}

#define AT_D(name) "198.51.100.100 comment \"" name "\""

/* The look of the first list, and whatever it brings, is over. */
static void settle(struct ww_agent *a)
{
    while (a->looks.list || a->held.ids)
        uv_run(ww_loop_uv(a->loop), UV_RUN_ONCE);
}

static void replace(struct ww_agent *a, const char *old, const char *new, const char *const *all)
{
    ww_world_remove_container(a->world, old);
    if (new)
        helper_put(a, new, "net", "none");
    helper_attach(a, all);
    ww_reconcile(a);
}

static void who_gets_the_address_of_another_waits_and_nobody_else_does(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    helper_put(a, "other", "net", "none");
    replace(a, "db", "duo", (const char *[]){"duo", "web", "other", NULL});
    assert_true(ww_idset_has(&a->held, "db") && ww_idset_has(&a->held, "duo") && !ww_idset_has(&a->held, "other"));
    assert_true(is_listed(AT_D("db")) && is_listed("comment \"other\""));
    settle(a);
    assert_false(is_tracked(&of_d));
    assert_true(is_listed(AT_D("duo")));
    assert_false(a->fences_changed || a->unapplied.ids);
}

static void who_gets_an_address_that_was_just_left_waits(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    assert_false(is_listed("198.51.100.100"));
    replace(a, "nobody", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->held, "duo"));
    assert_false(is_listed("198.51.100.100"));
    settle(a);
    assert_false(is_tracked(&of_d));
    assert_true(is_listed(AT_D("duo")));
}

static void the_same_one_waits_for_its_own_address_too(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    replace(a, "nobody", "db", (const char *[]){"db", "web", NULL});
    assert_false(is_listed("198.51.100.100"));
    settle(a);
    assert_false(is_tracked(&of_d));
    assert_true(is_listed(AT_D("db")));
}

/* The engine has told all: what is whole is not put in force in parts. */
static void a_whole_list_waits_for_nothing(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    live_list_again(a);
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_null(a->held.ids);
    assert_false(is_tracked(&of_d));
    assert_true(is_listed(AT_D("duo")));
}

static void what_was_committed_last_is_looked_for_before_the_end(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_o);
    helper_put(a, "other", "net", "none");
    replace(a, "nobody", NULL, (const char *[]){"db", "web", "other", NULL});
    ww_loop_free(a->loop);
    ww_looks_done(a);
    assert_false(is_tracked(&of_o));
    assert_int_equal(ww_loop_new(a, &a->loop, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_gets_the_address_of_another_waits_and_nobody_else_does, live_open,
                                        live_close),
        cmocka_unit_test_setup_teardown(who_gets_an_address_that_was_just_left_waits, live_open, live_close),
        cmocka_unit_test_setup_teardown(the_same_one_waits_for_its_own_address_too, live_open, live_close),
        cmocka_unit_test_setup_teardown(a_whole_list_waits_for_nothing, live_open, live_close),
        cmocka_unit_test_setup_teardown(what_was_committed_last_is_looked_for_before_the_end, live_open, live_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
