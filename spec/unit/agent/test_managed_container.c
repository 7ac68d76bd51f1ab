#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/faults.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"

/* A managed container whose rules open the given targets. */
static struct ww_managed_container *make(struct ww_managed_containers *all, const char *id, const char *const *targets)
{
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = {0};
    assert_int_equal(ww_managed_container_make(all, id, &s, NULL), 0);
    for (; *targets; targets++) {
        struct ww_rule rule = {.side = WW_INPUT, .consent = true};
        assert_int_equal(ww_compiled_add_consent(&compiled, *targets, &rule), 0);
    }
    assert_int_equal(ww_managed_container_set_compiled(all, s, &compiled, NULL), 0);
    return s;
}

static int append_id(const struct ww_managed_container *s, void *arg)
{
    strcat(strcat(arg, s->id), " ");
    return 0;
}

static void assert_openers(const struct ww_managed_containers *all, const char *target, const char *expected)
{
    char text[64] = "";
    ww_managed_container_each_opener(all, target, append_id, text);
    assert_string_equal(text, expected);
}

static void openers_follow_every_recompilation(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    make(&all, "a", (const char *[]){"db", "db", "cache", NULL});
    make(&all, "b", (const char *[]){"db", NULL});
    assert_openers(&all, "db", "a b ");
    assert_openers(&all, "cache", "a ");
    make(&all, "a", (const char *[]){"cache", NULL});
    assert_openers(&all, "db", "b ");
    assert_openers(&all, "cache", "a ");
    make(&all, "a", (const char *[]){NULL});
    assert_openers(&all, "cache", "");
    ww_managed_containers_done(&all);
}

static void a_removed_one_opens_no_container(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    struct ww_managed_container *a = make(&all, "a", (const char *[]){"db", NULL});
    make(&all, "b", (const char *[]){"db", NULL});
    ww_managed_container_remove(&all, a);
    assert_null(ww_managed_container_find(&all, "a"));
    assert_openers(&all, "db", "b ");
    ww_managed_containers_done(&all);
}

static void a_fault_can_be_set_and_taken_back(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    struct ww_managed_container *a = make(&all, "a", (const char *[]){NULL});
    char text[] = "first";
    assert_int_equal(ww_managed_container_set_fault(a, text, NULL), 0);
    text[0] = 'X';
    assert_string_equal(a->fault, "first");
    assert_int_equal(ww_managed_container_set_fault(a, a->fault, NULL),
                     0); /* its own text, as after a second failure */
    assert_string_equal(a->fault, "first");
    assert_int_equal(ww_managed_container_set_fault(a, NULL, NULL), 0);
    assert_null(a->fault);
    ww_managed_containers_done(&all);
}

static void faults_are_kept_by_id(void **state)
{
    (void)state;
    struct ww_faults faults = {0};
    assert_null(ww_faults_get(&faults, "a"));
    assert_int_equal(ww_faults_set(&faults, "a", "one", NULL), 0);
    assert_int_equal(ww_faults_set(&faults, "a", "two", NULL), 0);
    assert_string_equal(ww_faults_get(&faults, "a"), "two");
    ww_faults_remove(&faults, "a");
    ww_faults_remove(&faults, "a");
    assert_null(ww_faults_get(&faults, "a"));
    ww_faults_done(&faults);
}

static void an_id_is_in_a_set_once(void **state)
{
    (void)state;
    struct ww_idset set = {0};
    assert_null(ww_idset_array(&set));
    assert_int_equal(ww_idset_add(&set, "a", NULL), 0);
    assert_int_equal(ww_idset_add(&set, "b", NULL), 0);
    assert_int_equal(ww_idset_add(&set, "a", NULL), 0);
    assert_int_equal(ww_idset_count(&set), 2);
    const char **ids = ww_idset_array(&set);
    assert_string_equal(ids[0], "a");
    assert_string_equal(ids[1], "b");
    free(ids);
    ww_idset_done(&set);
    assert_int_equal(ww_idset_count(&set), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openers_follow_every_recompilation),
        cmocka_unit_test(a_removed_one_opens_no_container),
        cmocka_unit_test(a_fault_can_be_set_and_taken_back),
        cmocka_unit_test(faults_are_kept_by_id),
        cmocka_unit_test(an_id_is_in_a_set_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
