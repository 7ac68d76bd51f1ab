/* Containers with one label are derived one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/order.h"
#include "helper_agent.h"

static void those_with_one_label_come_one_after_the_other(void **state)
{
    (void)state;
    struct ww_agent a = {.world = ww_world_new()};
    char gone[] = "gone", one[] = "one", two[] = "two", three[] = "three", four[] = "four", five[] = "five";
    char *ids[] = {one, two, gone, three, four, five};
    static const char *const wanted[] = {"five", "gone", "one", "three", "four", "two"};
    helper_put(&a, "one", "net", "a");
    helper_put(&a, "two", "net", "b");
    helper_put(&a, "three", "net", "a");
    helper_put(&a, "four", "net", "b");
    helper_put(&a, "five", "net", NULL);
    ww_order_by_label(a.world, ids, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(ids[i], wanted[i]);
    ww_order_by_label(a.world, ids, 1);
    ww_order_by_label(a.world, NULL, 0);
    ww_world_free(a.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_with_one_label_come_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
