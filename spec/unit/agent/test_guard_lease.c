/* The default bridge is guarded for a moment only: not longer than it takes to hear of the address, nor shorter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"
#include "helper_agent.h"
#include "helper_live.h"

/* The default bridge, as the engine tells it, with an endpoint of a container that is not managed. */
static int open_default(void **state)
{
    int rc = live_open(state);
    struct ww_agent *a = *state;
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("default");
    n->name = strdup("bridge");
    n->bridge = strdup("docker0");
    n->driver = strdup("bridge");
    n->default_bridge = true;
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
    return rc;
}

static bool guarded(const struct ww_agent *a)
{
    const struct ww_fence *f = ww_fences_get(a->fences, "default");
    return f && f->guarded;
}

/* A managed container is configured for the default bridge and has no address there yet. */
static void begin(struct ww_agent *a)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup("late");
    c->name = strdup("late");
    c->network_mode = strdup("bridge");
    c->label_enabled = strdup("true");
    c->networks = calloc(1, sizeof(*c->networks));
    assert_non_null(c->networks);
    c->networks[0] = strdup("bridge");
    c->n_networks = 1;
    c->state = WW_RUNNING;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_reconcile(a);
}

static void it_is_guarded_until_the_address_is_known(void **state)
{
    struct ww_agent *a = *state;
    assert_false(guarded(a));
    begin(a);
    assert_true(guarded(a));
}

static void make_due(struct ww_agent *a, bool in_any_case)
{
    for (struct ww_guard_lease *v = a->guard.leases.by_id; v; v = v->hh.next) {
        v->ends = ww_clock_mono() - 1;
        v->latest = in_any_case ? v->ends : v->latest;
    }
}

static void is_due(struct ww_agent *a)
{
    ww_guard_lease_due(a);
    ww_reconcile(a);
}

static void set_owed(const struct ww_agent *a, bool owed)
{
    ((uint64_t *)a->source)[0] = !owed; /* see helper_source.c */
}

/* A word may lie there that the loop has not read yet, for it has no time: the address, perhaps. */
static void it_ends_when_what_there_is_was_read(void **state)
{
    struct ww_agent *a = *state;
    set_owed(a, false);
    begin(a);
    make_due(a, false);
    helper_put(a, "other", "net", NULL);
    ww_reconcile(a);
    assert_true(guarded(a));
    assert_true(ww_timers_is_set(a->timers, WW_TIMER_GUARD_LEASE)); /* another word does not keep it for ever */
    is_due(a);
    assert_true(guarded(a));
    make_due(a, false);
    is_due(a);
    assert_false(guarded(a));
    begin(a); /* it had its time */
    assert_false(guarded(a));
}

static void it_goes_on_while_the_engine_owes_an_answer_but_not_for_ever(void **state)
{
    struct ww_agent *a = *state;
    set_owed(a, false);
    begin(a);
    set_owed(a, true);
    for (int i = 0; i < 5; i++) {
        make_due(a, false);
        is_due(a);
        assert_true(guarded(a));
    }
    set_owed(a, false);
    make_due(a, false);
    is_due(a);
    assert_false(guarded(a));
}

static void nor_for_ever_where_it_always_owes_one(void **state)
{
    struct ww_agent *a = *state;
    set_owed(a, false);
    begin(a);
    set_owed(a, true);
    make_due(a, true);
    is_due(a);
    assert_true(guarded(a));
    make_due(a, true);
    is_due(a);
    set_owed(a, false); /* before the first list no network is looked at */
    ww_reconcile(a);
    assert_false(guarded(a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_default, live_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_guarded_until_the_address_is_known),
        TEST(it_ends_when_what_there_is_was_read),
        TEST(it_goes_on_while_the_engine_owes_an_answer_but_not_for_ever),
        TEST(nor_for_ever_where_it_always_owes_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
