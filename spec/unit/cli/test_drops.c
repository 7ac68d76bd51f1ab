/* What `whalewall drops` prints of an answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/drops.h"

static const char json[] =
    "{\"format\":1,\"next\":9,\"left_out\":2,\"drops\":["
    "{\"seq\":8,\"last\":\"2026-11-23T21:14:37.87Z\",\"reports\":3,\"container\":\"web\\u001b\",\"direction\":\"out\","
    "\"peer\":\"198.51.100.3\",\"peer_name\":\"db\",\"protocol\":\"tcp\",\"port\":80,\"reason\":\"out\","
    "\"text\":\"no mail\",\"policy\":\"p.lua:4\"},"
    "{\"seq\":9,\"last\":\"2026-11-23T21:14:38.00Z\",\"reports\":1,\"container\":null,\"direction\":\"in\","
    "\"peer\":\"192.0.2.9\",\"peer_name\":null,\"protocol\":\"icmp\",\"port\":null,\"reason\":\"guard\","
    "\"text\":\"not known\",\"policy\":null}]}";
static const char table[] =
    "LAST                  CONTAINER  PEER                  WHAT    REPORTS  REASON  WHY\n"
    "2026-11-23T21:14:37Z  web        to db (198.51.100.3)  tcp/80  3        out     p.lua:4: no mail\n"
    "2026-11-23T21:14:38Z  -          from 192.0.2.9        icmp    1        guard   not known\n"
    "2 more reports are left out: too many at once\n";
static const char lines[] = "2026-11-23T21:14:37Z  web  to db (198.51.100.3) tcp/80  out: p.lua:4: no mail (3 times)\n"
                            "2026-11-23T21:14:38Z  - from 192.0.2.9 icmp  guard: not known\n";

static void drops_are_shown_as_a_table(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    assert_int_equal(ww_drops_show_table(json, strlen(json), false, out, NULL), 1);
    fclose(out);
    assert_string_equal(text, table);
    free(text);
}

static void what_follows_is_shown_line_by_line(void **state)
{
    uint64_t next = 0;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    assert_int_equal(ww_drops_show_lines(json, strlen(json), false, out, &next, NULL), 1);
    fclose(out);
    assert_string_equal(text, lines);
    assert_int_equal(next, 9);
    free(text);
    out = open_memstream(&text, &len);
    assert_int_equal(ww_drops_show_lines(json, strlen(json), true, out, &next, NULL), 1);
    fclose(out);
    assert_true(strncmp(text, "{\"seq\":8,", 9) == 0);
    assert_non_null(strstr(text, "}\n{\"seq\":9,"));
    free(text);
}

static void what_cannot_be_read_is_refused(void **state)
{
    static const char *const wrong[] = {"{\"format\":2,\"drops\":[]}", "{\"drops\":[]}", "[", ""};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    uint64_t next = 5;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ww_drops_show_table(wrong[i], strlen(wrong[i]), false, out, NULL), -EBADMSG);
        assert_int_equal(ww_drops_show_lines(wrong[i], strlen(wrong[i]), false, out, &next, NULL), -EBADMSG);
        assert_int_equal(ww_drops_check(wrong[i], strlen(wrong[i]), NULL), -EBADMSG);
    }
    assert_int_equal(next, 5);
    static const char none[] = "{\"format\":1,\"next\":0,\"left_out\":0,\"drops\":[]}";
    assert_int_equal(ww_drops_show_table(none, strlen(none), false, out, NULL), 1);
    assert_int_equal(ww_drops_check(none, strlen(none), NULL), 1);
    fclose(out);
    assert_string_equal(text, "nothing that was dropped is remembered\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_are_shown_as_a_table),
        cmocka_unit_test(what_follows_is_shown_line_by_line),
        cmocka_unit_test(what_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests_name("drops", tests, NULL, NULL);
}
