#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "core/base/clock.h"

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    int64_t last = ww_clock_mono();
    assert_true(last > 0);
    for (int i = 0; i < 10000; i++) {
        int64_t now = ww_clock_mono();
        assert_true(now >= last);
        last = now;
    }
}

static void real_time_is_that_of_the_system(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) - 1;
    int64_t now = ww_clock_real();
    assert_true(now / WW_NS_PER_S >= before);
    assert_true(now / WW_NS_PER_S <= (int64_t)time(NULL) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(real_time_is_that_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
