#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

static void only_well_formed_characters_have_a_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        uint32_t code;
    } cases[] = {
        {"", 0, 0},
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7f},
        {"\x80", 0, 0},
        {"\xbf", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xdf", 0, 0},
        {"\xdf\x41", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xed\xa0\x80", 0, 0},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xef\xbf", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t code = 0;
        assert_int_equal(ww_utf8_next(cases[i].text, strlen(cases[i].text), &code), cases[i].size);
        assert_int_equal(code, cases[i].code);
    }
    assert_int_equal(ww_utf8_next("\xc3\xa4", 1, NULL), 0);
    assert_int_equal(ww_utf8_next("\xc3\xa4", 2, NULL), 2);
}

static void what_would_change_the_text_around_it_is_replaced(void **state)
{
    (void)state;
    static const char *const hidden[] = {
        "\n",           "\x1b",         "\x7f",         "\xc2\x85",        "\xc2\xad",
        "\xd8\x9c",     "\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8",    "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xf3\xa0\x81\xbf"};
    static const char *const shown[] = {
        "a", "~", "\xc3\xa4", "\xd7\x90", "\xe2\x80\x90", "\xe2\x82\xac", "\xf0\x9f\x90\xb3"};
    char text[16];
    struct ww_buf out = {0};
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        ww_buf_reset(&out);
        snprintf(text, sizeof(text), "<%s>", hidden[i]);
        ww_text_plain(&out, text, 0);
        assert_string_equal(out.data, "< >");
    }
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        ww_buf_reset(&out);
        ww_text_plain(&out, shown[i], 0);
        assert_string_equal(out.data, shown[i]);
    }
    ww_buf_reset(&out);
    ww_text_json(&out, "a\xe2\x80\xae\xc3\xa4", 0);
    assert_string_equal(out.data, "\"a\\u202e\xc3\xa4\"");
    ww_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_well_formed_characters_have_a_length),
        cmocka_unit_test(what_would_change_the_text_around_it_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
