/*
 * A bridge that is none of the engine's, beside one that is: what stays within it is let alone, though it has the
 * addresses of a managed container. c0 is managed on br0; br1 is of another program, with c2 and c3 on it.
 */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_netns.h"

#define OURS "198.51.100.2" /* c0's, and there c2's */
#define THERE "198.51.101.5"

static void add_port(struct ww_fence *f, const char *port)
{
    struct ww_known k = {.container = (char *)(uintptr_t)port, .port = if_nametoindex(port)};
    assert_int_equal(ww_fence_add_bystander(f, &k), 0);
}

static void what_stays_within_it_is_let_alone(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct ww_fence *ours = stage_fence(false);
        struct ww_fence *apart = ww_fence_new("apart", "br1", "br1");
        stage_add(ours, 0, true, "v0-0");
        apart->apart = true;
        add_port(apart, "v2-1");
        add_port(apart, "v3-1");
        if (!known)
            ww_fence_unref(apart);
        stage_move_both(ours, known ? apart : NULL);
        assert_int_equal(known ? stage_arrives_at_last(2, 3, OURS, THERE, stage.port, 81)
                               : stage_arrives(2, 3, OURS, THERE, stage.port, 81),
                         known);
        assert_int_equal(known ? stage_arrives_at_last(3, 2, THERE, OURS, 4000, 81)
                               : stage_arrives(3, 2, THERE, OURS, 4000, 81),
                         known);
        stage_move(NULL);
    }
}

static int open_apart(void **state)
{
    int rc = stage_open(state);
    lab_enter(&stage.lab, 2);
    helper_run("ip addr add " OURS "/32 dev eth1 && ip route add " THERE "/32 dev eth1 table 100");
    lab_enter(&stage.lab, 3);
    helper_run("ip route add " OURS "/32 dev eth1 table 101");
    lab_enter(&stage.lab, LAB_HOST);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_within_it_is_let_alone),
    };
    return cmocka_run_group_tests(tests, open_apart, stage_close);
}
