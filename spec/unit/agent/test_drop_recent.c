/* What is remembered of dropped packets: like ones once, the latest last, and not more than there is room for. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/drop_recent.h"
#include "core/base/clock.h"
#include "core/ir/text.h"
#include "helper_agent.h"
#include "spec/unit/addr.h"
#include "spec/unit/kernel/helper_netns.h"

struct stage {
    struct ww_agent a;
    struct ww_recent_drops *recent;
};

static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    assert_non_null(s);
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in a network namespace of its own");
    s->a.world = ww_world_new();
    s->a.applied = ww_plan_new();
    s->a.fences_applied = ww_fences_new();
    helper_put(&s->a, "web", "net", NULL);
    helper_put(&s->a, "free", "net", NULL);
    helper_attach(&s->a, (const char *[]){"web", "free", NULL});
    if (ww_ruleset_read("ruleset web \"web\"\nendpoint 198.51.100.119 - -\n", &rs, &err) < 0 ||
        ww_ruleset_seal(rs, &err) < 0 || ww_plan_set(s->a.applied, rs, &err) < 0 ||
        ww_kernel_new(&s->a.kernel, &err) < 0)
        fail_msg("%s", err.text);
    ww_ruleset_unref(rs);
    s->recent = ww_recent_drops_new();
    assert_non_null(s->recent);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    ww_recent_drops_free(s->recent);
    ww_kernel_free(s->a.kernel);
    ww_plan_free(s->a.applied);
    ww_fences_free(s->a.fences_applied);
    ww_managed_containers_done(&s->a.managed);
    ww_world_free(s->a.world);
    free(s);
    return 0;
}

/* web's packet to a port of free's; or from a stranger to free, on a guarded network. */
static void note(struct stage *s, uint16_t port, bool of_web)
{
    struct ww_drop drop = {.reason = of_web ? WW_REASON_OUT : WW_REASON_GUARD,
                           .src = addr_of(of_web ? "198.51.100.119" : "192.0.2.9"),
                           .dst = addr_of("198.51.100.102"),
                           .proto = IPPROTO_UDP,
                           .has_ports = true,
                           .sport = (uint16_t)(1000 + port),
                           .dport = port,
                           .in = 7,
                           .out = 8};
    ww_recent_drops_note(&s->a, s->recent, &drop);
}

static struct ww_drops_answer ask(struct stage *s, const char *container, uint64_t since)
{
    struct ww_drops_answer answer = {0};
    struct ww_error err = {0};
    if (ww_recent_drops_answer(&s->a, s->recent, container, since, &answer, &err) < 0)
        fail_msg("%s", err.text);
    return answer;
}

static void like_packets_are_one_entry(void **state)
{
    struct stage *s = *state;
    note(s, 53, true);
    note(s, 54, true);
    note(s, 53, true);
    struct ww_drops_answer answer = ask(s, NULL, 0);
    assert_int_equal(answer.n, 2);
    assert_int_equal(answer.next, 3);
    const struct ww_dropped *last = &answer.drops[1];
    assert_int_equal(last->port, 53);
    assert_int_equal(last->reports, 2);
    assert_int_equal(last->seq, 3);
    assert_true(last->out && last->first_ns <= last->last_ns && last->last_ns <= ww_clock_real());
    assert_string_equal(last->name, "web");
    assert_string_equal(last->peer_name, "free");
    assert_string_equal(last->reason, "out");
    assert_string_equal(last->text, "no output rule of this container allows it");
    assert_null(last->policy);
    assert_false(last->counted); /* the kernel has no table */
    ww_drops_answer_done(&answer);
}

static void what_is_newer_is_told_and_only_of_that_container(void **state)
{
    struct stage *s = *state;
    note(s, 53, true);
    note(s, 54, false);
    struct ww_drops_answer answer = ask(s, "web", 0);
    assert_int_equal(answer.n, 1);
    assert_int_equal(answer.drops[0].port, 53);
    ww_drops_answer_done(&answer);
    answer = ask(s, NULL, 1);
    assert_int_equal(answer.n, 1);
    assert_int_equal(answer.drops[0].port, 54);
    assert_null(answer.drops[0].name);
    ww_drops_answer_done(&answer);
    answer = ask(s, NULL, 2);
    assert_int_equal(answer.n, 0);
    answer = ask(s, NULL, 99); /* of a program that ran before */
    assert_int_equal(answer.n, 2);
    ww_drops_answer_done(&answer);
    answer = ask(s, "free", 0);
    assert_int_equal(answer.n, 0);
    struct ww_error err = {0};
    assert_int_equal(ww_recent_drops_answer(&s->a, s->recent, "nobody", 0, &answer, &err), -ENOENT);
    assert_int_equal(ww_recent_drops_answer(&s->a, s->recent, "internet", 0, &answer, &err), -ENOENT);
}

static void a_policy_that_refuses_is_named(void **state)
{
    struct stage *s = *state;
    struct ww_managed_container *web = NULL;
    struct ww_compiled compiled = {0};
    assert_int_equal(ww_managed_container_make(&s->a.managed, "web", &web, NULL), 0);
    assert_int_equal(
        ww_compiled_read("ban \"no mail\" output to any udp dport 25 origin \"p.lua:4\"\n", &compiled, NULL), 0);
    assert_int_equal(ww_managed_container_set_compiled(&s->a.managed, web, &compiled, NULL), 0);
    note(s, 25, true);
    ww_managed_container_remove(&s->a.managed, web); /* what was told stays */
    struct ww_drops_answer answer = ask(s, NULL, 0);
    assert_string_equal(answer.drops[0].policy, "p.lua:4");
    assert_string_equal(answer.drops[0].text, "no mail");
    ww_drops_answer_done(&answer);
}

/* Within a second: the clock may turn to the next one once. */
static void a_flood_of_new_ones_is_cut_and_old_ones_go(void **state)
{
    struct stage *s = *state;
    for (uint16_t port = 1; port <= 1000; port++)
        note(s, port, true);
    struct ww_drops_answer answer = ask(s, NULL, 0);
    assert_in_range(answer.n, 50, 500);
    assert_int_equal(answer.n + answer.left_out, 1000);
    size_t before = answer.n;
    ww_drops_answer_done(&answer);
    for (int i = 0; i < 100; i++) /* known ones are always counted */
        note(s, 1, true);
    answer = ask(s, NULL, 0);
    assert_int_equal(answer.n, before);
    assert_int_equal(answer.drops[answer.n - 1].reports, 101);
    ww_drops_answer_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(like_packets_are_one_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_newer_is_told_and_only_of_that_container, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_policy_that_refuses_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_new_ones_is_cut_and_old_ones_go, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("drop_recent", tests, NULL, NULL);
}
