/* What `whalewall explain` prints of an answer, and what it asks for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/explain.h"
#include "core/cli/query.h"

#define ENDS(verdict)                                                                                                  \
    "{\"format\":1,\"from\":{\"name\":\"web\"},\"to\":{\"name\":\"db\\u001b\"},\"protocol\":\"tcp\",\"port\":80,"      \
    "\"verdict\":\"" verdict "\","

static int show(const char *json, bool colours, char **ret_text, struct ww_error *err)
{
    size_t len = 0;
    FILE *out = open_memstream(ret_text, &len);
    assert_non_null(out);
    int rc = ww_explain_show(json, strlen(json), colours, out, err);
    fclose(out);
    return rc;
}

static void each_way_is_shown_with_its_steps(void **state)
{
    static const char json[] =
        ENDS("partly") "\"ways\":[{\"verdict\":\"allowed\",\"network\":\"front\",\"through\":null,"
                       "\"source\":\"2001:db8::2\",\"destination\":\"2001:db8::3\",\"destination_port\":80,"
                       "\"dialled\":\"2001:db8::3\",\"dialled_port\":80,\"steps\":[{\"at\":\"sender\",\"container\":"
                       "\"web\",\"passes\":true,\"rule\":\"output[0] line 3\",\"text\":\"allowed\",\"hint\":null}]},"
                       "{\"verdict\":\"refused\",\"network\":null,\"through\":\"host port\",\"source\":\"192.0.2.9\","
                       "\"destination\":\"198.51.100.3\",\"destination_port\":80,\"dialled\":\"192.0.2.1\","
                       "\"dialled_port\":8080,\"steps\":[{\"at\":\"guard\",\"container\":null,\"passes\":false,"
                       "\"rule\":null,\"text\":\"not\\u001b known\",\"hint\":\"a rule\"}]}],"
                       "\"notes\":[\"one\",\"two\"]}";
    static const char wanted[] = "web -> db  tcp/80: partly\n"
                                 "\n  allowed: 2001:db8::2 -> [2001:db8::3]:80, on network front\n"
                                 "    sender    web: output[0] line 3: allowed\n"
                                 "\n  refused: 192.0.2.9 -> 192.0.2.1:8080, by the host port to 198.51.100.3:80\n"
                                 "    guard     not  known\n"
                                 "              to allow it: a rule\n"
                                 "\n  note: one\n  note: two\n";
    char *text = NULL;
    (void)state;
    assert_int_equal(show(json, false, &text, NULL), 0);
    assert_string_equal(text, wanted);
    free(text);
    assert_int_equal(show(json, true, &text, NULL), 0);
    assert_non_null(strstr(text, "\033[33mpartly\033[0m"));
    assert_non_null(strstr(text, "\033[32mallowed\033[0m"));
    assert_non_null(strstr(text, "\033[31mrefused\033[0m"));
    free(text);
}

static void the_verdict_is_the_result(void **state)
{
    static const struct {
        const char *json;
        int result;
    } rows[] = {
        {ENDS("allowed") "\"ways\":[],\"notes\":[]}", 1},
        {ENDS("unfiltered") "\"ways\":[],\"notes\":[]}", 1},
        {ENDS("refused") "\"ways\":[],\"notes\":[]}", 0},
        {ENDS("unknown") "\"ways\":[],\"notes\":[]}", 0},
        {"{\"format\":2,\"verdict\":\"allowed\"}", -EBADMSG},
        {"{\"format\":1}", -EBADMSG},
        {"{\"format\":1", -EBADMSG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        assert_int_equal(show(rows[i].json, false, &text, NULL), rows[i].result);
        free(text);
    }
}

static void values_are_escaped(void **state)
{
    struct ww_buf path = {0};
    (void)state;
    ww_buf_str(&path, "/v1/explain");
    ww_query_add(&path, "from", "a b&c=d%\xc3\xa4");
    ww_query_add(&path, "to", "2001:db8::1");
    assert_string_equal(path.data, "/v1/explain?from=a%20b%26c%3Dd%25%C3%A4&to=2001%3Adb8%3A%3A1");
    ww_buf_done(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_is_shown_with_its_steps),
        cmocka_unit_test(the_verdict_is_the_result),
        cmocka_unit_test(values_are_escaped),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
