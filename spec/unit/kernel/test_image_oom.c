/* What is taken back is taken back, or the caller is told: whichever allocation fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ir/ruleset.h"
#include "core/ir/text.h"
#include "core/kernel/lower/lower.h"
#include "core/kernel/table/image.h"
#include "spec/unit/helper_oom.h"

#define WEB                                                                                                            \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000001 \"web\"\n"                               \
    "endpoint 198.51.100.2 2001:db8:1::2 02:42:c6:33:64:02\n"                                                          \
    "publish tcp 80 on 0.0.0.0 port 8080\n"                                                                            \
    "external from any origin \"mapped_ports.external\"\n"                                                             \
    "output to 203.0.113.5 tcp dport 443 origin \"output[0]\"\n"
#define MOST 1000 /* allocations of one change */

static void lower_web(struct ww_lowered *ret_lowered)
{
    struct ww_error err = {0};
    struct ww_ruleset *rs = NULL;
    if (ww_ruleset_read(WEB, &rs, &err) < 0 || ww_lower(rs, ret_lowered, &err) < 0)
        fail_msg("%s", err.text);
    ww_ruleset_unref(rs);
}

static size_t count_wanted(struct ww_image *image)
{
    const char *value;
    size_t n = 0;
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e))
        n += ww_entry_wanted(e, &value);
    return n;
}

/* With the Nth allocation that fails; 0: none does. What the change returns. */
static int take_back(const struct ww_lowered *lowered, long nth, size_t *ret_left)
{
    struct ww_image image = {0};
    assert_int_equal(ww_image_refer(&image, lowered, true, "web"), 0);
    assert_int_equal(ww_image_commit(&image), 0);
    assert_true(count_wanted(&image) > 0);
    oom_arm(nth, false);
    int rc = ww_image_refer(&image, lowered, false, "web");
    oom_arm(0, false);
    *ret_left = count_wanted(&image);
    ww_image_rollback(&image);
    ww_image_done(&image);
    return rc;
}

static void nothing_stays_in_silence(void **state)
{
    (void)state;
    struct ww_lowered lowered = {0};
    size_t left;
    lower_web(&lowered);
    assert_int_equal(take_back(&lowered, 0, &left), 0);
    assert_int_equal(left, 0);
    for (long nth = 1; nth < MOST; nth++) {
        int rc = take_back(&lowered, nth, &left);
        if (rc == 0 && left)
            fail_msg("allocation %ld fails: %zu entries stay, and no error is told", nth, left);
        assert_true(rc == 0 || rc == -ENOMEM);
    }
    ww_lowered_done(&lowered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_stays_in_silence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
