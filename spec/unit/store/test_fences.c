#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ir/fences.h"
#include "helper_store.h"

static struct ww_fence *fence(const char *id, bool guarded)
{
    struct ww_fence *f = ww_fence_new(id, "front", "br-front");
    assert_non_null(f);
    f->guarded = guarded;
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    return f;
}

/* The network is guarded now, or (to NULL) no longer; `from` is what it was. */
static void save(struct ww_store *s, const char *id, bool guarded)
{
    struct ww_fence *to = fence(id, guarded);
    struct ww_fence_change change = {.to = to};
    struct ww_fence_diff diff = {.changes = &change, .n = 1};
    assert_int_equal(ww_store_save_fences(s, &diff, NULL), 0);
    ww_fence_unref(to);
}

static int write_fence(struct ww_fence *f, void *arg)
{
    char *text = arg;
    sprintf(text + strlen(text), "%s:%zu ", f->id, f->n_known);
    return 0;
}

/* "id:known id:known " of what a new start loads. */
static void loaded(const char *dir, char text[static 256], size_t *ret_bad)
{
    struct ww_store *s = helper_open(dir);
    struct ww_fences *fences = ww_fences_new();
    text[0] = '\0';
    assert_true(ww_store_load_fences(s, fences, ret_bad, NULL) >= 0);
    ww_fences_each(fences, write_fence, text);
    ww_fences_free(fences);
    ww_store_close(s);
}

static void save_one_with_two_endpoints(const char *dir)
{
    struct ww_store *s = helper_open(dir);
    save(s, "n1", true);
    helper_sql(dir, "INSERT INTO container (id, state, managed) VALUES ('c1', 'running', 0), ('c2', 'running', 1);"
                    "INSERT INTO address VALUES ('c1', 'n1', '198.51.100.2', NULL, '02:42:c6:33:64:02'),"
                    "('c2', 'n1', '198.51.100.3', '2001:db8::3', '02:42:c6:33:64:03'),"
                    "('c2', 'n2', '203.0.113.3', NULL, '02:42:cb:00:71:03')");
    ww_store_close(s);
}

static void an_endpoint_known_once_is_known_until_the_next_boot(void **state)
{
    char text[256];
    size_t bad = 0;
    save_one_with_two_endpoints(*state);
    loaded(*state, text, &bad);
    assert_string_equal(text, "n1:2 ");
    helper_sql(*state, "UPDATE fence SET boot = 'another'");
    loaded(*state, text, &bad);
    assert_string_equal(text, "n1:0 ");
    assert_int_equal(bad, 0);
}

static void what_is_not_guarded_is_not_remembered(void **state)
{
    char text[256];
    size_t bad = 0;
    struct ww_store *s = helper_open(*state);
    save(s, "n1", true);
    save(s, "n2", true);
    save(s, "n3", false);
    save(s, "n2", false);
    ww_store_close(s);
    loaded(*state, text, &bad);
    assert_string_equal(text, "n1:0 ");
}

static void the_first_save_replaces_what_an_earlier_run_left(void **state)
{
    char text[256];
    size_t bad = 0;
    struct ww_fence_diff nothing = {0};
    save_one_with_two_endpoints(*state);
    struct ww_store *s = helper_open(*state);
    assert_int_equal(ww_store_save_fences(s, &nothing, NULL), 0);
    ww_store_close(s);
    loaded(*state, text, &bad);
    assert_string_equal(text, "");
}

static void a_damaged_row_is_counted_and_a_damaged_endpoint_is_left_out(void **state)
{
    char text[256];
    size_t bad = 0;
    save_one_with_two_endpoints(*state);
    helper_sql(*state,
               "INSERT INTO fence VALUES ('n4', '', 'noise'); UPDATE address SET mac = 'x' WHERE container = 'c1'");
    loaded(*state, text, &bad);
    assert_string_equal(text, "n1:1 ");
    assert_int_equal(bad, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_endpoint_known_once_is_known_until_the_next_boot, helper_setup,
                                        helper_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_guarded_is_not_remembered, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(the_first_save_replaces_what_an_earlier_run_left, helper_setup,
                                        helper_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_row_is_counted_and_a_damaged_endpoint_is_left_out, helper_setup,
                                        helper_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
