/* Frames to reserved groups: at a managed endpoint's port they go the way of any other frame, and so meet the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/kernel.h"
#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_netns.h"

#define TYPE 0x88b5
#define M0 "02:42:00:00:00:00"
#define M2 "02:42:00:00:00:02"

static const char *const groups[] = {"01:80:c2:00:00:02", "01:80:c2:00:00:03", "01:80:c2:00:00:0e"};

static void bridge_groups(struct ww_fence *f)
{
    struct ww_error err = {0};
    struct ww_fence_change change = {.to = f};
    struct ww_fence_diff diff = {.changes = &change, .n = 1};
    if (ww_kernel_bridge_groups(stage.bench.kernel, &diff, &err) < 0)
        fail_msg("%s", err.text);
}

static struct ww_fence *fence(void)
{
    struct ww_error err = {0};
    struct ww_fence *f = stage_fence(true);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, STAGE_NOWHERE);
    stage_add(f, 2, false, "v2-0");
    assert_int_equal(ww_fence_seal(f, &err), 0);
    return f;
}

/* Does the bridge forward it to c3? */
static unsigned forwarded(int from, const char *mac, const char *group, bool must)
{
    int tap = frame_tap(&stage.lab, 3);
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send_other(&stage.lab, from, mac, group, TYPE);
        seen = frame_seen(tap, NULL, TYPE);
    }
    close(tap);
    return seen;
}

static void only_at_the_port_of_a_managed_one_they_are_bridged(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    assert_int_equal(forwarded(0, M0, groups[0], false), 0);
    bridge_groups(f);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        assert_int_not_equal(forwarded(0, M0, groups[i], true), 0);
        assert_int_equal(forwarded(2, M2, groups[i], false), 0);
    }
    helper_run("ip -d link show v0-0 | grep -q 'hairpin off .*learning on flood on'"); /* nothing else is set */
    ww_fence_unref(f);
}

/* Nor does the bridge learn from them where another's MAC is. */
static void rules_for_the_port_end_them(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    bridge_groups(f);
    frame_send_other(&stage.lab, 0, M2, groups[0], TYPE);
    helper_run("bridge fdb show dev v0-0 | grep -q " M2);
    helper_run("bridge fdb del " M2 " dev v0-0 master");
    stage_bind(true);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        assert_int_equal(forwarded(0, M0, groups[i], false), 0);
        frame_send_other(&stage.lab, 0, M2, groups[i], TYPE);
    }
    helper_run("! bridge fdb show dev v0-0 | grep -q " M2);
    stage_move(NULL);
    ww_fence_unref(f);
}

static void a_port_that_left_its_bridge_is_no_fault(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    helper_run("ip link set v0-0 nomaster");
    bridge_groups(f);
    helper_run("ip link del v0-0");
    bridge_groups(f);
    ww_fence_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_at_the_port_of_a_managed_one_they_are_bridged),
        cmocka_unit_test(rules_for_the_port_end_them),
        cmocka_unit_test(a_port_that_left_its_bridge_is_no_fault),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
