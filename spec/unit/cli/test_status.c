/* What `whalewall status` prints of an answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/status.h"
#include "core/cli/table.h"

#define HEAD "{\"format\":1,\"program\":{\"version\":\"1.2.3\",\"pid\":7,\"uptime_ms\":93784000,\"sandbox\":\"on\"},"
#define SURROUNDINGS                                                                                                   \
    "\"engine\":{\"state\":\"synced\",\"version\":\"20.10, API 1.41\",\"since\":\"2026-11-23T21:14:37.87Z\"},"         \
    "\"kernel\":{\"release\":\"6.1.0\",\"nfqueue\":null,\"sees_bridged_ipv4\":true,\"sees_bridged_ipv6\":false},"      \
    "\"table\":{\"owned\":true,\"shared\":false},"                                                                     \
    "\"docker_user\":{\"wanted\":true,\"ipv4\":true,\"ipv6\":null},\"database\":{\"path\":\"/x/"                       \
    "whalewall.sqlite\",\"durable\":true},\"last_error\":null,"

static int show(const char *json, bool colours, char **ret_text, struct ww_error *err)
{
    size_t len = 0;
    FILE *out = open_memstream(ret_text, &len);
    assert_non_null(out);
    int rc = ww_status_show(json, strlen(json), colours, out, err);
    fclose(out);
    return rc;
}

static void a_status_is_shown_with_what_is_wrong_first(void **state)
{
    (void)state;
    static const char json[] = HEAD
        "\"ok\":false,\"problems\":[{\"code\":\"quarantined\",\"subject\":\"db\",\"text\":\"the label\"},"
        "{\"code\":\"engine_away\",\"subject\":null,\"text\":\"no answer\"}]," SURROUNDINGS
        "\"networks\":[{\"name\":\"front\",\"bridge\":\"br-0\",\"guard\":\"auto\",\"guarded\":true,"
        "\"known\":3,\"bound\":2}],"
        "\"containers\":[{\"id\":\"0123456789abcdef\",\"name\":\"web\",\"state\":\"waiting\",\"rules\":3,"
        "\"active_before_start_ms\":312,\"waiting\":[{\"rule\":\"output[0]\",\"reason\":\"no such container\"}],"
        "\"notes\":[{\"rule\":\"output[1]\",\"reason\":\"a group\"},{\"rule\":\"\",\"reason\":\"of the image\"}],"
        "\"unenforceable\":[],\"addresses\":[{\"network\":\"front\",\"ipv4\":\"192.0.2.2\",\"ipv6\":\"2001:db8::2\"},"
        "{\"network\":\"back\",\"ipv4\":null,\"ipv6\":\"2001:db8::3\"}],\"dropped\":{\"out\":5,\"in\":2,\"host\":0}},"
        "{\"id\":\"fedcba9876543210\",\"name\":\"db\",\"state\":\"quarantined\",\"rules\":0,"
        "\"active_before_start_ms\":-4,\"waiting\":[],\"unenforceable\":[{\"network\":\"m\",\"reason\":\"macvlan\"},"
        "{\"network\":\"o\",\"reason\":\"overlay\",\"accepted\":true}],"
        "\"addresses\":[],\"dropped\":{}}]}";
    static const char wanted[] =
        "whalewall 1.2.3, process 7, up 26 h 3 min: 2 problems\n"
        "  quarantined  db  the label\n"
        "  engine_away      no answer\n"
        "engine       synced: 20.10, API 1.41, since 2026-11-23T21:14:37Z\n"
        "kernel       6.1.0; sees bridged IPv4: yes, IPv6: no; table owner: not known; bridge "
        "ports: not known; nfqueue: not known\n"
        "table        owned: no other program can change it\n"
        "DOCKER-USER  accepts what is allowed: IPv4: yes, IPv6: no such chain\n"
        "sandbox      on: labels are read in processes of their own\n"
        "database     /x/whalewall.sqlite\n"
        "last error   none\n"
        "\n"
        "CONTAINER  ID            STATE        IN FORCE             RULES  DROPPED  ADDRESSES\n"
        "db         fedcba987654  quarantined  4 ms after start     0      0        \n"
        "web        0123456789ab  waiting      312 ms before start  3      7        front 192.0.2.2 "
        "2001:db8::2, back 2001:db8::3\n"
        "\n"
        "NETWORK  BRIDGE  GUARDED  WHY   KNOWN  BOUND\n"
        "front    br-0    yes      auto  3      2\n"
        "\n"
        "rules that wait\n"
        "  web  output[0]  no such container\n"
        "\n"
        "notes on rules\n"
        "  web  output[1]  a group\n"
        "  web             of the image\n"
        "\n"
        "not enforceable\n"
        "  db  m  macvlan\n"
        "  db  o  overlay (accepted)\n"
        "\n"
        "dropped packets\n"
        "  web  5  out\n"
        "  web  2  in\n";
    char *text;
    struct ww_error err = {0};
    assert_int_equal(show(json, false, &text, &err), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static void all_is_well_is_short(void **state)
{
    (void)state;
    char *text;
    struct ww_error err = {0};
    static const char json[] = HEAD "\"ok\":true,\"problems\":[]," SURROUNDINGS "\"containers\":[]}";
    assert_int_equal(show(json, false, &text, &err), 1);
    assert_non_null(strstr(text, "up 26 h 3 min: all is well\nengine"));
    assert_int_equal(ww_status_is_ok(json, strlen(json), &err), 1);
    free(text);
    assert_int_equal(show(json, true, &text, &err), 1);
    assert_non_null(strstr(text, "\033[32mall is well\033[0m\n"));
    free(text);
}

static void another_versions_status_is_not_guessed_at(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *why;
    } rows[] = {
        {"{\"format\":2,\"program\":{\"version\":\"9.9\"},\"ok\":true}",
         "the running whalewall (9.9) speaks version 2 of the status, this one (" WW_VERSION
         ") version 1: use the one that runs"},
        {"{}", "the running whalewall () speaks version 0"},
        {"[1]", "speaks version 0"},
        {"<html>", "not valid JSON"},
        {"", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_error err = {0};
        char *text;
        assert_int_equal(show(rows[i].json, false, &text, &err), -EBADMSG);
        assert_string_equal(text, "");
        free(text);
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s", err.text);
        assert_int_equal(ww_status_is_ok(rows[i].json, strlen(rows[i].json), &err), -EBADMSG);
    }
}

/* Names and reasons come from whoever made the container. */
static void nothing_writes_to_the_terminal_but_us(void **state)
{
    (void)state;
    char *text;
    struct ww_error err = {0};
    static const char json[] =
        HEAD "\"ok\":false,\"problems\":[{\"code\":\"a\\u001b[2J\",\"subject\":\"\\u009b1m\",\"text\":\"x\\ny\"}],"
             "\"engine\":{\"state\":\"\\u0007\"},\"last_error\":{\"time\":\"now\",\"text\":\"\\u001b]0;x\"},"
             "\"containers\":[{\"name\":\"\\u001bc\",\"id\":\"\\r\",\"state\":\"\\t\"}]}";
    assert_int_equal(show(json, false, &text, &err), 0);
    for (const char *p = text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
    assert_null(strstr(text, "\xc2\x9b"));
    assert_non_null(strstr(text, "  a [2J   1m  x y\n"));
    free(text);
}

static void columns_are_as_wide_as_their_characters(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "b", "größer", "x", "\xff", "y"};
    struct ww_table t = {.columns = 2, .indent = 1};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        ww_table_add(&t, WW_RED, cells[i]);
    assert_int_equal(ww_table_print(&t, false, out), 0);
    assert_int_equal(ww_table_print(&t, false, out), 0); /* is empty now */
    fclose(out);
    assert_string_equal(text, " a       b\n größer  x\n \xef\xbf\xbd       y\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_is_shown_with_what_is_wrong_first),
        cmocka_unit_test(all_is_well_is_short),
        cmocka_unit_test(another_versions_status_is_not_guessed_at),
        cmocka_unit_test(nothing_writes_to_the_terminal_but_us),
        cmocka_unit_test(columns_are_as_wide_as_their_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
