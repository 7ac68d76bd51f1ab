/* What is in force is told in answers that do not keep the loop, each container in one of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/enforced.h"
#include "core/ir/text.h"
#include "helper_agent.h"

#define CONTAINERS 450

static void put_all(struct ww_agent *a)
{
    char id[16];
    for (int i = 0; i < CONTAINERS; i++) {
        snprintf(id, sizeof(id), "c%05d", i);
        helper_put(a, id, "net", i % 2 ? "rules" : NULL);
    }
}

/* Ask until nothing comes any more: how many containers came, in how many answers. */
static size_t ask_all(const struct ww_agent *a, size_t *ret_answers)
{
    char after[16] = "";
    size_t seen = 0;
    for (*ret_answers = 0;; ++*ret_answers) {
        struct ww_enforced e = {0};
        struct ww_error err = {0};
        if (ww_agent_enforced(a, *after ? after : NULL, &e, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(e.n_networks, *after ? 0 : 1);
        for (size_t i = 0; i < e.n_containers; i++, seen++) {
            int number = 0;
            assert_int_equal(sscanf(e.containers[i].container->id, "c%d", &number), 1);
            assert_int_equal(number, seen);
        }
        snprintf(after, sizeof(after), "%s", e.next ? e.next : "");
        ww_enforced_done(&e);
        if (!*after)
            break;
    }
    ++*ret_answers;
    return seen;
}

static void agent_open(struct ww_agent *a)
{
    *a = (struct ww_agent){.world = ww_world_new(), .applied = ww_plan_new(), .ready = true};
    assert_non_null(a->world);
    assert_non_null(a->applied);
}

static void agent_done(struct ww_agent *a)
{
    ww_managed_containers_done(&a->managed);
    ww_plan_free(a->applied);
    ww_world_free(a->world);
}

static void many_containers_come_in_several_answers(void **state)
{
    struct ww_agent a;
    size_t answers;
    (void)state;
    agent_open(&a);
    put_all(&a);
    helper_attach(&a, (const char *[]){"c00000", NULL});
    assert_int_equal(ask_all(&a, &answers), CONTAINERS);
    assert_int_equal(answers, 3);
    agent_done(&a);
}

/* 1500 rules each: an answer ends with the container that makes them more than enough. */
static void many_rules_come_in_several_answers(void **state)
{
    struct ww_agent a;
    struct ww_error err = {0};
    size_t answers;
    (void)state;
    agent_open(&a);
    for (int i = 0; i < 4; i++) {
        char id[16];
        struct ww_buf text = {0};
        struct ww_ruleset *rs = NULL;
        snprintf(id, sizeof(id), "c%05d", i);
        helper_put(&a, id, "net", NULL);
        ww_buf_fmt(&text, "ruleset %s \"%s\"\nendpoint 198.51.100.%d - -\n", id, id, i + 2);
        for (int k = 1; k <= 1500; k++)
            ww_buf_fmt(&text, "output to any tcp dport %d origin \"output[%d]\"\n", 2 * k, k);
        if (ww_ruleset_read(text.data, &rs, &err) < 0 || ww_plan_set(a.applied, rs, &err) < 0)
            fail_msg("%s", err.text);
        ww_ruleset_unref(rs);
        ww_buf_done(&text);
    }
    helper_attach(&a, (const char *[]){"c00000", NULL});
    assert_int_equal(ask_all(&a, &answers), 4);
    assert_int_equal(answers, 2);
    agent_done(&a);
}

/* An empty answer would say that nothing is in force. */
static void before_the_first_list_there_is_no_answer(void **state)
{
    struct ww_agent a;
    struct ww_enforced e = {0};
    struct ww_error err = {0};
    (void)state;
    agent_open(&a);
    a.ready = false;
    assert_int_equal(ww_agent_enforced(&a, NULL, &e, &err), -EAGAIN);
    assert_non_null(strstr(err.text, "before the engine's first list"));
    agent_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_containers_come_in_several_answers),
        cmocka_unit_test(many_rules_come_in_several_answers),
        cmocka_unit_test(before_the_first_list_there_is_no_answer),
    };
    return cmocka_run_group_tests_name("enforced", tests, NULL, NULL);
}
