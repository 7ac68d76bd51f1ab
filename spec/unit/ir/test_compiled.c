#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/compiled.h"
#include "core/ir/text.h"

static struct ww_rule rule_of(const char *line)
{
    struct ww_rule rule;
    assert_int_equal(ww_rule_read(line, &rule, NULL), 0);
    return rule;
}

static void text_round_trip(void **state)
{
    static const char text[] =
        "manage yes\n"
        "rule output to any tcp dport 443 origin \"output[1]\"\n"
        "rule localhost origin \"mapped_ports.localhost\"\n"
        "consent bbbb input consent from 198.51.100.2 tcp dport 5432 origin \"output[0] of web\"\n"
        "consent \"odd id\" input consent from any\n"
        "note \"\" \"the label is empty\\nreally\"\n"
        "waiting \"output[2]\" \"no container is called \\\"db\\\"\"\n"
        "ban \"never \\\"there\\\"\" output to 192.0.2.1 origin \"p (p.lua:3)\"\n";
    struct ww_compiled c = {0};
    struct ww_buf out = {0};
    (void)state;
    assert_int_equal(ww_compiled_read(text, &c, NULL), 0);
    assert_int_equal(c.n_rules, 2);
    assert_int_equal(c.n_consents, 2);
    assert_int_equal(c.manage, WW_MANAGE_YES);
    assert_int_equal(c.n_bans, 1);
    assert_string_equal(c.bans[0].reason, "never \"there\"");
    assert_string_equal(c.consents[1].target, "odd id");
    assert_false(c.notes[0].waiting);
    assert_true(c.notes[1].waiting);
    assert_string_equal(c.notes[1].text, "no container is called \"db\"");
    ww_compiled_write(&c, &out);
    assert_string_equal(out.data, text);
    ww_buf_done(&out);
    ww_compiled_done(&c);
    assert_int_equal(ww_compiled_read("", &c, NULL), 0);
    assert_int_equal(c.n_rules + c.n_consents + c.n_notes, 0);
    ww_compiled_done(&c);
}

static void adding_takes_the_rule_over(void **state)
{
    struct ww_compiled c = {0};
    struct ww_rule rule = rule_of("output to any origin \"a\"");
    struct ww_rule consent = rule_of("input consent from any origin \"b\"");
    (void)state;
    assert_int_equal(ww_compiled_add_rule(&c, &rule), 0);
    assert_int_equal(ww_compiled_add_consent(&c, "target", &consent), 0);
    assert_int_equal(ww_compiled_add_note(&c, true, "o", "t"), 0);
    assert_null(rule.origin);
    assert_null(consent.origin);
    assert_string_equal(c.rules[0].origin, "a");
    assert_string_equal(c.consents[0].rule.origin, "b");
    ww_compiled_done(&c);
    assert_null(c.rules);
}

static void refuses_with_the_place(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"rules", "line 1, column 1: a line starts with rule, consent, note, waiting, ban or manage"},
        {"rule output to any\n\n", "line 2, column 1: a line starts with rule, consent, note, waiting, ban or manage"},
        {"rule output to any tcp dport 0\n",
         "line 1, column 30: '0' is neither a port from 1 to 65535 nor a range of ports"},
        {"consent\n", "line 1, column 8: a container's id is missing here"},
        {"consent a input from any\n", "line 1, column 10: a consent's rule starts with 'input consent'"},
        {"note \"a\"\n", "line 1, column 9: a text in double quotes is missing here"},
        {"manage maybe\n", "line 1, column 8: yes or no is missing here"},
        {"ban output to any\n", "line 1, column 5: a reason in double quotes is missing here"},
        {"ban \"r\" output to host\n",
         "line 1, column 8: a ban is about input or output, and not about the host alone"},
        {"note \"a\" \"b\" \"c\"\n", "line 1, column 14: '\"c\"' is not expected here"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        assert_int_equal(ww_compiled_read(rows[i].text, &c, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].message);
        assert_null(c.rules);
    }
}

static void notes_are_cut_at_their_limits(void **state)
{
    static const char shown[] = "3 more notes are left out (WW_LIMIT_NOTES)";
    struct ww_compiled c = {0};
    struct ww_buf text = {0};
    (void)state;
    ww_buf_str(&text, "\xc3\xa4"); /* two bytes, so that the limit is within a character */
    for (int i = 2; i < WW_LIMIT_ORIGIN - 1; i++)
        ww_buf_str(&text, "x");
    ww_buf_str(&text, "\xc3\xa4y");
    for (int i = 0; i < WW_LIMIT_NOTES; i++)
        assert_int_equal(ww_compiled_add_note(&c, true, "output[0]", i ? "short" : text.data), 0);
    assert_int_equal(ww_compiled_limit_notes(&c), 0);
    assert_int_equal(c.n_notes, WW_LIMIT_NOTES);
    assert_int_equal(strlen(c.notes[0].text), WW_LIMIT_ORIGIN - 1);
    assert_string_equal(c.notes[WW_LIMIT_NOTES - 1].text, "short");
    for (int i = 0; i < 2; i++)
        assert_int_equal(ww_compiled_add_note(&c, true, "output[0]", "more"), 0);
    assert_int_equal(ww_compiled_limit_notes(&c), 0);
    assert_int_equal(c.n_notes, WW_LIMIT_NOTES);
    assert_string_equal(c.notes[WW_LIMIT_NOTES - 1].text, shown);
    ww_buf_done(&text);
    ww_compiled_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trip),
        cmocka_unit_test(adding_takes_the_rule_over),
        cmocka_unit_test(refuses_with_the_place),
        cmocka_unit_test(notes_are_cut_at_their_limits),
    };
    return cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
