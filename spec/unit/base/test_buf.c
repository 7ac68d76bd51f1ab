#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"

static void an_empty_buffer_is_ok_and_taken_as_an_empty_string(void **state)
{
    (void)state;
    struct ww_buf buf = {0};
    assert_true(ww_buf_ok(&buf));
    char *text = ww_buf_take(&buf);
    assert_string_equal(text, "");
    free(text);
    assert_null(buf.data);
}

static void what_is_added_is_there_and_ends_with_nul(void **state)
{
    (void)state;
    struct ww_buf buf = {0};
    ww_buf_str(&buf, "one");
    ww_buf_add(&buf, "\0two", 4);
    ww_buf_fmt(&buf, " %d %s", 3, "four");
    assert_int_equal(buf.len, 3 + 4 + 7);
    assert_memory_equal(buf.data, "one\0two 3 four", buf.len + 1);
    ww_buf_done(&buf);
    assert_int_equal(buf.cap, 0);
}

static void it_grows_over_every_size(void **state)
{
    (void)state;
    struct ww_buf buf = {0};
    for (int i = 0; i < 5000; i++)
        ww_buf_fmt(&buf, "%04d", i);
    assert_int_equal(buf.len, 20000);
    assert_memory_equal(buf.data + 4 * 4321, "4321", 4);
    ww_buf_add(&buf, NULL, 0);
    assert_int_equal(strlen(buf.data), buf.len);
    ww_buf_done(&buf);
}

static void consume_drops_the_first_bytes(void **state)
{
    (void)state;
    static const struct {
        size_t drop;
        const char *left;
    } cases[] = {{0, "abcdef"}, {1, "bcdef"}, {6, ""}, {7, ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_buf buf = {0};
        ww_buf_str(&buf, "abcdef");
        ww_buf_consume(&buf, cases[i].drop);
        assert_string_equal(buf.data, cases[i].left);
        assert_int_equal(buf.len, strlen(cases[i].left));
        ww_buf_done(&buf);
    }
    struct ww_buf none = {0};
    ww_buf_consume(&none, 3);
    assert_int_equal(none.len, 0);
}

static void reset_keeps_the_memory(void **state)
{
    (void)state;
    struct ww_buf buf = {0};
    ww_buf_str(&buf, "something");
    size_t cap = buf.cap;
    ww_buf_reset(&buf);
    assert_int_equal(buf.cap, cap);
    assert_string_equal(buf.data, "");
    ww_buf_done(&buf);
}

static void a_failure_sticks_until_reset(void **state)
{
    (void)state;
    struct ww_buf buf = {0};
    ww_buf_str(&buf, "a");
    buf.failed = true;
    ww_buf_str(&buf, "b");
    ww_buf_fmt(&buf, "%d", 1);
    assert_false(ww_buf_ok(&buf));
    assert_string_equal(buf.data, "a");
    ww_buf_reset(&buf);
    assert_true(ww_buf_ok(&buf));
    ww_buf_str(&buf, "c");
    buf.failed = true;
    assert_null(ww_buf_take(&buf));
    assert_null(buf.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_ok_and_taken_as_an_empty_string),
        cmocka_unit_test(what_is_added_is_there_and_ends_with_nul),
        cmocka_unit_test(it_grows_over_every_size),
        cmocka_unit_test(consume_drops_the_first_bytes),
        cmocka_unit_test(reset_keeps_the_memory),
        cmocka_unit_test(a_failure_sticks_until_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
