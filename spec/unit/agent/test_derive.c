/* What is said of a label that cannot be obeyed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "helper_agent.h"
#include "helper_live.h"

#define AT "label 'whalewall.enabled' line 1 column 1: "
#define PLAIN " is not a YAML boolean; write \"true\" to manage the container, \"false\" not to"
#define QUOTED(word)                                                                                                   \
    " is not a YAML boolean, for the quotes are part of the value; write whalewall.enabled: \"" word                   \
    "\" where labels are a map, and - whalewall.enabled=" word " where they are a list"

static void a_switch_that_is_none_is_told_with_what_to_write(void **state)
{
    static const struct {
        const char *value;
        const char *fault;
    } cases[] = {
        {"maybe", AT "'maybe'" PLAIN},
        {"\"true\"", AT "'\"true\"'" QUOTED("true")},
        {"'true'", AT "''true''" QUOTED("true")},
        {"\"Yes\"", AT "'\"Yes\"'" QUOTED("true")},
        {"'off'", AT "''off''" QUOTED("false")},
        {"\"maybe\"", AT "'\"maybe\"'" PLAIN},
        {"\"true'", AT "'\"true''" PLAIN},
        {"\"\"", AT "'\"\"'" PLAIN},
        {"\"", AT "'\"'" PLAIN},
        {"true\"", AT "'true\"'" PLAIN},
    };
    struct ww_agent *a = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_container *c = ww_container_new();
        assert_non_null(c);
        c->id = strdup("switched");
        c->name = strdup("switched");
        c->label_enabled = strdup(cases[i].value);
        assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
        ww_reconcile(a);
        const struct ww_managed_container *s = ww_managed_container_find(&a->managed, "switched");
        assert_non_null(s);
        assert_string_equal(s->fault, cases[i].fault);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_switch_that_is_none_is_told_with_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
