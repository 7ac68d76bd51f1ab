/* What `whalewall events` prints of an answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/events.h"

static const char json[] =
    "{\"format\":1,\"next\":9,\"missed\":2,\"events\":["
    "{\"seq\":8,\"time\":\"2026-11-23T21:14:37.87Z\",\"kind\":\"enforced\",\"level\":\"info\",\"text\":\"container "
    "enforced\","
    "\"container\":\"web\\u001b[31m\",\"id\":\"0123456789ab\",\"details\":{\"rules\":3,\"why\":\"so\"}},"
    "{\"seq\":9,\"time\":\"2026-11-23T21:14:38.00Z\",\"kind\":\"error\",\"level\":\"error\",\"text\":\"no kernel\","
    "\"container\":null,\"id\":null,\"details\":{}}]}";

static char *lines(bool as_json, uint64_t *ret_next)
{
    char *text = NULL;
    size_t len = 0;
    struct ww_error err = {0};
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(ww_events_show_lines(json, strlen(json), as_json, out, ret_next, &err), 1);
    fclose(out);
    return text;
}

static void each_event_is_a_line(void **state)
{
    uint64_t next = 0;
    char *text = lines(false, &next);
    (void)state;
    assert_int_equal(next, 9);
    assert_string_equal(text, "2 events are missing here: they came faster than they were read\n"
                              "2026-11-23T21:14:37Z  enforced    web [31m: container enforced; rules 3, why so\n"
                              "2026-11-23T21:14:38Z  error       no kernel\n");
    free(text);
}

static void each_event_is_an_object(void **state)
{
    uint64_t next = 0;
    char *text = lines(true, &next);
    (void)state;
    assert_non_null(strstr(text, "{\"missed\":2}\n{\"seq\":8,"));
    assert_non_null(strstr(text, "\"details\":{\"rules\":3,\"why\":\"so\"}}\n{\"seq\":9,"));
    free(text);
}

static void another_format_is_refused(void **state)
{
    struct ww_error err = {0};
    (void)state;
    assert_int_equal(ww_events_check("{\"format\":2}", 12, &err), -EBADMSG);
    assert_int_equal(ww_events_check(json, strlen(json), &err), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_a_line),
        cmocka_unit_test(each_event_is_an_object),
        cmocka_unit_test(another_format_is_refused),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
