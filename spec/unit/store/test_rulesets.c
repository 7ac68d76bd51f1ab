/* The last applied rulesets: what was saved is loaded, whatever the order, and nothing else. */
#include "helper_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void expect_loaded(struct ww_store *s, const char *expected)
{
    char *text = helper_loaded(s, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void a_new_store_is_empty_and_durable(void **state)
{
    struct ww_store *s = helper_open(*state);
    expect_loaded(s, "");
    assert_int_equal(ww_store_last_event(s), 0);
    ww_store_close(s);
}

static void saved_rulesets_are_loaded_after_a_restart(void **state)
{
    struct ww_store *s = helper_open(*state);
    assert_int_equal(helper_save(s, "b", 80, NULL), 0);
    assert_int_equal(helper_save(s, "a", 443, NULL), 0);
    ww_store_close(s);
    helper_expect_on_disk(*state, "a:443 b:80");
}

static void a_ruleset_is_replaced_and_removed(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_save(s, "a", 1, NULL);
    helper_save(s, "b", 2, NULL);
    helper_save(s, "a", 3, NULL);
    helper_save(s, "b", 0, NULL);
    helper_save(s, "never-there", 0, NULL);
    expect_loaded(s, "a:3");
    ww_store_close(s);
    helper_expect_on_disk(*state, "a:3");
}

static void one_diff_is_one_transaction(void **state)
{
    struct ww_plan *from = ww_plan_new(), *to = ww_plan_new();
    for (int i = 0; i < 200; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%03d", i);
        struct ww_ruleset *rs = helper_ruleset(id, (uint16_t)(i + 1));
        assert_int_equal(ww_plan_set(to, rs, NULL), 0);
        ww_ruleset_unref(rs);
    }
    struct ww_diff diff;
    assert_int_equal(ww_plan_diff(from, to, NULL, 0, &diff, NULL), 0);
    struct ww_store *s = helper_open(*state);
    assert_int_equal(ww_store_save_diff(s, &diff, NULL), 0);
    ww_diff_done(&diff);
    ww_store_close(s);

    s = helper_open(*state);
    struct ww_plan *loaded = ww_plan_new();
    assert_int_equal(ww_store_load_plan(s, loaded, NULL, NULL), 200);
    assert_int_equal(ww_plan_diff(to, loaded, NULL, 0, &diff, NULL), 0);
    assert_int_equal(diff.n, 0);
    ww_diff_done(&diff);
    ww_plan_free(loaded);
    ww_plan_free(from);
    ww_plan_free(to);
    ww_store_close(s);
}

static void an_empty_diff_writes_nothing(void **state)
{
    struct ww_store *s = helper_open(*state);
    struct ww_diff diff = {0};
    assert_int_equal(ww_store_save_diff(s, &diff, NULL), 0);
    ww_store_close(s);
}

/* Each damages the row of `b`; a and c must still be loaded. */
static void rows_that_cannot_be_read_are_skipped_and_counted_once(void **state)
{
    static const char *const damage[] = {
        "UPDATE ruleset SET text = 'nonsense' WHERE id = 'b'",
        "UPDATE ruleset SET text = '' WHERE id = 'b'",
        "UPDATE ruleset SET text = x'00ff' WHERE id = 'b'",
        "UPDATE ruleset SET hash = 'x' WHERE id = 'b'",
        "UPDATE ruleset SET text = replace(text, '22', '23') WHERE id = 'b'",
        "UPDATE ruleset SET text = (SELECT text FROM ruleset WHERE id = 'a') WHERE id = 'b'",
    };
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        struct ww_store *s = helper_open(*state);
        helper_save(s, "a", 11, NULL);
        helper_save(s, "b", 22, NULL);
        helper_save(s, "c", 33, NULL);
        ww_store_close(s);
        helper_sql(*state, damage[i]);
        s = helper_open(*state);
        size_t bad = 0;
        char *text = helper_loaded(s, &bad);
        assert_string_equal(text, "a:11 c:33");
        assert_int_equal(bad, 1);
        free(text);
        ww_store_close(s);
        helper_expect_on_disk(*state, "a:11 c:33");
    }
}

static void the_time_of_the_last_event_is_kept(void **state)
{
    struct ww_store *s = helper_open(*state);
    assert_int_equal(ww_store_set_last_event(s, 1234567890123456789, NULL), 0);
    assert_int_equal(ww_store_set_last_event(s, 1234567890123456790, NULL), 0);
    ww_store_close(s);
    s = helper_open(*state);
    assert_int_equal(ww_store_last_event(s), 1234567890123456790);
    ww_store_close(s);
}

static void closing_leaves_one_file_that_only_its_owner_reads(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_save(s, "a", 1, NULL);
    ww_store_close(s);
    assert_int_equal(helper_count(*state, "whalewall.sqlite"), 1);
    struct stat st;
    assert_int_equal(stat(helper_path(*state, "whalewall.sqlite"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ww_store_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_store_is_empty_and_durable, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(saved_rulesets_are_loaded_after_a_restart, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(a_ruleset_is_replaced_and_removed, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(one_diff_is_one_transaction, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(an_empty_diff_writes_nothing, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(rows_that_cannot_be_read_are_skipped_and_counted_once, helper_setup,
                                        helper_teardown),
        cmocka_unit_test_setup_teardown(the_time_of_the_last_event_is_kept, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(closing_leaves_one_file_that_only_its_owner_reads, helper_setup,
                                        helper_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
