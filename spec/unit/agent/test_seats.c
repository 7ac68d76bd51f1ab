/* Whose a bridge port is: an engine's word that comes late opens nothing to who has the same MAC, and loses nobody. */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"
#include "spec/unit/kernel/helper_room.h"

#define MAC "02:42:c6:33:64:64"

static int open_bridge(void **state)
{
    int rc = live_open(state);
    helper_run("ip link add br-net type bridge && ip link set br-net up");
    ww_seats_open(*state);
    assert_non_null(((struct ww_agent *)*state)->ports);
    return rc;
}

/* The engine's answer, asked for at that moment: `web` is there, and `db`, if it is. */
static void answer(struct ww_agent *a, int64_t asked, bool with_db)
{
    static const char *const ids[] = {"web", "db"};
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("net");
    n->name = strdup("net");
    n->driver = strdup("bridge");
    n->told_ns = asked;
    n->n_endpoints = with_db ? 2 : 1;
    n->endpoints = calloc(2, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    for (size_t i = 0; i < n->n_endpoints; i++) {
        n->endpoints[i].container_id = strdup(ids[i]);
        assert_int_equal(ww_addr_parse(i ? "198.51.100.100" : "198.51.100.119", &n->endpoints[i].addrs.ipv4, NULL), 0);
    }
    if (with_db)
        assert_int_equal(ww_mac_parse(MAC, &n->endpoints[1].addrs.mac, NULL), 0);
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
}

/* The port that `db` is to be behind; -1: it is not known there. */
static int64_t port_of_db(const struct ww_agent *a)
{
    const struct ww_fence *f = ww_fences_get(a->fences, "net");
    const struct ww_known *known = f ? ww_fence_find(f, "db") : NULL;
    return known ? (int64_t)known->port : -1;
}

static int64_t asked_for(const struct ww_agent *a)
{
    return ((const int64_t *)a->source)[2];
}

/* `db` is behind v0; then v1 is there in its place, with the same MAC, before the engine says anything. */
static void succeed(struct ww_agent *a, struct room second)
{
    struct room first = room_open();
    room_attach_new(first, "v0", "br-net", MAC);
    ww_seats_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    helper_run("ip link del v0");
    room_close(first);
    room_attach_new(second, "v1", "br-net", MAC);
}

static void who_plugs_in_with_the_same_mac_is_not_taken_for_the_former(void **state)
{
    struct ww_agent *a = *state;
    struct room second = room_open();
    int64_t before = ww_clock_mono();
    succeed(a, second);
    int64_t was = port_of_db(a);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), was);
    assert_int_equal(asked_for(a), n + 1);
    answer(a, before, true); /* under way before that */
    assert_int_equal(port_of_db(a), was);
    assert_int_equal(asked_for(a), n + 2);
    answer(a, ww_clock_mono(), false);
    assert_int_equal(port_of_db(a), -1);
    room_close(second);
}

/* Nobody knows yet whether it is its own, or that of who came after it. */
static void one_without_a_port_waits_for_a_word_that_is_newer_than_the_port(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), 0);
    room_attach_new(room, "v0", "br-net", MAC);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    assert_int_equal(asked_for(a), n + 1);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    assert_int_equal(asked_for(a), n + 1);
    room_close(room);
}

/* As engines before 28 go about it: the port is there, then they tell of the endpoint, then the port has its MAC. */
static void a_port_that_was_there_before_the_word_needs_no_other(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_old("v0", "br-net");
    ww_seats_look(a);
    int64_t n = asked_for(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), 0);
    room_move_old(room, "v0", MAC);
    for (int i = 0; i < 500 && port_of_db(a) == 0; i++) { /* links are looked at by the kernel a little later */
        usleep(10000);
        ww_reconcile(a);
    }
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    assert_int_equal(asked_for(a), n);
    room_close(room);
}

static void one_that_was_started_again_has_its_new_port_with_the_next_answer(void **state)
{
    struct ww_agent *a = *state;
    struct room again = room_open();
    succeed(a, again);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_not_equal(port_of_db(a), if_nametoindex("v1"));
    answer(a, ww_clock_mono(), true); /* says nothing new but that */
    assert_int_equal(port_of_db(a), if_nametoindex("v1"));
    assert_int_equal(asked_for(a), n + 1);
    room_close(again);
}

/* The other had it all the time: what the engine said while there were two does not speak for the one that is left. */
static void the_one_that_is_left_of_two_is_not_taken_for_the_other(void **state)
{
    struct ww_agent *a = *state;
    struct room first = room_open();
    struct room second = room_open();
    room_attach_new(first, "v0", "br-net", MAC);
    ww_seats_look(a);
    answer(a, ww_clock_mono(), true);
    room_attach_new(second, "v1", "br-net", MAC);
    ww_seats_look(a);
    answer(a, ww_clock_mono(), true);
    int64_t was = port_of_db(a);
    assert_int_equal(was, if_nametoindex("v0"));
    helper_run("ip link del v0");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), was);
    room_close(first);
    room_close(second);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bridge, live_close)
    const struct CMUnitTest tests[] = {
        TEST(who_plugs_in_with_the_same_mac_is_not_taken_for_the_former),
        TEST(one_without_a_port_waits_for_a_word_that_is_newer_than_the_port),
        TEST(a_port_that_was_there_before_the_word_needs_no_other),
        TEST(one_that_was_started_again_has_its_new_port_with_the_next_answer),
        TEST(the_one_that_is_left_of_two_is_not_taken_for_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
