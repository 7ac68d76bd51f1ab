#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/ir/plan.h"
#include "core/ir/text.h"

static int setup_plain(void **state)
{
    *state = ww_plan_new_plain();
    return *state ? 0 : -1;
}

static int setup(void **state)
{
    *state = ww_plan_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ww_plan_free(*state);
    return 0;
}

static struct ww_ruleset *read(const char *text)
{
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    if (ww_ruleset_read(text, &rs, &err) < 0)
        fail_msg("%s in\n%s", err.text, text);
    return rs;
}

static void put(struct ww_plan *plan, const char *text)
{
    struct ww_ruleset *rs = read(text);
    assert_int_equal(ww_plan_set(plan, rs, NULL), 0);
    ww_ruleset_unref(rs);
}

/* The name of the container that has the address, "-" for none. */
static const char *holder(struct ww_plan *plan, const char *text)
{
    struct ww_addr addr;
    assert_int_equal(ww_addr_parse(text, &addr, NULL), 0);
    const struct ww_ruleset *rs = ww_plan_by_addr(plan, &addr);
    return rs ? rs->name : "-";
}

static const char *publisher(struct ww_plan *plan, const char *host, uint16_t hport, unsigned *ret_cport)
{
    struct ww_addr addr;
    const struct ww_publish *p = NULL;
    assert_int_equal(ww_addr_parse(host, &addr, NULL), 0);
    const struct ww_ruleset *rs = ww_plan_by_publish(plan, IPPROTO_TCP, &addr, hport, &p);
    if (ret_cport)
        *ret_cport = p ? p->cport : 0;
    return rs ? rs->name : "-";
}

#define A "ruleset a \"a\"\nendpoint 198.51.100.2 - 02:42:c6:33:64:02\n"
#define B "ruleset b \"b\"\nendpoint 198.51.100.2 2001:db8::2 02:42:c6:33:64:02\n"
#define C "ruleset c \"c\"\nendpoint 198.51.100.2 - -\n"

static void refuses_what_is_not_sealed(void **state)
{
    struct ww_error err = {0};
    struct ww_ruleset *rs = ww_ruleset_new("a", "a");
    assert_int_equal(ww_plan_set(*state, rs, &err), -EINVAL);
    assert_string_equal(err.text, "ruleset of a is not sealed");
    assert_int_equal(ww_plan_count(*state), 0);
    ww_ruleset_unref(rs);
}

static void finds_by_every_address(void **state)
{
    put(*state, B);
    assert_string_equal(holder(*state, "198.51.100.2"), "b");
    assert_string_equal(holder(*state, "2001:db8::2"), "b");
    assert_string_equal(holder(*state, "fe80::42:c6ff:fe33:6402"), "b");
    assert_string_equal(holder(*state, "198.51.100.3"), "-");
    put(*state, C);
    assert_string_equal(holder(*state, "fe80::200:ff:fe00:0"), "-"); /* c has no MAC */
    ww_plan_remove(*state, "c");
    ww_plan_remove(*state, "b");
    assert_string_equal(holder(*state, "198.51.100.2"), "-");
    assert_null(ww_plan_get(*state, "b"));
    ww_plan_remove(*state, "b");
}

static void an_address_is_the_last_ones_and_goes_back(void **state)
{
    put(*state, A);
    put(*state, B);
    put(*state, C);
    assert_string_equal(holder(*state, "198.51.100.2"), "c");
    ww_plan_remove(*state, "b");
    assert_string_equal(holder(*state, "198.51.100.2"), "c");
    ww_plan_remove(*state, "c");
    assert_string_equal(holder(*state, "198.51.100.2"), "a");
    put(*state, C);
    put(*state, A "localhost\n");
    assert_string_equal(holder(*state, "198.51.100.2"), "a");
    put(*state, "ruleset a \"a\"\n");
    assert_string_equal(holder(*state, "198.51.100.2"), "c");
}

static void finds_by_published_port(void **state)
{
    unsigned cport;
    put(*state, A "publish tcp 80 on 0.0.0.0 port 8080\npublish tcp 81 on :: port 8081\n"
                  "publish tcp 82 on 0.0.0.0\n");
    put(*state, "ruleset b \"b\"\npublish tcp 90 on 192.0.2.1 port 8080\npublish udp 91 on 0.0.0.0 port 9090\n");
    assert_string_equal(publisher(*state, "192.0.2.2", 8080, &cport), "a");
    assert_int_equal(cport, 80);
    assert_string_equal(publisher(*state, "192.0.2.1", 8080, &cport), "b");
    assert_int_equal(cport, 90);
    assert_string_equal(publisher(*state, "0.0.0.0", 8080, NULL), "a");
    assert_string_equal(publisher(*state, "2001:db8::1", 8081, NULL), "a");
    assert_string_equal(publisher(*state, "2001:db8::1", 8080, NULL), "-");
    assert_string_equal(publisher(*state, "192.0.2.1", 9090, NULL), "-");
    assert_string_equal(publisher(*state, "192.0.2.1", 0, NULL), "-");
    ww_plan_remove(*state, "b");
    assert_string_equal(publisher(*state, "192.0.2.1", 8080, NULL), "a");
}

static int join_ids(struct ww_ruleset *rs, void *arg)
{
    ww_buf_str(arg, rs->id);
    return strcmp(rs->id, "x") == 0 ? 7 : 0;
}

static void goes_through_in_the_order_of_ids(void **state)
{
    static const char *const ids[] = {"m", "c", "z", "a", "x", "b", "m"};
    char text[64];
    struct ww_buf joined = {0};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        snprintf(text, sizeof(text), "ruleset %s \"%s\"\n", ids[i], ids[i]);
        put(*state, text);
    }
    assert_int_equal(ww_plan_count(*state), 6);
    assert_int_equal(ww_plan_each(*state, join_ids, &joined), 7);
    assert_string_equal(joined.data, "abcmx");
    ww_plan_remove(*state, "x");
    put(*state, "ruleset bb \"\"\n");
    ww_buf_reset(&joined);
    assert_int_equal(ww_plan_each(*state, join_ids, &joined), 0);
    assert_string_equal(joined.data, "abbbcmz");
    ww_buf_done(&joined);
}

/* The difference as "-a +b ~c ". */
static void assert_diff(struct ww_plan *from, struct ww_plan *to, const char *const *ids, size_t n,
                        const char *expected)
{
    struct ww_diff diff;
    struct ww_buf text = {0};
    assert_int_equal(ww_plan_diff(from, to, ids, n, &diff, NULL), 0);
    for (size_t i = 0; i < diff.n; i++) {
        const struct ww_change *c = &diff.changes[i];
        ww_buf_fmt(&text, "%c%s ", c->from && c->to ? '~' : c->to ? '+' : '-', (c->to ? c->to : c->from)->id);
    }
    assert_string_equal(text.data ? text.data : "", expected);
    ww_buf_done(&text);
    ww_diff_done(&diff);
}

static void tells_the_difference(void **state)
{
    static const char *const some[] = {"d", "b", "nobody", "b", "same"};
    struct ww_plan *from = *state;
    struct ww_plan *to = ww_plan_new();
    put(from, "ruleset b \"b\"\n");
    put(from, "ruleset c \"c\"\n");
    put(from, "ruleset same \"same\"\n");
    put(to, "ruleset same \"same\"\n");
    put(to, "ruleset d \"d\"\n");
    put(to, "ruleset c \"c\"\nlocalhost\n");
    put(to, "ruleset a \"a\"\n");
    assert_diff(from, to, NULL, 0, "+a -b ~c +d ");
    assert_diff(from, to, some, 5, "-b +d ");
    assert_diff(from, to, some, 0, "");
    assert_diff(from, from, NULL, 0, "");
    ww_plan_free(to);
}

/* A difference outlives the plans that it came from. */
static void a_difference_holds_its_rulesets(void **state)
{
    struct ww_plan *to = ww_plan_new();
    struct ww_diff diff;
    put(to, A);
    assert_int_equal(ww_plan_diff(*state, to, NULL, 0, &diff, NULL), 0);
    ww_plan_free(to);
    assert_int_equal(ww_plan_apply(*state, &diff, NULL), 0);
    ww_diff_done(&diff);
    assert_string_equal(holder(*state, "198.51.100.2"), "a");
}

/* Everybody on one address: neither putting in nor taking out may look at all of them. */
static void stays_fast_with_many_holders_of_one_address(void **state)
{
    enum { MANY = 20000 };
    char text[64];
    int64_t begin = ww_clock_mono();
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "ruleset %08x \"c\"\nendpoint 198.51.100.2 - -\n", i * 2654435761U);
        put(*state, text);
    }
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "%08x", i * 2654435761U);
        ww_plan_remove(*state, text);
    }
    assert_int_equal(ww_plan_count(*state), 0);
    assert_true(ww_clock_mono() - begin < 10 * WW_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_is_not_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_by_every_address, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_by_every_address, setup_plain, teardown),
        cmocka_unit_test_setup_teardown(an_address_is_the_last_ones_and_goes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_by_published_port, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_by_published_port, setup_plain, teardown),
        cmocka_unit_test_setup_teardown(goes_through_in_the_order_of_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_the_difference, setup, teardown),
        cmocka_unit_test_setup_teardown(a_difference_holds_its_rulesets, setup, teardown),
        cmocka_unit_test_setup_teardown(stays_fast_with_many_holders_of_one_address, setup, teardown),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
