/* The database of an earlier version, which had the name of the Go program's: ours is moved, and nothing of it is lost.
 */
#include "helper_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store/former.h"

#define NOW "whalewall.sqlite"
#define FORMER "db.sqlite"

static int die_at; /* before this one the process ends; 0: never */

/* In place of libc's. */
int rename(const char *from, const char *to)
{
    if (die_at && --die_at == 0)
        raise(SIGKILL);
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static bool exists(const char *dir, const char *name)
{
    return access(helper_path(dir, name), F_OK) == 0;
}

/* As an earlier version left it: the same file, log and index under the other name. */
static void make_former(const char *dir)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char from[64];
        char to[64];
        snprintf(from, sizeof(from), NOW "%s", suffixes[i]);
        snprintf(to, sizeof(to), FORMER "%s", suffixes[i]);
        if (exists(dir, from))
            assert_int_equal(rename(helper_path(dir, from), helper_path(dir, to)), 0);
    }
}

static void save(const char *dir, const char *id)
{
    struct ww_store *s = NULL;
    struct ww_error trouble;
    if (ww_store_open(dir, &s, &trouble) < 0 || helper_save(s, id, 5, NULL) < 0)
        _exit(1);
    raise(SIGKILL);
}

static void closed(const char *dir)
{
    struct ww_store *s = helper_open(dir);
    assert_int_equal(helper_save(s, "a", 5, NULL), 0);
    ww_store_close(s);
    make_former(dir);
}

static void killed_with(const char *dir, const char *id)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        save(dir, id);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    make_former(dir);
    assert_true(exists(dir, FORMER "-wal"));
}

static void killed(const char *dir)
{
    killed_with(dir, "a");
}

static void killed_later(const char *dir)
{
    struct ww_store *s = helper_open(dir);
    assert_int_equal(helper_save(s, "a", 4, NULL), 0);
    ww_store_close(s);
    killed(dir);
}

static void killed_without_index(const char *dir)
{
    killed(dir);
    unlink(helper_path(dir, FORMER "-shm"));
}

/* What is left beside a file that was deleted belongs to no other one. */
static void beside_a_stale_log(const char *dir)
{
    killed_with(dir, "stale");
    assert_int_equal(rename(helper_path(dir, FORMER "-wal"), helper_path(dir, "kept")), 0);
    unlink(helper_path(dir, FORMER));
    unlink(helper_path(dir, FORMER "-shm"));
    closed(dir);
    assert_int_equal(rename(helper_path(dir, "kept"), helper_path(dir, NOW "-wal")), 0);
}

static void what_an_earlier_version_knew_is_moved(void **state)
{
    static const struct {
        const char *title;
        void (*make)(const char *dir);
    } rows[] = {
        {"closed well", closed},
        {"killed, with everything in the log", killed},
        {"killed, with something in the log", killed_later},
        {"killed, and the index is gone", killed_without_index},
        {"the log of a deleted file lies there", beside_a_stale_log},
    };
    const char *dir = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("           %s\n", rows[i].title);
        rows[i].make(dir);
        assert_false(exists(dir, NOW));
        struct ww_store *s = helper_open(dir);
        assert_string_equal(ww_store_path(s), helper_path(dir, NOW));
        char *text = helper_loaded(s, NULL);
        assert_string_equal(text, "a:5");
        free(text);
        ww_store_close(s);
        assert_int_equal(helper_count(dir, FORMER), 0);
        helper_expect_on_disk(dir, "a:5");
        assert_int_equal(unlink(helper_path(dir, NOW)), 0);
    }
}

/* Killed before any of its steps, it goes on with the next start. */
static void nothing_is_lost_where_moving_ends_in_the_middle(void **state)
{
    const char *dir = *state;
    int moves = 0;
    for (bool survived = false; !survived; moves++) {
        killed_later(dir);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            struct ww_store *s = NULL;
            struct ww_error trouble;
            die_at = moves + 1;
            _exit(ww_store_open(dir, &s, &trouble) < 0);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        survived = WIFEXITED(status);
        helper_expect_on_disk(dir, "a:5");
        assert_int_equal(helper_count(dir, FORMER), 0);
        assert_int_equal(unlink(helper_path(dir, NOW)), 0);
    }
    assert_true(moves > 2);
}

static void it_is_moved_once(void **state)
{
    const char *dir = *state;
    closed(dir);
    struct ww_store *s = helper_open(dir);
    assert_int_equal(helper_save(s, "a", 6, NULL), 0);
    ww_store_close(s);
    assert_int_equal(rename(helper_path(dir, NOW), helper_path(dir, "kept")), 0);
    closed(dir);
    assert_int_equal(rename(helper_path(dir, "kept"), helper_path(dir, NOW)), 0);
    helper_expect_on_disk(dir, "a:6");
    assert_true(exists(dir, FORMER));
}

/* Another program reads it: then it stays where it is, works, and is moved next time. */
static void one_that_is_in_use_is_used_where_it_is(void **state)
{
    const char *dir = *state;
    sqlite3 *reader;
    killed(dir);
    assert_int_equal(sqlite3_open(helper_path(dir, FORMER), &reader), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM ruleset", NULL, NULL, NULL), SQLITE_OK);
    pid_t pid = fork(); /* POSIX locks are a process's */
    if (pid == 0) {
        struct ww_store *s = helper_open(dir);
        assert_string_equal(ww_store_path(s), helper_path(dir, FORMER));
        char *text = helper_loaded(s, NULL);
        assert_string_equal(text, "a:5");
        free(text);
        assert_int_equal(helper_save(s, "b", 7, NULL), 0);
        ww_store_close(s);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_false(exists(dir, NOW));
    sqlite3_close(reader);
    helper_expect_on_disk(dir, "a:5 b:7");
    assert_int_equal(helper_count(dir, FORMER), 0);
}

static void one_that_is_damaged_is_set_aside_at_its_new_place(void **state)
{
    const char *dir = *state;
    closed(dir);
    assert_int_equal(truncate(helper_path(dir, FORMER), 5000), 0);
    ww_store_close(helper_open_trouble(dir, -EBADMSG, "is damaged"));
    assert_true(helper_count(dir, NOW ".corrupt-") > 0);
    assert_int_equal(helper_count(dir, FORMER), 0);
}

static const char go_tables[] = /* as the Go program's sources declare them */
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE containers (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
    "CREATE TABLE addrs (addr BLOB PRIMARY KEY, container_id TEXT NOT NULL, FOREIGN KEY(container_id) REFERENCES "
    "containers(id));"
    "INSERT INTO containers VALUES ('0123456789ab', 'web')";

static void go_closed(const char *dir)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(helper_path(dir, FORMER), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, go_tables, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* It ends without closing its database. */
static void go_killed(const char *dir)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db;
        if (sqlite3_open(helper_path(dir, FORMER), &db) != SQLITE_OK ||
            sqlite3_exec(db, go_tables, NULL, NULL, NULL) != SQLITE_OK)
            _exit(1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(exists(dir, FORMER "-wal"));
}

static void another_programs(const char *dir)
{
    static const char text[200] = "no database at all, but long enough to have a header";
    helper_write_file(helper_path(dir, FORMER), text, sizeof(text));
}

static void a_link_to_ours(const char *dir)
{
    closed(dir);
    assert_int_equal(rename(helper_path(dir, FORMER), helper_path(dir, "elsewhere")), 0);
    assert_int_equal(symlink("elsewhere", helper_path(dir, FORMER)), 0);
}

static char *digest(const char *dir)
{
    char command[600];
    char *text = calloc(1, 4096);
    snprintf(command, sizeof(command),
             "cd '%s' && for f in " FORMER " " FORMER "-wal; do [ ! -e $f ] || sha256sum $f; done; ls " FORMER "*",
             dir);
    FILE *out = popen(command, "re");
    assert_non_null(out);
    assert_true(fread(text, 1, 4095, out) > 0);
    pclose(out);
    return text;
}

static void that_of_others_is_left_alone(void **state)
{
    static const struct {
        const char *title;
        void (*make)(const char *dir);
    } rows[] = {
        {"the Go program's", go_closed},
        {"the Go program's, and it was killed", go_killed},
        {"no database", another_programs},
        {"a link", a_link_to_ours},
    };
    const char *dir = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("           %s\n", rows[i].title);
        rows[i].make(dir);
        char *before = digest(dir);
        struct ww_store *s = helper_open(dir);
        assert_string_equal(ww_store_path(s), helper_path(dir, NOW));
        assert_int_equal(helper_save(s, "n", 9, NULL), 0);
        ww_store_close(s);
        char *after = digest(dir);
        assert_string_equal(after, before);
        free(before);
        free(after);
        unlink(helper_path(dir, NOW));
        unlink(helper_path(dir, FORMER));
        unlink(helper_path(dir, FORMER "-wal"));
        unlink(helper_path(dir, FORMER "-shm"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, helper_setup, helper_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_an_earlier_version_knew_is_moved),
        TEST(nothing_is_lost_where_moving_ends_in_the_middle),
        TEST(it_is_moved_once),
        TEST(one_that_is_in_use_is_used_where_it_is),
        TEST(one_that_is_damaged_is_set_aside_at_its_new_place),
        TEST(that_of_others_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
