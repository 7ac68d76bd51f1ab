/*
 * Frames in the host's name, from an address of another interface than the bridge's: c0 is managed, c2 stands by, c3 is
 * new. They would begin flows of the host's that it knows nothing of, or answer in those that they began themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_frame.h"

static const char *const host[] = {"192.0.2.1", "2001:db8::1"};
static const char *const shared[] = {"192.0.2.255", "2001:db8::"}; /* with others, of their subnets */
static const char *const macs[] = {"02:42:00:00:00:00", NULL, "02:42:00:00:00:02", "02:42:00:00:00:03"};
static const char *const addrs[][2] = {
    {"198.51.100.2", "2001:db8:100::2"},
    {NULL, NULL},
    {"198.51.100.4", "2001:db8:100::4"},
    {"198.51.100.5", "2001:db8:100::5"},
};

/* The host's addresses as the agent tells them; held: it can tell ports of bridges, too. */
static void bind_all(bool held)
{
    struct ww_fence *f = stage_fence(false);
    struct ww_fence *own = ww_fence_new("host", "host", "");
    struct ww_addr addr;
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 2, false, "v2-0");
    own->host = true;
    own->held = held;
    for (int v = 0; v < 2; v++) {
        assert_int_equal(ww_addr_parse(host[v], &addr, NULL), 0);
        assert_int_equal(ww_fence_add_own(own, &addr), 0);
        assert_int_equal(ww_addr_parse(shared[v], &addr, NULL), 0);
        assert_int_equal(ww_fence_add_always(own, &addr), 0);
    }
    stage_move_both(f, own);
}

static bool arrives(int from, int to, const char *src, const char *dst, bool must)
{
    const struct frame frame = {macs[from], macs[to], src, dst, stage.port++, 81, 0};
    int tap = frame_tap(&stage.lab, to);
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send(&stage.lab, from, &frame);
        seen = frame_seen(tap, src, 81);
    }
    close(tap);
    return seen > 0;
}

/* Where ports cannot be told the addresses are for rules only, and nothing is withheld for them. */
static void no_neighbour_hears_the_host_from_a_port(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        const bool held = i & 1;
        const int v = i >> 1 & 1, from = i & 4 ? 3 : 2, to = i & 4 ? 2 : 3;
        bind_all(held);
        if (arrives(from, to, host[v], addrs[to][v], !held) == held)
            fail_msg("c%d to c%d in the host's name, IPv%d, held %d", from, to, v ? 6 : 4, held);
        if (arrives(from, to, shared[v], addrs[to][v], !held) == held)
            fail_msg("c%d to c%d from an address that the host shares, IPv%d, held %d", from, to, v ? 6 : 4, held);
        stage_move(NULL);
    }
}

/* What is from their own addresses goes on. */
static void neighbours_hear_each_other(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        bind_all(true);
        assert_true(arrives(2, 3, addrs[2][v], addrs[3][v], true));
        assert_true(arrives(3, 2, addrs[3][v], addrs[2][v], true));
        stage_move(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_neighbour_hears_the_host_from_a_port),
        cmocka_unit_test(neighbours_hear_each_other),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
