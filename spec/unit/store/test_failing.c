/* The file fails while the program runs: one error, everything goes on, and when it works again nothing is missing. */
#include "helper_store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/model/world.h"
#include "core/store/store_internal.h"
#include "helper_vfs.h"

#define ONE_ERROR "rules stay enforced, but will not be remembered over a reboot"

/* Every kind of write once. Number of errors; each must say what it means. */
static int write_everything(struct ww_store *s, const struct ww_world *w)
{
    int errors = 0;
    for (int i = 0; i < 5; i++) {
        struct ww_error err = {0};
        int r = 0;
        if (i == 0)
            r = helper_save(s, "b", 2, &err);
        else if (i == 1)
            r = ww_store_save_world(s, w, (const char *const[]){"x"}, 1, &err);
        else if (i == 2)
            r = ww_store_cache_put(s, "k", "text", &err) < 0 ? err.code : ww_store_cache_save(s, &err);
        else if (i == 3)
            r = ww_store_set_last_event(s, 99, &err);
        else
            r = ww_store_cache_trim(s, &err);
        assert_int_equal(r, err.code);
        if (r < 0 && !strstr(err.text, ONE_ERROR))
            fail_msg("step %d: %s", i, err.text);
        errors += r < 0;
    }
    return errors;
}

static struct ww_world *small_world(void)
{
    struct ww_world *w = ww_world_new();
    for (int i = 0; i < 2; i++) {
        struct ww_container *c = ww_container_new();
        c->id = strdup(i ? "y" : "x");
        c->name = strdup("name");
        assert_int_equal(ww_world_put_container(w, c, NULL), 0);
    }
    return w;
}

static void expect_whole(const char *dir)
{
    helper_expect_on_disk(dir, "a:1 b:2 c:3");
    char *n =
        helper_sql_text(dir, "SELECT (SELECT count(*) FROM container) || ' ' || (SELECT value FROM meta WHERE key = "
                             "'last_event')");
    assert_string_equal(n, "2 99");
    free(n);
}

static void remove_files(const char *dir)
{
    unlink(helper_path(dir, "whalewall.sqlite"));
    unlink(helper_path(dir, "whalewall.sqlite-wal"));
    unlink(helper_path(dir, "whalewall.sqlite-shm"));
}

/* One run with the file failing at step n of all that change it. False: nothing failed any more. */
static bool run_failing_at(const char *dir, const struct ww_world *w, int n, int code, bool once)
{
    remove_files(dir);
    struct ww_store *s = helper_open(dir);
    assert_int_equal(helper_save(s, "a", 1, NULL), 0);
    helper_vfs_fail(n, code, once);
    int errors = write_everything(s, w);
    bool failed = helper_vfs_has_failed();
    assert_int_equal(errors, failed ? 1 : 0);
    assert_int_equal(ww_store_is_durable(s), !failed);
    char *text = helper_loaded(s, NULL);
    assert_string_equal(text, "a:1 b:2");
    free(text);
    assert_int_equal(ww_store_last_event(s), 99);
    helper_vfs_fail(-1, 0, false);
    s->next_try = 0; /* 30 seconds later */
    assert_int_equal(helper_save(s, "c", 3, NULL), 0);
    assert_true(ww_store_is_durable(s));
    assert_int_equal(ww_store_save_world(s, w, (const char *const[]){"x"}, 1, NULL), 0);
    ww_store_close(s);
    expect_whole(dir);
    return failed;
}

static void a_failure_at_any_write_is_one_error_and_loses_nothing(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_CORRUPT};
    struct ww_world *w = small_world();
    for (size_t i = 0; i < 6; i++) {
        int n = 0;
        while (run_failing_at(*state, w, n, codes[i / 2], i % 2))
            n++;
        assert_in_range(n, 5, 500);
    }
    ww_world_free(w);
}

static void a_failure_at_any_write_of_opening_gives_a_store_in_memory(void **state)
{
    int n = 0;
    for (bool failed = true; failed; n++) {
        remove_files(*state);
        helper_vfs_fail(n, SQLITE_FULL, false);
        struct ww_store *s = NULL;
        struct ww_error trouble = {0};
        assert_int_equal(ww_store_open(*state, &s, &trouble), 0);
        failed = helper_vfs_has_failed();
        helper_vfs_fail(-1, 0, false);
        assert_int_equal(ww_store_is_durable(s), !failed);
        assert_int_equal(trouble.code, failed ? -ENOSPC : 0);
        s->next_try = 0;
        assert_int_equal(helper_save(s, "a", 1, NULL), 0);
        assert_true(ww_store_is_durable(s));
        ww_store_close(s);
        helper_expect_on_disk(*state, "a:1");
    }
    assert_in_range(n, 5, 500);
}

static void a_disk_that_stays_full_is_tried_every_30_seconds_in_silence(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_vfs_fail(0, SQLITE_FULL, false);
    assert_int_equal(helper_save(s, "a", 1, NULL), -ENOSPC);
    helper_vfs_fail(0, SQLITE_FULL, false);
    for (int i = 0; i < 100; i++)
        assert_int_equal(helper_save(s, "a", (uint16_t)(i + 1), NULL), 0);
    assert_false(helper_vfs_has_failed()); /* it was not even tried */
    for (int i = 0; i < 3; i++) {
        s->next_try = 0;
        struct ww_error err = {0};
        assert_int_equal(helper_save(s, "b", 2, &err), 0);
        assert_int_equal(err.code, 0);
        assert_true(helper_vfs_has_failed());
        assert_false(ww_store_is_durable(s));
        assert_true(s->next_try > 0);
    }
    helper_vfs_fail(-1, 0, false);
    ww_store_close(s);
}

static void a_failing_read_of_the_cache_gives_nothing_up(void **state)
{
    struct ww_store *s = helper_open(*state);
    char text[4096];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(ww_store_cache_put(s, "k", text, NULL), 0);
    ww_store_close(s);
    s = helper_open(*state);
    sqlite3_db_release_memory(s->db.handle);
    helper_vfs_fail_reads(SQLITE_IOERR_READ);
    char *found = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_store_cache_get(s, "k", &found, &err), -EIO);
    assert_non_null(strstr(err.text, "the disk reports an error"));
    assert_null(found);
    assert_true(ww_store_is_durable(s));
    assert_int_equal(helper_save(s, "a", 1, &err), -EIO); /* this says it */
    assert_non_null(strstr(err.text, ONE_ERROR));
    assert_int_equal(helper_save(s, "a", 1, NULL), 0);
    helper_vfs_fail_reads(0);
    ww_store_close(s);
}

static void loading_from_a_disk_that_fails_is_an_error(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_save(s, "a", 1, NULL);
    ww_store_close(s);
    s = helper_open(*state);
    sqlite3_db_release_memory(s->db.handle);
    helper_vfs_fail_reads(SQLITE_IOERR_READ);
    struct ww_plan *plan = ww_plan_new();
    struct ww_error err = {0};
    size_t bad;
    assert_int_equal(ww_store_load_plan(s, plan, &bad, &err), -EIO);
    assert_non_null(strstr(err.text, ONE_ERROR));
    helper_vfs_fail_reads(0);
    ww_plan_free(plan);
    ww_store_close(s);
}

static void a_deleted_file_is_made_anew_by_the_next_save(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_save(s, "a", 1, NULL);
    remove_files(*state);
    struct ww_error err = {0};
    assert_int_equal(helper_save(s, "b", 2, &err), -ENOENT);
    assert_non_null(strstr(err.text, "deleted or replaced"));
    assert_non_null(strstr(err.text, ONE_ERROR));
    assert_int_equal(helper_save(s, "c", 3, NULL), 0);
    assert_true(ww_store_is_durable(s));
    ww_store_close(s);
    helper_expect_on_disk(*state, "a:1 b:2 c:3");
}

static void a_file_that_is_damaged_while_it_is_used_is_set_aside(void **state)
{
    struct ww_store *s = helper_open(*state);
    helper_save(s, "a", 1, NULL);
    remove_files(*state);
    helper_write_file(helper_path(*state, "whalewall.sqlite"), "not a database", 14);
    assert_int_equal(helper_save(s, "b", 2, NULL), -ENOENT);
    assert_int_equal(helper_save(s, "c", 3, NULL), 0);
    assert_true(ww_store_is_durable(s));
    ww_store_close(s);
    assert_int_equal(helper_count(*state, "whalewall.sqlite.corrupt-"), 1);
    helper_expect_on_disk(*state, "a:1 b:2 c:3");
}

static void files_set_aside_while_running_are_bounded(void **state)
{
    struct ww_store *s = helper_open(*state);
    for (int i = 0; i < 12; i++) {
        remove_files(*state);
        helper_write_file(helper_path(*state, "whalewall.sqlite"), "not a database", 14);
        helper_save(s, "a", (uint16_t)(i + 1), NULL);
        s->next_try = 0;
        helper_save(s, "a", (uint16_t)(i + 101), NULL);
    }
    assert_int_equal(helper_count(*state, "whalewall.sqlite.corrupt-"), 5);
    char *text = helper_loaded(s, NULL);
    assert_string_equal(text, "a:112");
    free(text);
    ww_store_close(s);
}

static int setup_shim(void **state)
{
    (void)state;
    helper_vfs_install();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, helper_setup, helper_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failure_at_any_write_is_one_error_and_loses_nothing),
        TEST(a_failure_at_any_write_of_opening_gives_a_store_in_memory),
        TEST(a_disk_that_stays_full_is_tried_every_30_seconds_in_silence),
        TEST(a_failing_read_of_the_cache_gives_nothing_up),
        TEST(loading_from_a_disk_that_fails_is_an_error),
        TEST(a_deleted_file_is_made_anew_by_the_next_save),
        TEST(a_file_that_is_damaged_while_it_is_used_is_set_aside),
        TEST(files_set_aside_while_running_are_bounded),
    };
    return cmocka_run_group_tests(tests, setup_shim, NULL);
}
