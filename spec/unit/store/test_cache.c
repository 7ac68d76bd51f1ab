/* Compiled rules by key, and forgetting those not used for longest. */
#include "helper_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

static bool has(struct ww_store *s, const char *key)
{
    char *text = NULL;
    int r = ww_store_cache_get(s, key, &text, NULL);
    free(text);
    assert_true(r == 0 || r == -ENOENT);
    return r == 0;
}

static void what_was_put_is_got_after_a_restart(void **state)
{
    struct ww_store *s = helper_open(*state);
    char *text = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_store_cache_get(s, "k", &text, &err), -ENOENT);
    assert_null(text);
    assert_int_equal(ww_store_cache_put(s, "k", "old", NULL), 0);
    assert_int_equal(ww_store_cache_put(s, "k", "line \"1\"\nline 2\n", NULL), 0);
    ww_store_close(s);
    s = helper_open(*state);
    assert_int_equal(ww_store_cache_get(s, "k", &text, &err), 0);
    assert_string_equal(text, "line \"1\"\nline 2\n");
    free(text);
    ww_store_close(s);
}

static void what_was_put_is_got_before_it_is_written(void **state)
{
    struct ww_store *s = helper_open(*state);
    char *text = NULL;
    assert_int_equal(ww_store_cache_put(s, "k", "old", NULL), 0);
    assert_int_equal(ww_store_cache_put(s, "k", "new", NULL), 0);
    char *rows = helper_sql_text(*state, "SELECT count(*) FROM compiled");
    assert_string_equal(rows, "0");
    free(rows);
    assert_int_equal(ww_store_cache_get(s, "k", &text, NULL), 0);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(ww_store_cache_save(s, NULL), 0);
    rows = helper_sql_text(*state, "SELECT text FROM compiled");
    assert_string_equal(rows, "new");
    free(rows);
    ww_store_close(s);
}

static void trimming_forgets_the_least_recently_used(void **state)
{
    const int more = 50;
    char key[32];
    struct ww_store *s = helper_open(*state);
    for (int i = 0; i < WW_LIMIT_CACHE_ROWS; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(ww_store_cache_put(s, key, "x", NULL), 0);
    }
    assert_int_equal(ww_store_cache_trim(s, NULL), 0);
    assert_true(has(s, "key0")); /* at the limit nothing goes; and now it was used */
    ww_store_close(s);
    s = helper_open(*state); /* which entry was used when is remembered */
    for (int i = 0; i < more; i++) {
        snprintf(key, sizeof(key), "more%d", i);
        assert_int_equal(ww_store_cache_put(s, key, "x", NULL), 0);
    }
    assert_int_equal(ww_store_cache_trim(s, NULL), 0);
    ww_store_close(s);

    char *rows = helper_sql_text(*state, "SELECT count(*) FROM compiled");
    assert_int_equal(atoi(rows), WW_LIMIT_CACHE_ROWS);
    free(rows);
    s = helper_open(*state);
    assert_true(has(s, "key0"));
    assert_false(has(s, "key1"));
    assert_false(has(s, "key50"));
    assert_true(has(s, "key51"));
    assert_true(has(s, "more0"));
    ww_store_close(s);
}

static void putting_trims_now_and_then(void **state)
{
    char key[32];
    struct ww_store *s = helper_open(*state);
    for (int i = 0; i < WW_LIMIT_CACHE_ROWS + 2000; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(ww_store_cache_put(s, key, "x", NULL), 0);
    }
    assert_true(has(s, key));
    ww_store_close(s);
    char *rows = helper_sql_text(*state, "SELECT count(*) FROM compiled");
    assert_in_range(atoi(rows), WW_LIMIT_CACHE_ROWS, WW_LIMIT_CACHE_ROWS + 600);
    free(rows);
}

/* A text of so many bytes, freed by the caller. */
static char *text_of(size_t bytes)
{
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    return text;
}

/* Half as many again as there is room for; without trimming by hand. */
static void texts_take_no_more_bytes_than_the_limit(void **state)
{
    const int fit = WW_LIMIT_CACHE_BYTES / WW_LIMIT_CACHE_ROW_BYTES;
    char key[32];
    struct ww_store *s = helper_open(*state);
    char *text = text_of(WW_LIMIT_CACHE_ROW_BYTES);
    for (int i = 0; i < fit + fit / 2; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(ww_store_cache_put(s, key, text, NULL), 0);
    }
    assert_int_equal(ww_store_cache_save(s, NULL), 0);
    char *rows = helper_sql_text(*state, "SELECT count(*) FROM compiled");
    assert_in_range(atoi(rows), fit, fit + fit / 8);
    free(rows);
    assert_int_equal(ww_store_cache_trim(s, NULL), 0);
    rows = helper_sql_text(*state, "SELECT count(*) FROM compiled");
    assert_int_equal(atoi(rows), fit);
    free(rows);
    assert_true(has(s, key));
    assert_false(has(s, "key0"));
    ww_store_close(s);
    free(text);
}

static void a_text_that_is_too_long_is_not_kept(void **state)
{
    struct ww_store *s = helper_open(*state);
    char *text = text_of(WW_LIMIT_CACHE_ROW_BYTES + 1);
    assert_int_equal(ww_store_cache_put(s, "long", text, NULL), 0);
    assert_int_equal(ww_store_cache_put(s, "fits", text + 1, NULL), 0);
    assert_false(has(s, "long"));
    assert_true(has(s, "fits"));
    ww_store_close(s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_is_got_after_a_restart, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(what_was_put_is_got_before_it_is_written, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(putting_trims_now_and_then, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(texts_take_no_more_bytes_than_the_limit, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(a_text_that_is_too_long_is_not_kept, helper_setup, helper_teardown),
        cmocka_unit_test_setup_teardown(trimming_forgets_the_least_recently_used, helper_setup, helper_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
