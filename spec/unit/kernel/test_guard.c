/* On a guarded bridge only known endpoints talk, whoever they talk to, in both families. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_heads.h"
#include "helper_netns.h"
#include "helper_stage.h"

/* c0 and c1 are known, c1 is known to be managed; c2 is a stranger; c3 is known and routes for other nodes */
#define C1                                                                                                             \
    C1_HEAD                                                                                                            \
    "input from any udp dport 80 origin \"input[0]\"\noutput to any udp dport 80 origin \"output[0]\"\n"

static struct stage stage;
static struct ww_fences *fences; /* what is applied */

static int open_stage(void **state)
{
    stage_set(&stage, false);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan(C1, NULL);
    fences = ww_fences_new();
    lab_enter(&stage.lab, 3);
    helper_run("ip addr add 198.51.100.98/32 dev eth0"); /* that it routes for */
    lab_enter(&stage.lab, LAB_HOST);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    ww_fences_free(fences);
    stage_strike(&stage);
    return 0;
}

static void add_known(struct ww_fence *f, unsigned n, bool managed)
{
    char text[64];
    struct ww_known k = {.managed = managed, .container = text};
    snprintf(text, sizeof(text), "198.51.100.%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv4, NULL), 0);
    snprintf(text, sizeof(text), "2001:db8:100::%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv6, NULL), 0);
    snprintf(text, sizeof(text), "02:42:00:00:00:%02x", n);
    assert_int_equal(ww_mac_parse(text, &k.addrs.mac, NULL), 0);
    snprintf(text, sizeof(text), "c%u", n);
    assert_int_equal(ww_fence_add_known(f, &k), 0);
}

static struct ww_fence *make_fence(bool guarded, bool stranger)
{
    struct ww_addr_range range;
    struct ww_addr addr;
    struct ww_fence *f = ww_fence_new("n0", "front", "br0");
    f->guarded = guarded;
    assert_int_equal(ww_addr_range_parse("198.51.100.0/24", &range, NULL), 0);
    assert_int_equal(ww_fence_add_subnet(f, &range), 0);
    assert_int_equal(ww_addr_range_parse("2001:db8:100::/64", &range, NULL), 0);
    assert_int_equal(ww_fence_add_subnet(f, &range), 0);
    assert_int_equal(ww_addr_parse("198.51.100.200", &addr, NULL), 0);
    assert_int_equal(ww_fence_add_aux(f, &addr), 0);
    add_known(f, 0, false);
    add_known(f, 1, true);
    add_known(f, 3, false);
    if (stranger)
        add_known(f, 2, false);
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    return f;
}

/* The fence is to be this (NULL: none), by a difference or as a whole. */
static void move_to(struct ww_fence *f, bool whole)
{
    struct bench *b = &stage.bench;
    struct ww_diff nothing = {0};
    struct ww_fence_diff diff = {0};
    struct ww_fences *to = ww_fences_new();
    if (f)
        assert_int_equal(ww_fences_set(to, f, NULL), 0);
    assert_int_equal(ww_fences_diff(fences, to, NULL, 0, &diff, NULL), 0);
    int rc = whole ? ww_kernel_adopt(b->kernel, NULL, &b->err) : 0;
    if (rc == 0)
        rc = whole ? ww_kernel_apply_all(b->kernel, b->plan, to, NULL, &b->err)
                   : ww_kernel_apply(b->kernel, &nothing, &diff, NULL, &b->err);
    if (rc < 0)
        fail_msg("%s", b->err.text);
    ww_fence_diff_done(&diff);
    ww_fences_free(fences);
    fences = to;
    ww_fence_unref(f);
}

struct row {
    const char *name;
    int from;
    int to;
    const char *src;
    const char *dst;
    bool known; /* both ends are, so it arrives also where the bridge is guarded */
};

static const struct row rows[] = {
    {"known to known", 0, 3, "198.51.100.2", "198.51.100.5", true},
    {"known to known, IPv6", 0, 3, "2001:db8:100::2", "2001:db8:100::5", true},
    {"known to managed", 0, 1, "198.51.100.2", "198.51.100.3", true},
    {"managed to known", 1, 0, "198.51.100.3", "198.51.100.2", true},
    {"known to the host", 0, LAB_HOST, "198.51.100.2", "198.51.100.1", true},
    {"known to the outside", 0, LAB_OUTSIDE, "198.51.100.2", "203.0.113.5", true},
    {"the host to known", LAB_HOST, 0, "198.51.100.1", "198.51.100.2", true},
    {"the host to known, IPv6", LAB_HOST, 0, "2001:db8:100::1", "2001:db8:100::2", true},
    {"the outside to known", LAB_OUTSIDE, 0, "203.0.113.5", "198.51.100.2", true},
    {"known, routing for other nodes", 3, 0, "198.51.100.98", "198.51.100.2", true},
    {"a stranger to known", 2, 0, "198.51.100.4", "198.51.100.2", false},
    {"a stranger to known, IPv6", 2, 0, "2001:db8:100::4", "2001:db8:100::2", false},
    {"a stranger to managed", 2, 1, "198.51.100.4", "198.51.100.3", false},
    {"a stranger to the host", 2, LAB_HOST, "198.51.100.4", "198.51.100.1", false},
    {"a stranger to the host, IPv6", 2, LAB_HOST, "2001:db8:100::4", "2001:db8:100::1", false},
    {"a stranger to the outside", 2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", false},
    {"known to a stranger", 0, 2, "198.51.100.2", "198.51.100.4", false},
    {"known to a stranger, IPv6", 0, 2, "2001:db8:100::2", "2001:db8:100::4", false},
    {"the host to a stranger", LAB_HOST, 2, "198.51.100.1", "198.51.100.4", false},
    {"the host to a stranger, IPv6", LAB_HOST, 2, "2001:db8:100::1", "2001:db8:100::4", false},
    {"the outside to a stranger", LAB_OUTSIDE, 2, "203.0.113.5", "198.51.100.4", false},
};

static bool arrives(const struct row *row)
{
    return stage_send(&stage, row->from, row->to, row->src, row->dst, 0, 80).delivered;
}

static void expect(bool guarded, const char *when)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (arrives(&rows[i]) != (rows[i].known || !guarded))
            fail_msg("%s: %s does %sarrive", when, rows[i].name, rows[i].known || !guarded ? "not " : "");
}

static void only_the_known_talk_while_it_is_guarded(void **state)
{
    (void)state;
    move_to(NULL, true);
    expect(false, "before");
    move_to(make_fence(true, false), false);
    expect(true, "guarded");
    move_to(make_fence(true, true), false);
    expect(false, "the stranger was made known");
    move_to(make_fence(true, false), false);
    expect(true, "it is a stranger again");
    move_to(make_fence(true, false), true);
    expect(true, "compared as a whole");
    move_to(make_fence(false, false), false);
    expect(false, "no longer guarded");
    move_to(make_fence(true, false), false);
    move_to(NULL, false);
    expect(false, "the network is gone");
}

/* Those that are known are found anew, and the stranger, which does not answer, is remembered. */
static void forget_neighbours(int place, const char *link)
{
    lab_enter(&stage.lab, place);
    helper_run("ip -6 neigh flush dev %s nud all && "
               "ip neigh replace 2001:db8:100::4 lladdr 02:42:00:00:00:02 dev %s",
               link, link);
    lab_enter(&stage.lab, LAB_HOST);
}

/* Another program took the rules, and they are not back yet: managed ones talk to no node, unmanaged ones as if it were
 * whole. */
static void only_the_known_talk_while_all_is_shut(void **state)
{
    (void)state;
    struct bench *b = &stage.bench;
    move_to(NULL, true);
    move_to(make_fence(true, false), false);
    helper_run("nft flush ruleset");
    forget_neighbours(LAB_HOST, "br0");
    forget_neighbours(0, "eth0");
    if (ww_kernel_lockdown(b->kernel, &b->err) != 1)
        fail_msg("%s", b->err.text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool expected = rows[i].known && rows[i].from != 1 && rows[i].to != 1;
        if (arrives(&rows[i]) != expected)
            fail_msg("while all is shut: %s does %sarrive", rows[i].name, expected ? "not " : "");
    }
    move_to(make_fence(true, false), true);
    expect(true, "restored");
    move_to(NULL, false);
}

static void an_address_set_aside_may_be_used_by_whoever_has_it(void **state)
{
    (void)state;
    static const struct row row = {"aux", 2, 0, "198.51.100.200", "198.51.100.2", false};
    static const struct row back = {"aux", 0, 2, "198.51.100.2", "198.51.100.200", false};
    lab_enter(&stage.lab, 2);
    helper_run("ip addr add 198.51.100.200/32 dev eth0");
    lab_enter(&stage.lab, LAB_HOST);
    move_to(make_fence(true, false), false);
    assert_true(arrives(&row));
    assert_true(arrives(&back));
    move_to(NULL, false);
}

static void what_waits_for_a_new_endpoint_is_thrown_away(void **state)
{
    (void)state;
    struct ww_error err = {0};
    struct ww_fence *f = make_fence(true, false); /* c1 is managed */
    struct ww_fence_change change = {.to = f};
    struct ww_fence_diff diff = {.changes = &change, .n = 1};
    helper_run(
        "ip neigh replace 198.51.100.3 dev br0 nud incomplete; ip neigh replace 198.51.100.2 dev br0 nud incomplete");
    if (ww_kernel_forget_neighbours(stage.bench.kernel, &diff, &err) < 0)
        fail_msg("%s", err.text);
    helper_run("! ip neigh show 198.51.100.3 dev br0 | grep -q INCOMPLETE");
    helper_run("ip neigh show 198.51.100.2 dev br0 | grep -q INCOMPLETE"); /* not managed */
    change.from = f;
    helper_run("ip neigh replace 198.51.100.3 dev br0 lladdr 02:42:00:00:00:01 nud reachable");
    assert_int_equal(ww_kernel_forget_neighbours(stage.bench.kernel, &diff, &err), 0);
    helper_run("ip neigh show 198.51.100.3 dev br0 | grep -q REACHABLE"); /* not new */
    ww_fence_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_known_talk_while_it_is_guarded),
        cmocka_unit_test(only_the_known_talk_while_all_is_shut),
        cmocka_unit_test(an_address_set_aside_may_be_used_by_whoever_has_it),
        cmocka_unit_test(what_waits_for_a_new_endpoint_is_thrown_away),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
