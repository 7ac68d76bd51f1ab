/* Looks at tracked flows beside the loop, and who waits for them, in a network namespace of the test's own. */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "core/kernel/ask.h"
#include "core/kernel/look_internal.h"
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
    assert_false(a->unfenced.ids || a->unapplied.ids);
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

/* on a network without guard nobody is a stranger: who waits has no rules at all. */
static void who_waits_on_a_network_without_guard_is_not_open(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    a->guard = WW_GUARD_OFF;
    replace(a, "nobody", NULL, (const char *[]){"db", "web", NULL});
    settle(a);
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    replace(a, "nobody", "duo", (const char *[]){"duo", "web", NULL});
    char *text = helper_output("nft list ruleset 2>&1");
    bool open = strstr(text, "198.51.100.100") == NULL && !ww_fences_get(a->fences_applied, "net")->guarded;
    print_message("held %d, nobody asks about its address: %d\n", ww_idset_has(&a->held, "duo"), open);
    free(text);
    assert_false(open);
}

/* other addresses that change hands, one each look. */
static void who_waits_does_not_wait_for_what_does_not_concern_it(void **state)
{
    struct ww_agent *a = *state;
    static const char *const olds[] = {"e0", "f0", "g0", "h0", "i0"};
    static const char *const news[] = {"e1", "f1", "g1", "h1", "i1"};
    const char *all[8] = {"db", "web", "e0", "f0", "g0", "h0", "i0", NULL};
    settle(a);
    for (int i = 0; i < 5; i++)
        helper_put(a, olds[i], "net", "none");
    replace(a, "nobody", NULL, all);
    settle(a);
    all[0] = "duo";
    replace(a, "db", "duo", all);
    assert_true(ww_idset_has(&a->held, "duo"));
    for (int i = 0; i < 5; i++) {
        int64_t began = a->looks.began;
        all[2 + i] = news[i];
        replace(a, olds[i], news[i], all);
        while (a->looks.began == began)
            uv_run(ww_loop_uv(a->loop), UV_RUN_ONCE);
        print_message("look %d over: duo held %d\n", i + 1, ww_idset_has(&a->held, "duo"));
    }
    assert_false(ww_idset_has(&a->held, "duo"));
}

/* it did not pass to anybody after all; by the next time there are new flows. */
static void flows_since_a_handover_that_did_not_happen_are_deleted(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->held, "duo"));
    replace(a, "duo", "db", (const char *[]){"db", "web", NULL});
    settle(a);
    print_message("released %zu\n", a->looks.released.n_addrs);
    track(&of_d);
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    print_message("duo held %d, has the address %d, former flow there %d\n", ww_idset_has(&a->held, "duo"),
                  is_listed(AT_D("duo")), is_tracked(&of_d));
    assert_true(ww_idset_has(&a->held, "duo"));
}

/* ctnetlink does not answer once. */
static void nobody_gets_an_address_because_one_look_failed(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    struct mnl_socket *right = a->looks.ct->socket;
    ww_auto_mnl struct mnl_socket *wrong = NULL;
    assert_int_equal(ww_ask_open(NETLINK_ROUTE, &wrong, NULL), 0);
    a->looks.ct->socket = wrong;
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->held, "duo"));
    while (a->looks.stage != WW_LOOK_IDLE && a->held.ids)
        uv_run(ww_loop_uv(a->loop), UV_RUN_ONCE);
    a->looks.ct->socket = right;
    print_message("duo held %d, former flow there %d\n", ww_idset_has(&a->held, "duo"), is_tracked(&of_d));
    assert_true(ww_idset_has(&a->held, "duo"));
    settle(a);
    assert_true(is_listed(AT_D("duo")) && !is_tracked(&of_d));
}

/* whoever waits must not be without rules until the next start. */
static void nobody_waits_any_more_when_the_program_stops(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->held, "duo"));
    raise(SIGTERM);
    uv_run(ww_loop_uv(a->loop), UV_RUN_DEFAULT);
    ww_reconcile_last(a); /* as ww_agent_run() does */
    print_message("stopped: duo has rules %d, its address has db's %d\n", is_listed(AT_D("duo")),
                  is_listed(AT_D("db")));
    assert_true(is_listed(AT_D("duo")));
}

/* Killed between a commit, which is remembered, and the end of its look: the next start finds nothing changed. */
static void what_a_killed_program_did_not_delete_the_next_one_does(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    a->ready = false;
    live_list_again(a);
    ww_reconcile(a);
    settle(a);
    assert_false(is_tracked(&of_d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_waits_on_a_network_without_guard_is_not_open, live_open, live_close),
        cmocka_unit_test_setup_teardown(who_waits_does_not_wait_for_what_does_not_concern_it, live_open, live_close),
        cmocka_unit_test_setup_teardown(nobody_gets_an_address_because_one_look_failed, live_open, live_close),
        cmocka_unit_test_setup_teardown(nobody_waits_any_more_when_the_program_stops, live_open, live_close),
        cmocka_unit_test_setup_teardown(what_a_killed_program_did_not_delete_the_next_one_does, live_open, live_close),
        cmocka_unit_test_setup_teardown(flows_since_a_handover_that_did_not_happen_are_deleted, live_open, live_close),
        cmocka_unit_test_setup_teardown(who_gets_the_address_of_another_waits_and_nobody_else_does, live_open,
                                        live_close),
        cmocka_unit_test_setup_teardown(who_gets_an_address_that_was_just_left_waits, live_open, live_close),
        cmocka_unit_test_setup_teardown(the_same_one_waits_for_its_own_address_too, live_open, live_close),
        cmocka_unit_test_setup_teardown(a_whole_list_waits_for_nothing, live_open, live_close),
        cmocka_unit_test_setup_teardown(what_was_committed_last_is_looked_for_before_the_end, live_open, live_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
