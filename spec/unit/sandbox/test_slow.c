/* Labels that keep the loop waiting rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/sandbox/slow.h"

#define LONGEST_NS (WW_LIMIT_JAIL_MS * WW_NS_PER_MS)
#define REST_NS (20 * WW_NS_PER_S)
#define A_MOMENT_NS (10 * WW_NS_PER_S) /* more than this test takes, on a busy machine, too */

static const char *named(unsigned i)
{
    static char label[32];
    snprintf(label, sizeof(label), "label %u", i);
    return label;
}

static void fail_all(struct ww_slow *slow, unsigned n, int64_t took)
{
    struct ww_error err = {.code = -ECHILD, .text = "it spins"};
    for (unsigned i = 0; i < n; i++)
        ww_slow_note_failure(slow, named(i), took, &err);
}

static void what_was_slow_rests_and_says_why(void **state)
{
    (void)state;
    struct ww_slow slow = {0};
    struct ww_error err;
    fail_all(&slow, 1, LONGEST_NS);
    assert_int_equal(ww_slow_check(&slow, named(0), &err), -ECHILD);
    assert_string_equal(err.text, "it spins");
    assert_int_equal(ww_slow_check(&slow, named(1), &err), 0);
    assert_in_range(ww_slow_rests(&slow, named(0)), REST_NS - A_MOMENT_NS, REST_NS);
    ww_slow_done(&slow);
}

static void what_failed_at_once_does_not(void **state)
{
    (void)state;
    struct ww_slow slow = {0};
    fail_all(&slow, 1, WW_NS_PER_MS);
    assert_int_equal(ww_slow_check(&slow, named(0), NULL), 0);
    ww_slow_done(&slow);
}

/* A policy of the site that spins is one label for each container. */
static void however_many_rest_trying_them_again_takes_a_small_part_of_the_time(void **state)
{
    (void)state;
    const unsigned n = 1000;
    struct ww_slow slow = {0};
    int64_t again = 0;
    fail_all(&slow, n, LONGEST_NS);
    fail_all(&slow, n, LONGEST_NS);
    for (unsigned i = 0; i < n; i++) {
        int64_t rests = ww_slow_rests(&slow, named(i));
        assert_in_range(rests, 1, 3600 * WW_NS_PER_S);
        again += rests < 1000 * WW_NS_PER_S ? LONGEST_NS : 0;
    }
    assert_int_equal(again, 0);
    ww_slow_done(&slow);
}

static void of_too_many_the_last_ones_are_known(void **state)
{
    (void)state;
    struct ww_slow slow = {0};
    fail_all(&slow, WW_SLOW_LABELS + 1, LONGEST_NS);
    assert_int_equal(ww_slow_check(&slow, named(0), NULL), 0);
    assert_int_equal(ww_slow_check(&slow, named(1), NULL), -ECHILD);
    assert_int_equal(ww_slow_check(&slow, named(WW_SLOW_LABELS), NULL), -ECHILD);
    ww_slow_done(&slow);
}

static void right_answers_that_take_a_whole_time_together_rest_too(void **state)
{
    (void)state;
    struct ww_slow slow = {0};
    struct ww_error err;
    for (int i = 0; i < 3; i++)
        ww_slow_note_answer(&slow, named(0), LONGEST_NS / 4);
    assert_int_equal(ww_slow_check(&slow, named(0), NULL), 0);
    ww_slow_note_answer(&slow, named(0), LONGEST_NS / 4);
    assert_int_equal(ww_slow_check(&slow, named(0), &err), -ECHILD);
    assert_non_null(strstr(err.text, "is too slow"));
    ww_slow_done(&slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_slow_rests_and_says_why),
        cmocka_unit_test(what_failed_at_once_does_not),
        cmocka_unit_test(however_many_rest_trying_them_again_takes_a_small_part_of_the_time),
        cmocka_unit_test(of_too_many_the_last_ones_are_known),
        cmocka_unit_test(right_answers_that_take_a_whole_time_together_rest_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
