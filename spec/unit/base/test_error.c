#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/base/error.h"

static void fail_fills_in_code_and_text(void **state)
{
    (void)state;
    struct ww_error err = {0};
    assert_int_equal(ww_fail(&err, -EINVAL, "port %d out of range", 70000), -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_string_equal(err.text, "port 70000 out of range");
}

static void the_text_need_not_be_asked_for(void **state)
{
    (void)state;
    assert_int_equal(ww_fail(NULL, -ENOENT, "x"), -ENOENT);
    assert_true(ww_context(NULL, "x") < 0);
}

static void context_goes_before_the_text(void **state)
{
    (void)state;
    struct ww_error err = {0};
    ww_fail(&err, -EIO, "no answer");
    assert_int_equal(ww_context(&err, "container %s", "web"), -EIO);
    assert_string_equal(err.text, "container web: no answer");
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    char text[3 * WW_ERROR_TEXT];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct ww_error err = {0};
    ww_fail(&err, -EIO, "%s", text);
    assert_int_equal(strlen(err.text), WW_ERROR_TEXT - 1);
    for (int room = -3; room <= 3; room++) {
        ww_fail(&err, -EIO, "why");
        assert_int_equal(ww_context(&err, "%.*s", WW_ERROR_TEXT - 4 + room, text), -EIO);
        assert_true(strlen(err.text) < WW_ERROR_TEXT);
        assert_int_equal(err.text[0], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_in_code_and_text),
        cmocka_unit_test(the_text_need_not_be_asked_for),
        cmocka_unit_test(context_goes_before_the_text),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
