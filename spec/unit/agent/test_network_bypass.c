/* A network that hangs on another one's bridge is a problem as long as both are there, whichever came first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/idset.h"
#include "core/agent/network_bypass.h"
#include "core/agent/reconcile.h"
#include "core/agent/status.h"
#include "core/control/status.h"
#include "helper_agent.h"
#include "helper_live.h"

static void put(struct ww_agent *a, const char *name, const char *driver, const char *bridge, const char *parent)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup(name);
    n->name = strdup(name);
    n->driver = strdup(driver);
    n->bridge = bridge ? strdup(bridge) : NULL;
    n->parent = parent ? strdup(parent) : NULL;
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
}

static void put_front(struct ww_agent *a)
{
    put(a, "front", "bridge", "br-front", NULL);
}

/* The text of the one such problem; "": there is none. Until the next call. */
static const char *problem(struct ww_agent *a)
{
    static char text[1024];
    struct ww_status s = {0};
    unsigned n = 0;
    text[0] = 0;
    assert_int_equal(ww_agent_status(a, &s, NULL), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        if (strcmp(s.problems[i].code, "network_bypass") == 0 && ++n)
            snprintf(text, sizeof(text), "%s: %s", s.problems[i].subject, s.problems[i].text);
    assert_in_range(n, 0, 1);
    ww_status_done(&s);
    return text;
}

static bool said(const struct ww_agent *a)
{
    return ww_idset_has(&a->said.strays, "bypass mac");
}

static void one_on_a_bridge_of_the_engines_is_a_problem(void **state)
{
    static const char *const drivers[] = {"macvlan", "ipvlan"};
    struct ww_agent *a = *state;
    put_front(a);
    for (unsigned i = 0; i < 2; i++) {
        put(a, "mac", drivers[i], NULL, "br-front");
        assert_non_null(strstr(problem(a), "mac: its parent 'br-front' is the bridge of network 'front'"));
        assert_true(said(a));
        ww_world_remove_network(a->world, "mac");
        ww_reconcile(a);
        assert_string_equal(problem(a), "");
        assert_false(said(a));
    }
}

static void the_bridge_may_come_later_and_go_first(void **state)
{
    struct ww_agent *a = *state;
    put(a, "mac", "macvlan", NULL, "br-front");
    assert_string_equal(problem(a), "");
    put_front(a);
    assert_string_not_equal(problem(a), "");
    assert_true(said(a));
    ww_world_remove_network(a->world, "front");
    ww_reconcile(a);
    assert_string_equal(problem(a), "");
}

static void one_elsewhere_is_none(void **state)
{
    static const char *const others[][2] = {{"macvlan", "eth0"},
                                            {"macvlan", "br-front.10"},
                                            {"macvlan", NULL},
                                            {"bridge", "br-front"},
                                            {"overlay", "br-front"}};
    struct ww_agent *a = *state;
    put_front(a);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        put(a, "mac", others[i][0], NULL, others[i][1]);
        assert_string_equal(problem(a), "");
        assert_false(said(a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_on_a_bridge_of_the_engines_is_a_problem, live_open, live_close),
        cmocka_unit_test_setup_teardown(the_bridge_may_come_later_and_go_first, live_open, live_close),
        cmocka_unit_test_setup_teardown(one_elsewhere_is_none, live_open, live_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
