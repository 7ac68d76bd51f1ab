/* How early rules were in force, without a kernel: what is committed is what the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "helper_agent.h"

#define MS WW_NS_PER_MS

/* By the wall clock: when the last container that was put started, and between which times the last commit was. A
 * machine may be slow, so nothing is expected of how long the test itself takes. */
struct times {
    int64_t started;
    int64_t active_from;
    int64_t active_to;
};

static struct times times;

static int set_up(void **state)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    assert_non_null(a);
    a->policy.ops = &helper_policy;
    a->world = ww_world_new();
    a->desired = ww_plan_new();
    a->applied = ww_plan_new();
    a->began_mono = ww_clock_mono() - 1000 * MS;
    a->began_real = ww_clock_real() - 1000 * MS;
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    struct ww_agent *a = *state;
    ww_start_latencies_done(&a->start_latencies);
    ww_managed_containers_done(&a->managed);
    ww_plan_free(a->desired);
    ww_plan_free(a->applied);
    ww_world_free(a->world);
    free(a);
    return 0;
}

/* A managed container on "net"; started: ago, in milliseconds, or -1: not (yet). */
static void put(struct ww_agent *a, const char *id, enum ww_container_state container_state, int ago)
{
    struct ww_managed_container *s;
    struct ww_container *c = ww_container_new();
    c->id = strdup(id);
    c->name = strdup(id);
    c->state = container_state;
    c->label_enabled = strdup("true");
    c->networks = calloc(1, sizeof(char *));
    c->networks[c->n_networks++] = strdup("net");
    c->started_at_ns = ago < 0 ? 0 : ww_clock_real() - ago * MS;
    times.started = c->started_at_ns;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    assert_int_equal(ww_managed_container_make(&a->managed, id, &s, NULL), 0);
}

/* The kernel has the container's addresses now: those of the world. */
static int add_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    (void)n;
    return ww_ruleset_add_endpoint(arg, &e->addrs);
}

static void commit_as(struct ww_agent *a, const char *id, bool there, bool same_addresses)
{
    struct ww_ruleset *rs = there ? ww_ruleset_new(id, id) : NULL;
    if (rs) {
        rs->quarantined = true;
        ww_world_each_endpoint(a->world, id, add_endpoint, rs);
        assert_int_equal(ww_ruleset_seal(rs, NULL), 0);
    }
    struct ww_change change = {.from = ww_plan_get(a->applied, id), .to = rs};
    struct ww_diff diff = {.changes = &change, .n = 1};
    ww_ruleset_ref(change.from ? change.from : rs);
    assert_int_equal(ww_plan_apply(a->applied, &diff, NULL), 0);
    struct times before = times;
    times.active_from = ww_clock_real();
    ww_start_latency_committed(a, &diff);
    times.active_to = ww_clock_real();
    if (!there || same_addresses)
        times = before;
    ww_ruleset_unref(change.from ? change.from : rs);
    ww_ruleset_unref(rs);
}

static void commit(struct ww_agent *a, const char *id, bool there)
{
    commit_as(a, id, there, false);
}

/* The figure is right for `times`, within what the two clocks may differ by. */
static void assert_figure(const struct ww_agent *a, const char *id)
{
    const struct ww_start_latency *m = ww_start_latency_find(a, id);
    if (!m)
        fail_msg("%s is not known", id);
    if (m->before_ms * MS < times.started - times.active_to - 3 * MS ||
        m->before_ms * MS > times.started - times.active_from + 3 * MS)
        fail_msg("%s: %lld ms", id, (long long)m->before_ms);
}

static void assert_early(const struct ww_agent *a, const char *id)
{
    assert_figure(a, id);
    assert_true(ww_start_latency_find(a, id)->before_ms >= 0);
}

static void assert_late(const struct ww_agent *a, const char *id)
{
    assert_figure(a, id);
    assert_true(ww_start_latency_find(a, id)->before_ms < 0);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * MS}, NULL);
}

static void rules_before_the_start_are_early(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_CREATED, -1);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_null(ww_start_latency_find(a, "web"));
    wait_ms(80);
    put(a, "web", WW_RUNNING, 20);
    ww_start_latency_follow(a);
    assert_early(a, "web");
}

static void rules_after_the_start_are_late(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_RUNNING, 50);
    ww_start_latency_follow(a);
    helper_attach(a, (const char *[]){"web", NULL});
    ww_start_latency_follow(a);
    assert_null(ww_start_latency_find(a, "web"));
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_late(a, "web");
}

static void how_early_is_not_known_of_one_that_ran_before_the_program(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_RUNNING, 2000);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_null(ww_start_latency_find(a, "web"));
    assert_null(a->start_latencies.starting.ids);
}

/* Its rules were taken over, so nothing had to be committed: active since we are here, at the least. */
static void rules_that_were_taken_over_are_early(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_EXITED, -1);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    ww_start_latencies_done(&a->start_latencies);
    put(a, "web", WW_RUNNING, 10);
    ww_start_latency_follow(a);
    times.active_from = times.active_to = a->began_real;
    assert_early(a, "web");
}

static void other_rules_for_the_same_addresses_do_not_count(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_CREATED, -1);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    wait_ms(60);
    commit_as(a, "web", true, true);
    put(a, "web", WW_RUNNING, 0);
    ww_start_latency_follow(a);
    assert_early(a, "web");
}

static void the_last_address_counts(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_CREATED, -1);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    wait_ms(60);
    struct ww_network *n = ww_network_new();
    n->id = strdup("second");
    n->name = strdup("second");
    n->driver = strdup("bridge");
    n->endpoints = calloc(1, sizeof(*n->endpoints));
    n->endpoints[n->n_endpoints++].container_id = strdup("web");
    assert_int_equal(ww_addr_parse("192.0.2.9", &n->endpoints[0].addrs.ipv4, NULL), 0);
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    put(a, "web", WW_RUNNING, 10);
    ww_start_latency_follow(a);
    assert_null(ww_start_latency_find(a, "web"));
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_late(a, "web");
}

static void a_short_life_is_told_before_its_rules_go(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_CREATED, -1);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    wait_ms(40);
    put(a, "web", WW_EXITED, 10);
    helper_attach(a, (const char *[]){NULL});
    ww_start_latency_follow(a);
    assert_early(a, "web");
    commit(a, "web", false);
    assert_early(a, "web");
}

static void a_new_start_has_a_new_figure(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_RUNNING, 50);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_late(a, "web");
    commit(a, "web", false);
    put(a, "web", WW_RUNNING, 20);
    ww_start_latency_follow(a);
    assert_null(ww_start_latency_find(a, "web"));
    commit(a, "web", true);
    ww_start_latency_follow(a);
    assert_late(a, "web");
}

static void a_container_with_nothing_to_enforce_is_not_waited_for(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_RUNNING, 5);
    helper_attach(a, (const char *[]){NULL});
    struct ww_container *c = ww_container_new();
    c->id = strdup("other");
    c->state = WW_RUNNING;
    c->started_at_ns = ww_clock_real();
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_start_latency_follow(a);
    assert_int_equal(ww_idset_count(&a->start_latencies.starting), 1); /* web has no address yet */
    ww_world_remove_container(a->world, "web");
    ww_start_latency_follow(a);
    assert_null(a->start_latencies.starting.ids);
}

static void the_gone_are_forgotten(void **state)
{
    struct ww_agent *a = *state;
    put(a, "web", WW_RUNNING, 5);
    helper_attach(a, (const char *[]){"web", NULL});
    commit(a, "web", true);
    ww_start_latency_follow(a);
    ww_start_latency_forget(a, "web");
    assert_late(a, "web"); /* it is in force */
    ww_world_remove_container(a->world, "web");
    commit(a, "web", false);
    assert_null(a->start_latencies.by_id);
}

#define AGENT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AGENT(rules_before_the_start_are_early),
        AGENT(rules_after_the_start_are_late),
        AGENT(how_early_is_not_known_of_one_that_ran_before_the_program),
        AGENT(rules_that_were_taken_over_are_early),
        AGENT(other_rules_for_the_same_addresses_do_not_count),
        AGENT(the_last_address_counts),
        AGENT(a_short_life_is_told_before_its_rules_go),
        AGENT(a_new_start_has_a_new_figure),
        AGENT(a_container_with_nothing_to_enforce_is_not_waited_for),
        AGENT(the_gone_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
