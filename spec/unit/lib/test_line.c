/* Lines of the log, as other programs get them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lib/line.h"

static void take(void *arg, const struct whalewall_line *line)
{
    char *text = arg;
    for (size_t i = 0; i < line->n_fields; i++)
        assert_non_null(line->fields[i].key);
    whalewall_line_text(line, text, 128);
}

/* That it is an event, too, is no field of it. */
static void each_field_has_a_key(void **state)
{
    char text[128] = "";
    struct ww_line_listener listener = {.fn = take, .arg = text};
    struct ww_log *log = NULL;
    struct ww_error err = {0};
    (void)state;
    if (ww_line_log_new(&listener, WHALEWALL_INFO, &log, &err) < 0)
        fail_msg("%s", err.text);
    ww_log(log, WW_INFO, "container enforced", WW_EVENT("enforced"), WW_S("container.name", "web"), WW_I("rules", 3));
    assert_string_equal(text, "container enforced container.name=web rules=3");
    ww_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_field_has_a_key)};
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
