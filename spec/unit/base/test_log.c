#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

struct place {
    char dir[64];
    char file[96];
    char moved[96];
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    strcpy(place->dir, "/tmp/ww-log-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->file, sizeof(place->file), "%s/log", place->dir);
    snprintf(place->moved, sizeof(place->moved), "%s/log.1", place->dir);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    unlink(place->moved);
    rmdir(place->dir);
    free(place);
    return 0;
}

static char *content(const char *path)
{
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    char *text = calloc(1, 8192);
    assert_non_null(text);
    text[fread(text, 1, 8191, f)] = '\0';
    fclose(f);
    return text;
}

static struct ww_log *open_log(const char *path, enum ww_level level)
{
    struct ww_log *log = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_log_new(path, level, &log, &err), 0);
    assert_non_null(log);
    return log;
}

static void a_json_line_escapes_what_json_does_not_take(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"plain", "plain"},
        {"a\"b\\c", "a\\\"b\\\\c"},
        {"two\nlines", "two\\nlines"},
        {"tab\tbell\a\x1b[2J", "tab\\u0009bell\\u0007\\u001b[2J"},
        {"del\x7f", "del\\u007f"},
        {"c1\xc2\x9b", "c1\\u009b"},
        {"ä€😀", "ä€😀"},
        {"\xff", "\xef\xbf\xbd"},
        {"a\xc3", "a\xef\xbf\xbd"},               /* cut off */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong '/' */
        {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\x80x", "\xef\xbf\xbdx"},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_log *log = open_log(place->file, WW_INFO);
        ww_log(log, WW_WARN, "m", WW_S("v", cases[i].text), WW_I("n", -5));
        ww_log_free(log);
        char *text = content(place->file);
        char expected[256];
        snprintf(expected, sizeof(expected), "\"msg\":\"m\",\"v\":\"%s\",\"n\":-5}\n", cases[i].json);
        assert_non_null(strstr(text, ",\"msg\""));
        assert_string_equal(strstr(text, ",\"msg\"") + 1, expected);
        assert_memory_equal(text, "{\"level\":\"warn\",\"time\":\"20", 26);
        free(text);
        unlink(place->file);
    }
}

static void lines_below_the_level_are_dropped(void **state)
{
    struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_WARN);
    assert_false(ww_log_enabled(log, WW_INFO));
    assert_true(ww_log_enabled(log, WW_ERROR));
    assert_false(ww_log_enabled(NULL, WW_ERROR));
    ww_log(log, WW_INFO, "quiet");
    ww_log(log, WW_ERROR, "loud");
    ww_log(NULL, WW_ERROR, "nowhere");
    ww_log_free(log);
    char *text = content(place->file);
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "loud"));
    free(text);
}

static void the_last_error_is_kept(void **state)
{
    const struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_INFO);
    assert_null(ww_log_last_error(log));
    assert_null(ww_log_last_error(NULL));
    ww_log(log, WW_WARN, "a warning", WW_S("error", "x"));
    assert_null(ww_log_last_error(log));
    ww_log(log, WW_ERROR, "first", WW_I("error", 1));
    assert_string_equal(ww_log_last_error(log)->text, "first");
    ww_log(log, WW_ERROR, "second", WW_ID("0123"), WW_S("container.name", "web"), WW_S("error", "why"));
    assert_string_equal(ww_log_last_error(log)->text, "web: second: why");
    ww_log(log, WW_INFO, "later");
    assert_string_equal(ww_log_last_error(log)->text, "web: second: why");
    assert_true(ww_clock_real() - ww_log_last_error(log)->time_ns < 60 * WW_NS_PER_S);
    ww_log_free(log);
}

static void an_id_is_shown_with_12_digits(void **state)
{
    struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_INFO);
    ww_log(log, WW_INFO, "m", WW_ID("0123456789abcdef0123"));
    ww_log_free(log);
    char *text = content(place->file);
    assert_non_null(strstr(text, "\"container.id\":\"0123456789ab\"}"));
    free(text);
}

static void the_file_is_not_for_everybody(void **state)
{
    struct place *place = *state;
    ww_log_free(open_log(place->file, WW_INFO));
    struct stat st;
    assert_int_equal(stat(place->file, &st), 0);
    assert_int_equal(st.st_mode & 07777 & ~0640, 0);
}

static void reopen_follows_a_rotation(void **state)
{
    struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_INFO);
    ww_log(log, WW_INFO, "first");
    assert_int_equal(rename(place->file, place->moved), 0);
    ww_log(log, WW_INFO, "second");
    assert_int_equal(ww_log_reopen(log, NULL), 0);
    ww_log(log, WW_INFO, "third");
    ww_log_free(log);
    char *old = content(place->moved);
    char *new = content(place->file);
    assert_non_null(strstr(old, "first"));
    assert_non_null(strstr(old, "second"));
    assert_null(strstr(old, "third"));
    assert_null(strstr(new, "second"));
    assert_non_null(strstr(new, "third"));
    free(old);
    free(new);
}

static void a_failed_reopen_keeps_the_old_file(void **state)
{
    struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_INFO);
    assert_int_equal(rename(place->file, place->moved), 0);
    assert_int_equal(mkdir(place->file, 0700), 0);
    struct ww_error err = {0};
    assert_int_equal(ww_log_reopen(log, &err), -EISDIR);
    assert_non_null(strstr(err.text, place->file));
    ww_log(log, WW_INFO, "still here");
    ww_log_free(log);
    assert_int_equal(rmdir(place->file), 0);
    char *text = content(place->moved);
    assert_non_null(strstr(text, "still here"));
    free(text);
}

static void a_file_that_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct ww_log *log = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_log_new("/nonexistent/log", WW_INFO, &log, &err), -ENOENT);
    assert_string_equal(err.text, "cannot open the log file '/nonexistent/log': No such file or directory");
    assert_null(log);
}

static void a_terminal_gets_text_without_control_characters(void **state)
{
    (void)state;
    int master;
    int slave;
    char path[64];
    assert_int_equal(openpty(&master, &slave, path, NULL, NULL), 0);
    struct ww_log *log = open_log(path, WW_INFO);
    ww_log(log, WW_INFO, "hello", WW_S("v", "a\x1b[2J\xc2\x9bz\xff"), WW_I("n", 7));
    char text[512] = "";
    ssize_t n = read(master, text, sizeof(text) - 1);
    assert_true(n > 0);
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, " info  hello v=a [2J z\xef\xbf\xbd n=7"));
    ww_log_free(log);
    close(slave);
    close(master);
}

/* Into the file that is said to be the journal, or is not: standard error is it meanwhile. */
static char *said_to_standard_error(const char *path, bool journal)
{
    char stream[64];
    struct stat st;
    struct ww_log *log = NULL;
    int kept = dup(STDERR_FILENO);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(kept >= 0 && fd >= 0 && fstat(fd, &st) == 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino + !journal);
    setenv("JOURNAL_STREAM", stream, 1);
    dup2(fd, STDERR_FILENO);
    int rc = ww_log_new("stderr", WW_DEBUG, &log, NULL);
    for (int level = WW_DEBUG; level <= WW_ERROR; level++)
        ww_log(log, (enum ww_level)level, "a\nb");
    ww_log_free(log);
    dup2(kept, STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    close(kept);
    close(fd);
    assert_int_equal(rc, 0);
    return content(path);
}

static void lines_for_the_journal_begin_with_their_level(void **state)
{
    static const char *const begins[] = {"<7>{\"level\":\"debug\"", "<6>{\"level\":\"info\"", "<4>{\"level\":\"warn\"",
                                         "<3>{\"level\":\"error\""};
    const struct place *place = *state;
    for (int journal = 0; journal <= 1; journal++) {
        char *text = said_to_standard_error(place->file, journal);
        char *line = text;
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(strncmp(line, begins[i] + (journal ? 0 : 3), strlen(begins[i]) - 3), 0);
            line = strchr(line, '\n') + 1;
        }
        assert_string_equal(line, "");
        free(text);
    }
}

static void note_event(void *arg, enum ww_level level, const char *event, const char *msg,
                       const struct ww_field *fields, size_t n)
{
    char *told = arg;
    (void)level;
    (void)fields;
    (void)n;
    snprintf(told + strlen(told), 128 - strlen(told), "%s %s;", event ? event : "-", msg);
}

/* What is written is the reader's choice; what is remembered is not. */
static void an_observer_is_told_of_lines_that_are_not_written(void **state)
{
    const struct place *place = *state;
    struct ww_log *log = open_log(place->file, WW_ERROR + 1);
    char told[128] = "";
    ww_log_observe(log, note_event, told);
    ww_log(log, WW_INFO, "one", WW_EVENT("enforced"));
    ww_log(log, WW_INFO, "two");
    ww_log(log, WW_WARN, "three");
    ww_log(log, WW_ERROR, "four");
    assert_string_equal(told, "enforced one;- three;- four;");
    assert_non_null(ww_log_last_error(log));
    assert_string_equal(ww_log_last_error(log)->text, "four");
    ww_log_free(log);
    char *written = content(place->file);
    assert_string_equal(written, "");
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_json_line_escapes_what_json_does_not_take, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_below_the_level_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_error_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(an_observer_is_told_of_lines_that_are_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(an_id_is_shown_with_12_digits, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_not_for_everybody, setup, teardown),
        cmocka_unit_test_setup_teardown(reopen_follows_a_rotation, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_reopen_keeps_the_old_file, setup, teardown),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_an_error),
        cmocka_unit_test(a_terminal_gets_text_without_control_characters),
        cmocka_unit_test_setup_teardown(lines_for_the_journal_begin_with_their_level, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
