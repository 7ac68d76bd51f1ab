/* What the status has of the containers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "core/agent/report.h"
#include "core/agent/status.h"
#include "core/control/status.h"
#include "helper_agent.h"
#include "helper_live.h"

static const struct ww_status_container *container(const struct ww_status *s, const char *name)
{
    for (size_t i = 0; i < s->n_containers; i++)
        if (strcmp(s->containers[i].name, name) == 0)
            return &s->containers[i];
    fail_msg("the status has no container %s", name);
    return NULL;
}

static void notes_on_labels_are_listed_and_are_no_problem(void **state)
{
    struct ww_agent *a = *state;
    struct ww_managed_container *web = ww_managed_container_find(&a->managed, "web");
    struct ww_status s = {0};
    assert_non_null(web);
    assert_int_equal(ww_compiled_add_note(&web->compiled, true, "output[0]", "no 'db'"), 0);
    assert_int_equal(ww_compiled_add_note(&web->compiled, false, "output[1]", "a group"), 0);
    assert_int_equal(ww_agent_status(a, &s, NULL), 0);
    const struct ww_status_container *c = container(&s, "web");
    assert_int_equal(c->n_waiting, 1);
    assert_string_equal(c->waiting[0].what, "output[0]");
    assert_int_equal(c->n_notes, 1);
    assert_string_equal(c->notes[0].what, "output[1]");
    assert_string_equal(c->notes[0].text, "a group");
    for (size_t i = 0; i < s.n_problems; i++)
        assert_true(!s.problems[i].subject || strcmp(s.problems[i].subject, "web") != 0);
    ww_status_done(&s);
}

static void tell_power(struct ww_agent *a, bool net_admin, int64_t inspected)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup("web");
    c->name = strdup("web");
    c->network_mode = strdup("net");
    c->label_enabled = strdup("true");
    c->label_rules = strdup("opens db");
    c->state = WW_RUNNING;
    c->net_admin = net_admin;
    c->pid_told_ns = inspected;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_reconcile(a);
}

/* It can do what no rule holds. Lists do not say it, and do not take it back. */
static void a_container_that_may_administer_the_network_is_noted(void **state)
{
    struct ww_agent *a = *state;
    static const struct {
        bool net_admin;
        int64_t inspected;
        size_t notes;
    } steps[] = {{false, 1, 0}, {true, 2, 1}, {false, 0, 1}, {false, 3, 0}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct ww_status s = {0};
        tell_power(a, steps[i].net_admin, steps[i].inspected);
        assert_int_equal(ww_agent_status(a, &s, NULL), 0);
        const struct ww_status_container *c = container(&s, "web");
        assert_int_equal(c->n_notes, steps[i].notes);
        assert_true(!c->n_notes || strstr(c->notes[0].text, "NET_ADMIN"));
        ww_status_done(&s);
    }
}

/* Where web is, too. */
static void put_overlay(struct ww_agent *a, const char *name, bool accepted)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup(name);
    n->name = strdup(name);
    n->driver = strdup("overlay");
    n->accepted = accepted;
    n->endpoints = calloc(1, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    n->endpoints[n->n_endpoints++].container_id = strdup("web");
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
}

static void what_is_accepted_is_listed_and_no_problem(void **state)
{
    static const struct {
        bool first;
        bool second;
        unsigned problems;
    } cases[] = {{true, true, 0}, {true, false, 1}, {false, true, 1}, {false, false, 1}};
    struct ww_agent *a = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_status s = {0};
        unsigned problems = 0;
        put_overlay(a, "over1", cases[i].first);
        put_overlay(a, "over2", cases[i].second);
        assert_int_equal(ww_agent_status(a, &s, NULL), 0);
        const struct ww_status_container *c = container(&s, "web");
        assert_int_equal(c->state, WW_STATUS_UNENFORCEABLE);
        assert_int_equal(c->n_unenforceable, 2);
        assert_int_equal(c->unenforceable[0].accepted, cases[i].first);
        assert_int_equal(c->unenforceable[1].accepted, cases[i].second);
        for (size_t k = 0; k < s.n_problems; k++)
            problems += strcmp(s.problems[k].code, "unenforceable") == 0;
        assert_int_equal(problems, cases[i].problems);
        ww_status_done(&s);
    }
}

/* No container has a name then. */
static void before_the_first_list_remembered_rules_are_told(void **state)
{
    struct ww_agent *a = *state;
    static const struct {
        bool ready;
        bool told;
    } cases[] = {{false, true}, {true, false}};
    ((uint64_t *)a->source)[4] = 1; /* see helper_source.c */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_status s = {0};
        a->ready = cases[i].ready;
        assert_int_equal(ww_agent_status(a, &s, NULL), 0);
        assert_true(s.n_problems > 0);
        assert_string_equal(s.problems[0].code, "engine_away");
        assert_int_equal(strstr(s.problems[0].text, "the last known rules are in force") != NULL, cases[i].told);
        ww_status_done(&s);
    }
}

static unsigned problems_of(struct ww_agent *a, const char *code, const char *subject)
{
    struct ww_status s = {0};
    unsigned n = 0;
    assert_int_equal(ww_agent_status(a, &s, NULL), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        n += strcmp(s.problems[i].code, code) == 0 && s.problems[i].subject &&
             strcmp(s.problems[i].subject, subject) == 0;
    ww_status_done(&s);
    return n;
}

/* The log says it once; it lasts. */
static void what_others_do_not_open_for_want_of_room_is_a_problem(void **state)
{
    struct ww_agent *a = *state;
    assert_int_equal(problems_of(a, "not_opened", "web"), 0);
    ww_report_left_out(a, "web", 3);
    assert_int_equal(problems_of(a, "not_opened", "web"), 1);
    ww_report_left_out(a, "web", 0);
    assert_int_equal(problems_of(a, "not_opened", "web"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(notes_on_labels_are_listed_and_are_no_problem),
        TEST(a_container_that_may_administer_the_network_is_noted),
        TEST(what_is_accepted_is_listed_and_no_problem),
        TEST(what_others_do_not_open_for_want_of_room_is_a_problem),
        TEST(before_the_first_list_remembered_rules_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
