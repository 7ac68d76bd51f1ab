#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/docker/lines.h"

static int collect(void *arg, const char *line, size_t len, struct ww_error *err)
{
    (void)err;
    ww_buf_add(arg, line, len);
    ww_buf_str(arg, "|");
    return 0;
}

static int refuse_b(void *arg, const char *line, size_t len, struct ww_error *err)
{
    if (len == 1 && line[0] == 'b')
        return ww_fail(err, -EBADMSG, "no b");
    return collect(arg, line, len, err);
}

static const char text[] = "a\nbb\r\n\n\r\nccc\n{\"x\": 1}\nhalf";

static void cut_anywhere_the_lines_are_the_same(void **state)
{
    (void)state;
    size_t len = strlen(text);
    for (size_t first = 0; first <= len; first++) {
        for (size_t second = first; second <= len; second++) {
            struct ww_lines lines = {.limit = 8};
            struct ww_buf got = {0};
            assert_int_equal(ww_lines_feed(&lines, text, first, collect, &got, NULL), 0);
            assert_int_equal(ww_lines_feed(&lines, text + first, second - first, collect, &got, NULL), 0);
            assert_int_equal(ww_lines_feed(&lines, text + second, len - second, collect, &got, NULL), 0);
            assert_string_equal(got.data, "a|bb|ccc|{\"x\": 1}|");
            assert_true(ww_lines_is_open(&lines));
            ww_lines_reset(&lines);
            assert_false(ww_lines_is_open(&lines));
            ww_lines_done(&lines);
            ww_buf_done(&got);
        }
    }
}

static void a_line_over_the_limit_is_refused_as_soon_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        int rc;
    } cases[] = {
        {"12345678\n", "", 0},           {"1234", "5678\n", 0},        {"123456789\n", "", -EMSGSIZE},
        {"123456789", "", -EMSGSIZE},    {"1234", "56789", -EMSGSIZE}, {"1234", "56789\n", -EMSGSIZE},
        {"x\n123456789", "", -EMSGSIZE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_lines lines = {.limit = 8};
        struct ww_buf got = {0};
        struct ww_error err = {0};
        int rc = ww_lines_feed(&lines, cases[i].first, strlen(cases[i].first), collect, &got, &err);
        if (rc == 0)
            rc = ww_lines_feed(&lines, cases[i].second, strlen(cases[i].second), collect, &got, &err);
        assert_int_equal(rc, cases[i].rc);
        if (rc < 0)
            assert_string_equal(err.text, "a line has more than 8 bytes");
        ww_lines_done(&lines);
        ww_buf_done(&got);
    }
}

static void what_a_line_is_refused_for_stops_the_rest(void **state)
{
    (void)state;
    struct ww_lines lines = {.limit = 8};
    struct ww_buf got = {0};
    struct ww_error err = {0};
    assert_int_equal(ww_lines_feed(&lines, "a\nb\nc\n", 6, refuse_b, &got, &err), -EBADMSG);
    assert_string_equal(got.data, "a|");
    assert_string_equal(err.text, "no b");
    ww_lines_done(&lines);
    ww_buf_done(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere_the_lines_are_the_same),
        cmocka_unit_test(a_line_over_the_limit_is_refused_as_soon_as_it_is),
        cmocka_unit_test(what_a_line_is_refused_for_stops_the_rest),
    };
    return cmocka_run_group_tests_name("docker.lines", tests, NULL, NULL);
}
