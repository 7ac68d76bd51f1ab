/* Opening: whatever lies in the place of the database, there is a store, and what was there is not lost. */
#include "helper_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/store/schema.h"

static void make_store(const char *dir)
{
    struct ww_store *s = helper_open(dir);
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%02d", i);
        assert_int_equal(helper_save(s, id, 80, NULL), 0);
    }
    ww_store_close(s);
}

static void damage_at(const char *dir, off_t at, const void *data, size_t len)
{
    int fd = open(helper_path(dir, "whalewall.sqlite"), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, len, at), len);
    close(fd);
}

static void garbage(const char *dir)
{
    helper_write_file(helper_path(dir, "whalewall.sqlite"),
                      "this is no database, and longer than a header is: "
                      "0123456789012345678901234567890123456789012345678901234567890",
                      110);
}

static void short_garbage(const char *dir)
{
    helper_write_file(helper_path(dir, "whalewall.sqlite"), "xy", 2);
}

static void truncated_in_the_header(const char *dir)
{
    make_store(dir);
    assert_int_equal(truncate(helper_path(dir, "whalewall.sqlite"), 60), 0);
}

static void truncated_in_the_schema(const char *dir)
{
    make_store(dir);
    assert_int_equal(truncate(helper_path(dir, "whalewall.sqlite"), 3000), 0);
}

static void truncated_in_the_rows(const char *dir)
{
    make_store(dir);
    struct stat st;
    assert_int_equal(stat(helper_path(dir, "whalewall.sqlite"), &st), 0);
    assert_int_equal(truncate(helper_path(dir, "whalewall.sqlite"), st.st_size - 4096), 0);
}

static void zeros_in_a_page(const char *dir)
{
    make_store(dir);
    static const char zeros[4096];
    char *root = helper_sql_text(dir, "SELECT rootpage FROM sqlite_master WHERE name = 'ruleset'");
    damage_at(dir, (atoi(root) - 1) * 4096, zeros, sizeof(zeros));
    free(root);
}

static void garbage_in_the_header(const char *dir)
{
    make_store(dir);
    damage_at(dir, 16, "\x07\x07", 2); /* the page size */
}

static void a_table_is_missing(const char *dir)
{
    make_store(dir);
    helper_sql(dir, "DROP TABLE ruleset");
}

static void a_column_is_missing(const char *dir)
{
    make_store(dir);
    helper_sql(dir, "ALTER TABLE ruleset DROP COLUMN hash");
}

static void of_a_newer_schema(const char *dir)
{
    make_store(dir);
    helper_sql(dir, "PRAGMA user_version = 999");
}

static void of_another_program(const char *dir)
{
    helper_sql(dir, "CREATE TABLE bookmarks (url TEXT)");
}

static const struct {
    const char *name;
    void (*make)(const char *dir);
    const char *reason;
    int code;
    const char *text;
} set_aside[] = {
    {"garbage", garbage, "corrupt", -EBADMSG, "is damaged"},
    {"two bytes", short_garbage, "corrupt", -EBADMSG, "is damaged"},
    {"truncated in the header", truncated_in_the_header, "corrupt", -EBADMSG, "is damaged"},
    {"truncated in the schema", truncated_in_the_schema, "corrupt", -EBADMSG, "is damaged"},
    {"truncated in the rows", truncated_in_the_rows, "corrupt", -EBADMSG, "is damaged"},
    {"zeros in a page", zeros_in_a_page, "corrupt", -EBADMSG, "is damaged"},
    {"garbage in the header", garbage_in_the_header, "corrupt", -EBADMSG, "is damaged"},
    {"a table is missing", a_table_is_missing, "corrupt", -EBADMSG, "is damaged"},
    {"a column is missing", a_column_is_missing, "corrupt", -EBADMSG, "is damaged"},
    {"newer", of_a_newer_schema, "newer", -ENOTSUP, "newer version of whalewall"},
    {"another program's", of_another_program, "foreign", -ENOTSUP, "belongs to another program"},
};

static void what_cannot_be_used_is_set_aside_and_a_new_one_made(void **state)
{
    const char *dir = *state;
    for (size_t i = 0; i < sizeof(set_aside) / sizeof(set_aside[0]); i++) {
        print_message("           %s\n", set_aside[i].name);
        unlink(helper_path(dir, "whalewall.sqlite"));
        set_aside[i].make(dir);
        char prefix[64];
        snprintf(prefix, sizeof(prefix), "whalewall.sqlite.%s-2", set_aside[i].reason);
        int before = helper_count(dir, prefix);
        struct ww_store *s = helper_open_trouble(dir, set_aside[i].code, set_aside[i].text);
        assert_true(ww_store_is_durable(s));
        assert_int_equal(helper_save(s, "new", 7, NULL), 0);
        ww_store_close(s);
        assert_true(helper_count(dir, prefix) > before); /* with a log and an index, if it had them */
        helper_expect_on_disk(dir, "new:7");
    }
}

static void log_and_index_go_with_the_file_that_is_set_aside(void **state)
{
    const char *dir = *state;
    garbage(dir);
    helper_write_file(helper_path(dir, "whalewall.sqlite-wal"), "w", 1);
    helper_write_file(helper_path(dir, "whalewall.sqlite-shm"), "s", 1);
    ww_store_close(helper_open_trouble(dir, -EBADMSG, "set aside as"));
    assert_int_equal(helper_count(dir, "whalewall.sqlite.corrupt-"), 3);
    assert_int_equal(helper_count(dir, "whalewall.sqlite"), 4);
}

static void a_missing_directory_is_made(void **state)
{
    const char *dir = helper_path(*state, "sub");
    char *kept = strdup(dir);
    ww_store_close(helper_open(kept));
    assert_int_equal(unlink(helper_path(kept, "whalewall.sqlite")), 0);
    free(kept);
}

static void what_was_in_the_log_when_it_was_killed_is_there(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct ww_store *s = NULL;
        struct ww_error trouble;
        if (ww_store_open(*state, &s, &trouble) == 0)
            helper_save(s, "a", 5, NULL);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    helper_expect_on_disk(*state, "a:5");
}

/* The store works, but in memory, and says so. */
static void expect_in_memory(const char *dir, int code, const char *needle, const char *loaded)
{
    struct ww_store *s = helper_open_trouble(dir, code, needle);
    struct ww_store *again = helper_open_trouble(dir, code, "rules stay enforced, but will not be remembered");
    ww_store_close(again);
    assert_false(ww_store_is_durable(s));
    char *text = helper_loaded(s, NULL);
    assert_string_equal(text, loaded);
    free(text);
    struct ww_error err = {0};
    assert_int_equal(helper_save(s, "z", 9, &err), 0); /* it was said once */
    assert_int_equal(err.code, 0);
    assert_int_equal(ww_store_cache_put(s, "key", "text", NULL), 0);
    assert_int_equal(ww_store_cache_save(s, NULL), 0);
    assert_int_equal(ww_store_cache_get(s, "key", &text, NULL), 0);
    assert_string_equal(text, "text");
    free(text);
    ww_store_close(s);
}

static void a_file_that_is_a_directory_gives_a_store_in_memory(void **state)
{
    assert_int_equal(mkdir(helper_path(*state, "whalewall.sqlite"), 0700), 0);
    expect_in_memory(*state, -EISDIR, "cannot be opened for writing", "");
}

/* Run fn in a child, so that what it does to itself (user, mounts) ends with it. */
static void in_child(void (*fn)(const char *dir), const char *dir)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        fn(dir);
        _exit(0); /* a failed assertion has exited before with another status */
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void make_in_child(const char *dir)
{
    struct ww_store *s = helper_open(dir);
    helper_save(s, "a", 5, NULL);
    ww_store_set_last_event(s, 77, NULL);
    ww_store_close(s);
}

static void try_as_nobody(const char *dir)
{
    if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
        _exit(1);
    expect_in_memory(dir, -EACCES, "cannot be opened for writing", "a:5");
}

static void from_a_directory_that_cannot_be_written_the_old_rules_are_read(void **state)
{
    if (geteuid() != 0)
        skip();
    make_in_child(*state);
    assert_int_equal(chmod(helper_path(*state, "whalewall.sqlite"), 0444), 0);
    assert_int_equal(chmod(*state, 0555), 0);
    in_child(try_as_nobody, *state);
}

static void mount_private(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        perror("unshare");
        _exit(1);
    }
}

static void try_read_only_mount(const char *dir)
{
    mount_private();
    assert_int_equal(mount(dir, dir, NULL, MS_BIND, NULL), 0);
    assert_int_equal(mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
    expect_in_memory(dir, -EROFS, "Read-only file system", "a:5");
}

static void from_a_read_only_file_system_the_old_rules_are_read(void **state)
{
    if (geteuid() != 0)
        skip();
    make_in_child(*state);
    in_child(try_read_only_mount, *state);
    helper_expect_on_disk(*state, "a:5");
}

/* Write until there is no space left. */
static void fill(const char *dir)
{
    static const char block[4096];
    int fd = open(helper_path(dir, "ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (int i = 0; i < 100000 && write(fd, block, sizeof(block)) > 0; i++)
        ;
    close(fd);
}

static void try_full_disk(const char *dir)
{
    mount_private();
    assert_int_equal(mount("tmpfs", dir, "tmpfs", 0, "size=512k"), 0);
    fill(dir);
    expect_in_memory(dir, -ENOSPC, "rules stay enforced", "");
    unlink(helper_path(dir, "ballast"));
    unlink(helper_path(dir, "whalewall.sqlite"));
    make_in_child(dir);
    fill(dir);
    expect_in_memory(dir, -ENOSPC, "the disk is full", "a:5");
    unlink(helper_path(dir, "ballast"));
    helper_expect_on_disk(dir, "a:5");
}

static void on_a_full_disk_the_old_rules_are_read(void **state)
{
    if (geteuid() != 0)
        skip();
    in_child(try_full_disk, *state);
}

static void a_file_that_another_process_has_locked_is_left_alone(void **state)
{
    make_in_child(*state);
    int ready[2], end[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(end, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char c;
        close(end[1]);
        sqlite3 *db;
        if (sqlite3_open(helper_path(*state, "whalewall.sqlite"), &db) != SQLITE_OK ||
            sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
            write(ready[1], "x", 1) != 1 || read(end[0], &c, 1) < 0)
            _exit(1);
        sqlite3_close(db);
        _exit(0);
    }
    char c;
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    expect_in_memory(*state, -EBUSY, "another process has it locked", "");
    close(ready[0]);
    close(end[0]);
    close(end[1]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(helper_count(*state, "whalewall.sqlite."), 0);
    helper_expect_on_disk(*state, "a:5");
}

static void migrations_run_in_order_from_every_version(void **state)
{
    static const char *const steps[] = {
        "CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)",
        "ALTER TABLE t ADD COLUMN y INTEGER; UPDATE t SET y = x + 1",
        "UPDATE t SET y = y * 10",
    };
    for (size_t from = 0; from <= 3; from++) {
        struct ww_db db;
        struct ww_error err = {0};
        int64_t y, version, app;
        unlink(helper_path(*state, "m"));
        assert_int_equal(ww_db_open(helper_path(*state, "m"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, &err),
                         0);
        assert_int_equal(ww_schema_migrate(&db, steps, from, &err), 0);
        assert_int_equal(ww_schema_migrate(&db, steps, 3, &err), 0);
        assert_int_equal(ww_schema_migrate(&db, steps, 3, &err), 0);
        ww_db_int(&db, "SELECT y FROM t", &y, &err);
        ww_db_int(&db, "PRAGMA user_version", &version, &err);
        ww_db_int(&db, "PRAGMA application_id", &app, &err);
        assert_int_equal(y, 20);
        assert_int_equal(version, 3);
        assert_int_equal(app, WW_APPLICATION_ID);
        ww_db_close(&db);
    }
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    (void)state;
    static const char *const steps[] = {"CREATE TABLE t (x INTEGER)",
                                        "INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)"};
    struct ww_db db;
    struct ww_error err = {0};
    int64_t rows = -1, version = -1;
    assert_int_equal(ww_db_open(":memory:", SQLITE_OPEN_READWRITE, &db, &err), 0);
    assert_int_equal(ww_schema_migrate(&db, steps, 2, &err), -EBADMSG);
    ww_db_int(&db, "SELECT count(*) FROM t", &rows, &err);
    ww_db_int(&db, "PRAGMA user_version", &version, &err);
    assert_int_equal(rows, 0);
    assert_int_equal(version, 1);
    ww_db_close(&db);
}

static void the_file_says_whose_it_is_and_is_in_wal_mode(void **state)
{
    make_store(*state);
    char *app = helper_sql_text(*state, "PRAGMA application_id");
    char *mode = helper_sql_text(*state, "PRAGMA journal_mode");
    char *version = helper_sql_text(*state, "PRAGMA user_version");
    assert_int_equal(atoi(app), WW_APPLICATION_ID);
    assert_int_equal(atoi(version), ww_n_migrations);
    assert_string_equal(mode, "wal");
    free(app);
    free(mode);
    free(version);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, helper_setup, helper_teardown)

/* Whoever could put a link there would choose what is put in force, and what is written to. */
static void a_link_is_not_followed(void **state)
{
    const char *dir = *state;
    struct ww_error err = {0};
    assert_false(ww_store_is_there(dir));
    make_store(dir);
    assert_int_equal(rename(helper_path(dir, "whalewall.sqlite"), helper_path(dir, "theirs")), 0);
    assert_int_equal(symlink("theirs", helper_path(dir, "whalewall.sqlite")), 0);
    assert_true(ww_store_is_there(dir));
    struct ww_store *s = helper_open_trouble(dir, -ELOOP, "is a symbolic link, which is not followed: remove it");
    assert_false(ww_store_is_durable(s));
    char *loaded = helper_loaded(s, NULL);
    assert_string_equal(loaded, "");
    free(loaded);
    assert_int_equal(helper_save(s, "new", 80, &err), 0);
    ww_store_close(s);
    assert_int_equal(helper_count(dir, "theirs"), 1);
    assert_int_equal(helper_count(dir, "whalewall.sqlite"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_used_is_set_aside_and_a_new_one_made),
        TEST(log_and_index_go_with_the_file_that_is_set_aside),
        TEST(a_missing_directory_is_made),
        TEST(a_link_is_not_followed),
        TEST(what_was_in_the_log_when_it_was_killed_is_there),
        TEST(a_file_that_is_a_directory_gives_a_store_in_memory),
        TEST(from_a_directory_that_cannot_be_written_the_old_rules_are_read),
        TEST(from_a_read_only_file_system_the_old_rules_are_read),
        TEST(on_a_full_disk_the_old_rules_are_read),
        TEST(a_file_that_another_process_has_locked_is_left_alone),
        TEST(migrations_run_in_order_from_every_version),
        TEST(a_migration_that_fails_changes_nothing),
        TEST(the_file_says_whose_it_is_and_is_in_wal_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
