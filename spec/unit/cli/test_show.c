/* What `whalewall show` prints of an answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/show.h"

static const char json[] =
    "{\"format\":1,\"id\":\"0123456789abcdef\",\"name\":\"web\\u001b\",\"managed\":true,\"status\":{\"state\":"
    "\"waiting\","
    "\"shares\":\"fedcba9876543210\",\"quarantine\":null,\"waiting\":[{\"rule\":\"output[1]\",\"reason\":\"no "
    "'late'\"}],"
    "\"notes\":[{\"rule\":\"output[2]\",\"reason\":\"a group\"}],"
    "\"unenforceable\":[{\"network\":\"far\",\"reason\":\"driver macvlan\"}],"
    "\"addresses\":[{\"network\":\"front\",\"ipv4\":\"198.51.100.2\",\"ipv6\":\"2001:db8::2\"}],"
    "\"dropped\":{\"out\":5,\"in\":1}},"
    "\"published\":[{\"protocol\":\"tcp\",\"host\":\"2001:db8::1\",\"host_port\":8080,\"port\":80}],"
    "\"rules\":[{\"side\":\"localhost\",\"peer\":\"any\",\"peers\":[],\"origin\":\"mapped_ports.localhost\",\"log\":"
    "\"x\","
    "\"verdict\":\"accept\"},"
    "{\"side\":\"external\",\"peer\":\"addresses\",\"peers\":[{\"address\":\"192.0.2.0/24\",\"container\":null}],"
    "\"origin\":\"mapped_ports.external\",\"verdict\":\"chain\",\"chain\":\"mine\"},"
    "{\"side\":\"input\",\"peer\":\"host\",\"peers\":[],\"protocol\":null,\"ports\":[],\"origin\":\"input[0]\"},"
    "{\"side\":\"output\",\"peer\":\"addresses\",\"peers\":[{\"address\":\"198.51.100.3\",\"container\":\"db\"},"
    "{\"address\":\"192.0.2.7\",\"container\":null}],\"own\":[\"198.51.100.2\"],\"protocol\":\"tcp\","
    "\"source_ports\":[\"1024-65535\"],\"ports\":[\"80\",\"443\"],\"origin\":\"output[0] line "
    "3\",\"verdict\":\"queue\","
    "\"queue\":7}],"
    "\"bans\":[{\"side\":\"output\",\"peer\":\"any\",\"peers\":[],\"protocol\":\"tcp\",\"ports\":[\"25\"],"
    "\"origin\":\"p.lua:4\",\"reason\":\"no mail\"}]}";

static const char wanted[] =
    "web  0123456789ab: waiting\n"
    "  address    198.51.100.2, 2001:db8::2 on front\n"
    "  published  [2001:db8::1]:8080 -> 80/tcp\n"
    "  shares     the addresses of fedcba987654\n"
    "  waits      output[1]: no 'late'\n"
    "  note       output[2]: a group\n"
    "  open       far: driver macvlan\n"
    "\nrules, in the order in which they are tried; all else is dropped\n"
    "  localhost  from the host to the published ports; logged                                            "
    "mapped_ports.localhost\n"
    "  external   from 192.0.2.0/24 to the published ports; the chain mine decides                        "
    "mapped_ports.external\n"
    "  input      from the host: everything                                                               input[0]\n"
    "  output     to db (198.51.100.3), 192.0.2.7: tcp 80, 443, from port 1024-65535, at 198.51.100.2; queue 7 "
    "decides  output[0] line 3\n"
    "\nrefused, whatever rules allow\n"
    "  output  to anybody: tcp 25  p.lua:4: no mail\n"
    "\ndropped packets: out 5, in 1\n";

static int show(const char *answer, char **ret_text)
{
    size_t len = 0;
    FILE *out = open_memstream(ret_text, &len);
    assert_non_null(out);
    int rc = ww_show_show(answer, strlen(answer), false, out, NULL);
    fclose(out);
    return rc;
}

/* Blanks between columns are the table's, and tested there. */
static void squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (!(*from == ' ' && from[1] == ' ' && from[2] == ' '))
            *to++ = *from;
    *to = '\0';
}

static void a_container_is_shown_with_its_rules_in_words(void **state)
{
    char *text = NULL;
    char *expected = strdup(wanted);
    (void)state;
    assert_int_equal(show(json, &text), 1);
    squeeze(text);
    squeeze(expected);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
}

static void what_is_not_well_is_told_by_the_result(void **state)
{
    static const struct {
        const char *json;
        int result;
        const char *part;
    } rows[] = {
        {"{\"format\":1,\"id\":\"0123\",\"name\":\"a\",\"managed\":false,\"status\":null,\"published\":[],\"rules\":[],"
         "\"bans\":[]}",
         0, "a 0123: not managed, so nothing that it does is restricted by it\n"},
        {"{\"format\":1,\"id\":\"0123\",\"name\":\"a\",\"managed\":true,\"status\":{\"state\":\"quarantined\","
         "\"quarantine\":\"the label\",\"dropped\":{}}}",
         0, "a 0123: quarantined: the label\n\ndropped packets: none\n"},
        {"{\"format\":1,\"managed\":true,\"status\":{\"state\":\"unenforceable\",\"dropped\":null}}", 0,
         "unenforceable\n"},
        {"{\"format\":1,\"managed\":true,\"status\":{\"state\":\"enforced\"}}", 1, "enforced\n"},
        {"{\"format\":2}", -EBADMSG, ""},
        {"[", -EBADMSG, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        assert_int_equal(show(rows[i].json, &text), rows[i].result);
        if (!strstr(text, rows[i].part))
            fail_msg("%s", text);
        assert_int_equal(ww_show_is_well(rows[i].json, strlen(rows[i].json), NULL), rows[i].result);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_container_is_shown_with_its_rules_in_words),
        cmocka_unit_test(what_is_not_well_is_told_by_the_result),
    };
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
