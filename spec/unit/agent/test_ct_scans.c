/* Scans of tracked flows beside the loop, and what waits for them, in a network namespace of the test's own. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "core/agent/loop.h"
#include "core/agent/reconcile.h"
#include "core/base/clock.h"
#include "core/kernel/conntrack/ct_scan_internal.h"
#include "core/kernel/netlink/ask.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"
#include "spec/unit/kernel/helper_tracked.h"

/* Of the container that has the letter's address; no container asked for it. */
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
#define OPEN_D "198.51.100.100 . tcp . 80" /* by the rule of web, where it names the container that has the address */

static bool is_closed_at(const struct ww_agent *a, const char *text)
{
    struct ww_affected closed = {0};
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(text, &addr, NULL), 0);
    assert_int_equal(ww_ct_scans_closed(a, &closed, NULL), 0);
    bool found = ww_affected_has(&closed, &addr);
    ww_affected_done(&closed);
    return found;
}

/* Closed, and nothing was waited for: the look for its former holder's flow is not over. */
static void assert_closed_at_d(struct ww_agent *a, const char *name, const char *listed)
{
    assert_true(ww_idset_has(&a->deferred, name));
    assert_true(is_listed(listed));
    assert_false(is_listed(OPEN_D));
    assert_true(is_closed_at(a, "198.51.100.100"));
}

static void assert_open_at_d(const char *listed)
{
    assert_true(is_listed(listed) && is_listed(OPEN_D));
    assert_false(is_tracked(&of_d));
}

/* The look of the first list, and whatever it brings, is over. */
static void settle(struct ww_agent *a)
{
    while (a->ct_scans.list || a->deferred.ids)
        uv_run(a->uv, UV_RUN_ONCE);
}

static void replace(struct ww_agent *a, const char *old, const char *new, const char *const *all)
{
    ww_world_remove_container(a->world, old);
    if (new)
        helper_put(a, new, "net", "none");
    helper_attach(a, all);
    ww_reconcile(a);
}

static void a_container_that_gets_the_address_of_another_is_closed_at_once_and_others_are_open(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    helper_put(a, "other", "net", "none");
    helper_put(a, "web", "net", "opens duo");
    replace(a, "db", "duo", (const char *[]){"duo", "web", "other", NULL});
    assert_closed_at_d(a, "duo", AT_D("duo"));
    assert_false(ww_idset_has(&a->deferred, "other"));
    assert_true(is_listed("comment \"other\""));
    settle(a);
    assert_open_at_d(AT_D("duo"));
    assert_false(a->unfenced.ids || a->unapplied.ids);
}

static void a_container_that_gets_an_address_just_left_is_closed_at_once(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    helper_put(a, "web", "net", "opens duo");
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    assert_false(is_listed("198.51.100.100"));
    replace(a, "nobody", "duo", (const char *[]){"duo", "web", NULL});
    assert_closed_at_d(a, "duo", AT_D("duo"));
    settle(a);
    assert_open_at_d(AT_D("duo"));
}

static void the_same_one_is_closed_at_its_own_address_too(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    assert_true(is_listed(OPEN_D));
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    replace(a, "nobody", "db", (const char *[]){"db", "web", NULL});
    assert_closed_at_d(a, "db", AT_D("db"));
    settle(a);
    assert_open_at_d(AT_D("db"));
}

/* The engine has told all, and the whole table is compared. */
static void a_full_list_opens_nothing_too_early_and_waits_for_nothing(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    helper_put(a, "web", "net", "opens duo");
    for (int i = 0; i < 2; i++) { /* the second time nothing is new */
        live_list_again(a);
        replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
        assert_closed_at_d(a, "duo", AT_D("duo"));
    }
    settle(a);
    assert_open_at_d(AT_D("duo"));
}

/* A container moves to an address that another has just left, and keeps one on another network. */
static void a_container_that_moves_to_such_an_address_keeps_what_it_has_elsewhere(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_o);
    helper_put(a, "other", "net", "none");
    replace(a, "nobody", NULL, (const char *[]){"db", "web", "other", NULL});
    settle(a);
    track(&of_o);
    ww_world_remove_container(a->world, "other");
    helper_attach(a, (const char *[]){"db", "web", NULL});
    helper_attach_at(a, "net2", "db", "198.51.100.111");
    ww_reconcile(a);
    assert_true(ww_idset_has(&a->deferred, "db"));
    assert_true(is_listed("198.51.100.111 comment \"db\"") && is_listed(OPEN_D));
    assert_false(is_listed("198.51.100.111 . tcp . 80"));
    settle(a);
    assert_true(is_listed("198.51.100.111 . tcp . 80") && is_listed(OPEN_D));
    assert_false(is_tracked(&of_o));
}

static void what_was_committed_last_is_looked_for_before_the_end(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_o);
    helper_put(a, "other", "net", "none");
    replace(a, "nobody", NULL, (const char *[]){"db", "web", "other", NULL});
    ww_loop_free(a->loop);
    ww_ct_scans_done(a);
    assert_false(is_tracked(&of_o));
    assert_int_equal(ww_loop_new(a, &a->loop, NULL), 0);
}

/* No container is a stranger there: one that waited would not be restricted at all. */
static void on_a_network_without_guard_it_is_closed_at_once_too(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    a->guard.mode = WW_GUARD_OFF;
    helper_put(a, "web", "net", "opens duo");
    replace(a, "nobody", NULL, (const char *[]){"db", "web", NULL});
    settle(a);
    track(&of_d);
    replace(a, "db", NULL, (const char *[]){"web", NULL});
    replace(a, "nobody", "duo", (const char *[]){"duo", "web", NULL});
    assert_closed_at_d(a, "duo", AT_D("duo"));
    settle(a);
    assert_open_at_d(AT_D("duo"));
}

/* other addresses that change hands, one each look. */
static void a_container_that_waits_does_not_wait_for_what_does_not_concern_it(void **state)
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
    assert_true(ww_idset_has(&a->deferred, "duo"));
    for (int i = 0; i < 5; i++) {
        int64_t began = a->ct_scans.runs[0].began;
        all[2 + i] = news[i];
        replace(a, olds[i], news[i], all);
        while (a->ct_scans.runs[0].began == began)
            uv_run(a->uv, UV_RUN_ONCE);
        print_message("look %d over: duo held %d\n", i + 1, ww_idset_has(&a->deferred, "duo"));
    }
    assert_false(ww_idset_has(&a->deferred, "duo"));
}

#define CROWD 150000 /* of one container */

static void track_crowd(void)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct helper_flow flow = {IPPROTO_UDP, "203.0.113.1", 0, "198.51.100.100", 0, NULL, 0, 0, 0};
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, NULL), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        flow.sport = (uint16_t)(i % 50000 + 1);
        flow.orig_dport = (uint16_t)(i / 50000 + 1);
        helper_track(socket, &flow);
    }
}

/* One has very many flows and ends; the loop turns as ever, and one elsewhere that starts again is open long before. */
static void no_container_waits_for_the_flows_of_others(void **state)
{
    struct ww_agent *a = *state;
    int64_t longest = 0;
    settle(a);
    helper_put(a, "other", "net", "none");
    helper_put(a, "web", "net", "opens other");
    replace(a, "nobody", NULL, (const char *[]){"db", "web", "other", NULL});
    settle(a);
    track_crowd();
    int64_t began = ww_clock_mono();
    replace(a, "db", NULL, (const char *[]){"web", "other", NULL});
    replace(a, "other", NULL, (const char *[]){"web", NULL});
    replace(a, "nobody", "other", (const char *[]){"web", "other", NULL});
    int64_t committed = ww_clock_mono() - began;
    assert_true(ww_idset_has(&a->deferred, "other"));
    while (ww_idset_has(&a->deferred, "other")) {
        uv_run(a->uv, UV_RUN_ONCE);
        assert_true(ww_clock_mono() - began < 60 * WW_NS_PER_S);
    }
    int64_t opened = ww_clock_mono() - began;
    assert_true(is_listed("198.51.100.111 . tcp . 80"));
    assert_true(is_closed_at(a, "198.51.100.100"));
    while (is_closed_at(a, "198.51.100.100")) {
        int64_t turn = ww_clock_mono();
        uv_run(a->uv, UV_RUN_NOWAIT);
        turn = ww_clock_mono() - turn;
        longest = turn > longest ? turn : longest;
    }
    int64_t all = ww_clock_mono() - began;
    print_message(
        "%d flows: committed after %d ms, the other is open after %d, all gone after %d, longest turn %d ms\n", CROWD,
        (int)(committed / WW_NS_PER_MS), (int)(opened / WW_NS_PER_MS), (int)(all / WW_NS_PER_MS),
        (int)(longest / WW_NS_PER_MS));
    assert_true(committed < all / 4 && longest < all / 4);
}

/* it did not pass to another container after all; by the next time there are new flows. */
static void flows_since_a_handover_that_did_not_happen_are_deleted(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->deferred, "duo"));
    replace(a, "duo", "db", (const char *[]){"db", "web", NULL});
    settle(a);
    track(&of_d);
    helper_put(a, "web", "net", "opens duo");
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_closed_at_d(a, "duo", AT_D("duo"));
    settle(a);
    assert_open_at_d(AT_D("duo"));
}

/* ctnetlink does not answer once. */
static void no_container_is_open_because_one_look_failed(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    struct ww_conntrack *ct = a->ct_scans.runs[0].ct;
    struct mnl_socket *right = ct->socket;
    ww_auto_mnl struct mnl_socket *wrong = NULL;
    assert_int_equal(ww_ask_open(NETLINK_ROUTE, &wrong, NULL), 0);
    ct->socket = wrong;
    helper_put(a, "web", "net", "opens duo");
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_closed_at_d(a, "duo", AT_D("duo"));
    while (a->ct_scans.runs[0].stage != WW_CT_SCAN_IDLE && a->deferred.ids)
        uv_run(a->uv, UV_RUN_ONCE);
    ct->socket = right;
    assert_closed_at_d(a, "duo", AT_D("duo"));
    settle(a);
    assert_open_at_d(AT_D("duo"));
}

/* Whoever waits must not be closed until the next start. */
static void nothing_waits_any_more_when_the_program_stops(void **state)
{
    struct ww_agent *a = *state;
    settle(a);
    track(&of_d);
    helper_put(a, "web", "net", "opens duo");
    replace(a, "db", "duo", (const char *[]){"duo", "web", NULL});
    assert_true(ww_idset_has(&a->deferred, "duo"));
    ww_loop_stop(a->loop);
    uv_run(a->uv, UV_RUN_DEFAULT);
    ww_reconcile_last(a); /* as ww_agent_run() does */
    assert_open_at_d(AT_D("duo"));
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
#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)
    const struct CMUnitTest tests[] = {
        TEST(a_container_that_gets_the_address_of_another_is_closed_at_once_and_others_are_open),
        TEST(a_container_that_gets_an_address_just_left_is_closed_at_once),
        TEST(the_same_one_is_closed_at_its_own_address_too),
        TEST(on_a_network_without_guard_it_is_closed_at_once_too),
        TEST(a_full_list_opens_nothing_too_early_and_waits_for_nothing),
        TEST(a_container_that_moves_to_such_an_address_keeps_what_it_has_elsewhere),
        TEST(a_container_that_waits_does_not_wait_for_what_does_not_concern_it),
        TEST(no_container_waits_for_the_flows_of_others),
        TEST(no_container_is_open_because_one_look_failed),
        TEST(nothing_waits_any_more_when_the_program_stops),
        TEST(what_a_killed_program_did_not_delete_the_next_one_does),
        TEST(flows_since_a_handover_that_did_not_happen_are_deleted),
        TEST(what_was_committed_last_is_looked_for_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
