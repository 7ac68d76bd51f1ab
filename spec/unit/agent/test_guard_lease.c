/* The default bridge is guarded for a moment only: a lease that time has ended is over, whatever is heard next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
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

/* The timer has not fired yet when an event about another container is looked at, and then never does. */
static void time_ends_it_though_a_word_comes_before_the_timer(void **state)
{
    struct ww_agent *a = *state;
    begin(a);
    assert_true(guarded(a));
    for (struct ww_guard_lease *v = a->guard.leases.by_id; v; v = v->hh.next)
        v->ends = ww_clock_mono() - 1;
    helper_put(a, "other", "net", NULL);
    ww_reconcile(a);
    ww_reconcile(a);
    assert_false(guarded(a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_default, live_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_guarded_until_the_address_is_known),
        TEST(time_ends_it_though_a_word_comes_before_the_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
