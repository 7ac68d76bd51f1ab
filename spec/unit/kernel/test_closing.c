/*
 * Another program took the tables away: the first step, which closes, brings back each set that something closes by,
 * with what was in it.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_netns.h"

#define PUBLISHED                                                                                                      \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"                                \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"                                                        \
    "publish udp 80 on 0.0.0.0 port 8080\npublish udp 81 on 192.0.2.1 port 8081\n"

/* With a MAC of its bridge port's, too. */
static void add_known(struct ww_fence *f, unsigned n, bool managed, bool bound)
{
    char text[64];
    struct ww_known k = {.managed = managed, .container = text};
    snprintf(text, sizeof(text), "v%u-0", n);
    k.port = bound ? if_nametoindex(text) : 0;
    snprintf(text, sizeof(text), "198.51.100.%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv4, NULL), 0);
    snprintf(text, sizeof(text), "2001:db8:100::%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv6, NULL), 0);
    snprintf(text, sizeof(text), "02:42:00:00:00:%02x", n);
    assert_int_equal(ww_mac_parse(text, &k.addrs.mac, NULL), 0);
    snprintf(text, sizeof(text), "02:00:00:00:01:%02x", n);
    assert_int_equal(ww_mac_parse(text, &k.port_mac, NULL), 0);
    snprintf(text, sizeof(text), "c%u-0123456789abcdef", n);
    assert_int_equal(ww_fence_add_known(f, &k), 0);
}

/* Of the host, at ports of whichever bridge. */
static struct ww_fence *hosts_own(void)
{
    struct ww_addr addr;
    struct ww_fence *own = ww_fence_new("host", "host", "");
    own->host = own->held = true;
    assert_int_equal(ww_addr_parse("192.0.2.1", &addr, NULL), 0);
    assert_int_equal(ww_fence_add_own(own, &addr), 0);
    return own;
}

static void guard(bool bound)
{
    struct ww_addr aside;
    struct ww_fence *f = stage_fence(true);
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.100.98", &aside, NULL), 0);
    assert_int_equal(ww_fence_add_aux(f, &aside), 0);
    add_known(f, 0, true, bound);
    add_known(f, 2, false, bound);
    stage_move_both(f, hosts_own());
}

static void assert_filled(const char *const *sets, size_t n, const char *when)
{
    for (size_t i = 0; i < n; i++) {
        char command[128];
        snprintf(command, sizeof(command), "nft list set %s 2>&1 || true", sets[i]);
        char *text = helper_output(command);
        if (!strstr(text, "elements = {"))
            fail_msg("%s: nothing is in set %s: %s", when, sets[i], text);
        free(text);
    }
}

static void close_again(void)
{
    struct bench *b = &stage.bench;
    struct ww_external_change found = {0};
    if (ww_kernel_watch_drain(b->kernel, &found, &b->err) < 0)
        fail_msg("%s", b->err.text);
    helper_run("nft flush ruleset");
    if (ww_kernel_watch_drain(b->kernel, &found, &b->err) < 0 || ww_kernel_close_touched(b->kernel, &b->err) < 0)
        fail_msg("%s", b->err.text);
}

static void try_sets(bool bound, const char *const *sets, size_t n)
{
    struct bench *b = &stage.bench;
    guard(bound);
    assert_filled(sets, n, "before");
    close_again();
    assert_filled(sets, n, "closed");
    if (ww_kernel_apply_all(b->kernel, b->plan, stage_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    stage_move(NULL);
}

static void all_that_closes_is_back_at_once(void **state)
{
    (void)state;
    static const char *const bound[] = {
        "inet whalewall managed4",     "inet whalewall bound4",       "inet whalewall endpoint4",
        "inet whalewall guarded",      "inet whalewall known4",       "inet whalewall free",
        "inet whalewall inside",       "inet whalewall gate_mac",     "inet whalewall aux4",
        "inet whalewall pub_p4",       "inet whalewall pub_hp4",      "bridge whalewall held4",
        "bridge whalewall port",       "bridge whalewall taken",      "bridge whalewall mac_lent",
        "bridge whalewall port_mac",   "bridge whalewall held_nd",    "bridge whalewall closed",
        "bridge whalewall closed_mac", "bridge whalewall mac_fenced", "inet whalewall wire",
        "bridge whalewall ours4",
    };
    static const char *const within[] = {"bridge whalewall fenced"};
    static const char *const unbound[] = {"inet whalewall mac", "inet whalewall local6"};
    try_sets(true, bound, sizeof(bound) / sizeof(bound[0]));
    try_sets(false, unbound, sizeof(unbound) / sizeof(unbound[0]));
    stage_start_with(0, 0); /* the IP hooks do not see what stays within a bridge */
    try_sets(true, within, sizeof(within) / sizeof(within[0]));
}

static int open_watched(void **state)
{
    struct bench *b = &stage.bench;
    int rc = stage_open(state);
    ww_plan_free(b->plan);
    b->plan = bench_plan(PUBLISHED, NULL);
    assert_int_equal(ww_kernel_watch(b->kernel, true, &b->err), 0);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_closes_is_back_at_once),
    };
    return cmocka_run_group_tests(tests, open_watched, stage_close);
}
