/* From the world to one ruleset: which containers share a network namespace, and which rules open it. No kernel, no
 * engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "core/agent/assemble.h"
#include "core/agent/derive.h"
#include "core/agent/managed_container.h"
#include "core/base/limits.h"
#include "helper_agent.h"

static int set_up(void **state)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    struct ww_error trouble = {0};
    assert_non_null(a);
    a->policy.ops = &helper_policy;
    a->trust_image_labels = true;
    a->world = ww_world_new();
    a->desired = ww_plan_new();
    assert_int_equal(ww_store_open("/proc/no/such/folder", &a->store, &trouble), 0); /* in memory */
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    struct ww_agent *a = *state;
    ww_managed_containers_done(&a->managed);
    ww_faults_done(&a->faults);
    ww_said_done(&a->said);
    ww_idset_done(&a->pending);
    ww_plan_free(a->desired);
    ww_store_close(a->store);
    ww_world_free(a->world);
    free(a);
    return 0;
}

static size_t rules_of(const struct ww_agent *a, const char *head)
{
    const struct ww_ruleset *rs = ww_plan_get(a->desired, head);
    if (!rs)
        fail_msg("%s is not managed", head);
    return rs->n_rules;
}

static void a_rule_opens_the_endpoints_of_the_container_that_it_names(void **state)
{
    static const struct {
        const char *what;
        const char *owner;  /* rules of the one with the endpoints */
        const char *sharer; /* rules of the one in its namespace */
        const char *guest;  /* rules of the one in the sharer's */
        const char *named;
        size_t rules;
    } rows[] = {
        {"the owner, managed", "none", NULL, NULL, "o", 1},
        {"a sharer, managed", NULL, "none", NULL, "s", 1},
        {"the owner, which a sharer makes managed", NULL, "none", NULL, "o", 1},
        {"a sharer of a managed owner", "none", NULL, NULL, "s", 1},
        {"a sharer's sharer", NULL, NULL, "none", "g", 1},
        {"a sharer's sharer of a managed owner", "none", NULL, NULL, "g", 1},
        {"one that is quarantined, beside one that is not", "none", "faulty", NULL, "s", 0},
        {"one beside the only managed one, which is quarantined", NULL, "faulty", NULL, "o", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_agent *a = *state;
        char rules[64];
        print_message("%s\n", rows[i].what);
        helper_put(a, "o", "net", rows[i].owner);
        helper_put(a, "s", "container:o", rows[i].sharer);
        helper_put(a, "g", "container:s", rows[i].guest);
        helper_attach(a, (const char *[]){"c", "o", NULL});
        snprintf(rules, sizeof(rules), "opens %s", rows[i].named);
        helper_put(a, "c", "net", rules);
        helper_settle(a);
        assert_int_equal(rules_of(a, "o"), rows[i].rules);
        ww_world_remove_container(a->world, "c");
        helper_settle(a);
        assert_int_equal(rules_of(a, "o"), 0);
        assert_null(ww_plan_get(a->desired, "c"));
        helper_put(a, "c", "net", rules);
        helper_settle(a);
        assert_int_equal(rules_of(a, "o"), rows[i].rules);
        ww_world_remove_container(a->world, "g");
        ww_world_remove_container(a->world, "s");
        ww_world_remove_container(a->world, "o");
        helper_settle(a);
        assert_null(ww_plan_get(a->desired, "o"));
    }
}

static void one_that_leaves_the_namespace_takes_its_openers_along(void **state)
{
    struct ww_agent *a = *state;
    helper_put(a, "o", "net", "none");
    helper_put(a, "s", "container:o", NULL);
    helper_put(a, "c", "net", "opens s");
    helper_attach(a, (const char *[]){"c", "o", NULL});
    helper_settle(a);
    assert_int_equal(rules_of(a, "o"), 1);
    ww_world_remove_container(a->world, "s");
    helper_settle(a);
    assert_int_equal(rules_of(a, "o"), 0);
}

static void a_fault_of_the_whole_goes_with_the_container_that_brought_it(void **state)
{
    struct ww_agent *a = *state;
    helper_put(a, "o", "net", "none");
    helper_put(a, "s", "container:o", "none");
    helper_attach(a, (const char *[]){"o", NULL});
    helper_settle(a);
    assert_int_equal(ww_faults_set(&a->faults, "o", "no such chain", NULL), 0);
    ww_world_mark_dirty(a->world, "o");
    helper_settle(a);
    assert_true(ww_plan_get(a->desired, "o")->quarantined);
    ww_world_remove_container(a->world, "s");
    helper_settle(a);
    assert_false(ww_plan_get(a->desired, "o")->quarantined);
}

/* Rules of this container that open so many ports each at "o". */
static void put_opener(struct ww_agent *a, const char *id, int rules, unsigned ports)
{
    struct ww_managed_container *s;
    struct ww_compiled c = {0};
    for (int i = 0; i < rules; i++) {
        struct ww_rule rule = {.side = WW_INPUT, .consent = true, .proto = IPPROTO_TCP};
        assert_int_equal(asprintf(&rule.origin, "output[%d] of %s", i, id) > 0, true);
        for (unsigned k = 0; k < ports; k++)
            assert_int_equal(ww_rule_add_dport(&rule, (uint16_t)(1 + 2 * k), (uint16_t)(1 + 2 * k)), 0);
        assert_int_equal(ww_compiled_add_consent(&c, "o", &rule), 0);
    }
    assert_int_equal(ww_managed_container_make(&a->managed, id, &s, NULL), 0);
    assert_int_equal(ww_managed_container_set_compiled(&a->managed, s, &c, NULL), 0);
}

static void put_refusals(struct ww_agent *a, const char *id, int n)
{
    struct ww_managed_container *s = ww_managed_container_find(&a->managed, id);
    struct ww_compiled c = {0};
    for (int i = 0; i < n; i++) {
        struct ww_ban ban = {.rule = {.side = WW_INPUT, .proto = IPPROTO_UDP}, .reason = strdup("why")};
        assert_int_equal(ww_rule_add_dport(&ban.rule, (uint16_t)(i + 1), (uint16_t)(i + 1)), 0);
        assert_int_equal(ww_compiled_add_ban(&c, &ban, NULL), 0);
    }
    assert_int_equal(ww_managed_container_set_compiled(&a->managed, s, &c, NULL), 0);
}

/* The loop waits for it. Who opens little is not made to pay for who opens much. */
static void no_more_is_opened_than_there_is_room_for(void **state)
{
    enum { PORTS = 4096, FITS = WW_LIMIT_OPENED / PORTS, REFUSALS = 1000, HELD = WW_LIMIT_BAN_WORK / REFUSALS / 2 };
    static const struct {
        const char *what;
        int refusals;
        unsigned ports;
        int rules; /* of the one that opens more, beside one rule of another */
        size_t left;
    } rows[] = {
        {"as many elements as there is room for", 0, PORTS, FITS - 1, FITS},
        {"more elements", 0, PORTS, FITS, 1},
        {"as much as can be held against refusals", REFUSALS, 1, HELD - 1, HELD},
        {"more of it", REFUSALS, 1, HELD, 1},
    };
    struct ww_agent *a = *state;
    helper_put(a, "o", "net", "none");
    helper_attach(a, (const char *[]){"o", NULL});
    helper_settle(a);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].what);
        put_refusals(a, "o", rows[i].refusals);
        put_opener(a, "much", rows[i].rules, rows[i].ports);
        put_opener(a, "zlittle", 1, rows[i].ports);
        assert_int_equal(ww_assemble(a, "o", NULL), 0);
        assert_int_equal(rules_of(a, "o"), rows[i].left);
        assert_int_equal(ww_faults_get(&a->said.left_out, "o") != NULL, rows[i].left == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rule_opens_the_endpoints_of_the_container_that_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_leaves_the_namespace_takes_its_openers_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_is_opened_than_there_is_room_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fault_of_the_whole_goes_with_the_container_that_brought_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
