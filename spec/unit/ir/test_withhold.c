/* What is left of rulesets and fences while some addresses are withheld. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ir/text.h"
#include "core/ir/withhold.h"
#include "spec/unit/addr.h"

static bool is_it(const struct ww_addr *a, void *text)
{
    struct ww_addr it = addr_of(text);
    return ww_addr_cmp(a, &it) == 0;
}

static struct ww_ruleset *read_ruleset(const char *text)
{
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    if (ww_ruleset_read(text, &rs, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return rs;
}

#define TWO                                                                                                            \
    "ruleset c1 \"c\"\n"                                                                                               \
    "endpoint 198.51.100.2 2001:db8::2 02:42:c6:33:64:02\n"                                                            \
    "endpoint 203.0.113.2 - 02:42:cb:00:71:02\n"                                                                       \
    "publish tcp 80 on 0.0.0.0 port 8080\n"

/* The rules before, and what is left of them. */
static void no_rule_is_about_a_withheld_address_and_all_else_stays(void **state)
{
    (void)state;
    static const struct {
        const char *withheld;
        const char *rules;
        const char *left;
    } cases[] = {
        {"198.51.100.2", "output from 198.51.100.2 to any\n", ""},
        {"198.51.100.2", "output from 198.51.100.2,203.0.113.2 to any\n", "output from 203.0.113.2 to any\n"},
        {"198.51.100.2", "output to any\n", "output from 203.0.113.2,2001:db8::2 to any\n"},
        {"2001:db8::2", "external from any\n", "external from any to 198.51.100.2,203.0.113.2\n"},
        {"192.0.2.1", "output to any\n", "output to any\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024];
        struct ww_withholding w = {.has = is_it, .arg = (void *)cases[i].withheld};
        struct ww_ruleset *kept = NULL;
        snprintf(text, sizeof(text), "%s%s", TWO, cases[i].rules);
        struct ww_ruleset *rs = read_ruleset(text);
        snprintf(text, sizeof(text), "%s%s", TWO, cases[i].left);
        struct ww_ruleset *expected = read_ruleset(text);
        assert_int_equal(ww_ruleset_withhold(rs, &w, &kept, NULL), 0);
        if (strcmp(kept->hash, expected->hash) != 0) {
            struct ww_buf out = {0};
            ww_ruleset_write(kept, &out);
            fail_msg("case %zu: %s", i, out.data);
        }
        ww_ruleset_unref(rs);
        ww_ruleset_unref(kept);
        ww_ruleset_unref(expected);
    }
}

static void add(struct ww_fence *f, const char *container, const char *ipv4, const char *mac, uint32_t port)
{
    struct ww_addr sources[] = {addr_of(ipv4), addr_of("203.0.113.2")};
    struct ww_known k = {
        .container = (char *)container, .port = port, .managed = true, .sources = sources, .n_sources = 2};
    k.addrs.ipv4 = sources[0];
    if (mac)
        assert_int_equal(ww_mac_parse(mac, &k.addrs.mac, NULL), 0);
    assert_int_equal(ww_fence_add_known(f, &k), 0);
}

static struct ww_fence *fence(void)
{
    struct ww_addr aux = addr_of("198.51.100.9");
    struct ww_fence *f = ww_fence_new("n1", "n", "br-0");
    assert_non_null(f);
    f->guarded = true;
    assert_int_equal(ww_fence_add_aux(f, &aux), 0);
    add(f, "c1", "198.51.100.2", "02:42:c6:33:64:02", 5);
    add(f, "c2", "198.51.100.3", "02:42:c6:33:64:03", 6);
    add(f, "c3", "198.51.100.4", NULL, 0);
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    return f;
}

static struct ww_fence *withhold(struct ww_fence *f, const char *withheld, bool bind)
{
    struct ww_withholding w = {.has = is_it, .arg = (void *)withheld, .bind = bind};
    struct ww_fence *kept = NULL;
    assert_int_equal(ww_fence_withhold(f, &w, &kept, NULL), 0);
    return kept;
}

static void an_endpoint_with_a_withheld_address_is_nowhere(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    struct ww_fence *kept = withhold(f, "198.51.100.2", true);
    assert_true(kept->guarded && kept->n_aux == 1 && kept->n_always == f->n_always && kept->n_known == 3);
    const struct ww_known *k = ww_fence_find(kept, "c1");
    assert_int_equal(k->port, WW_PORT_NOWHERE);
    assert_int_equal(k->n_sources, 1);
    assert_int_equal(ww_fence_find(kept, "c2")->port, 6);
    assert_int_equal(ww_fence_find(kept, "c2")->n_sources, 2);
    ww_fence_unref(kept);
    ww_fence_unref(f);
}

/* Known without a port would be open. */
static void an_endpoint_that_cannot_be_nowhere_is_not_known(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    struct ww_fence *unbound = withhold(f, "198.51.100.2", false);
    struct ww_fence *without_mac = withhold(f, "198.51.100.4", true);
    assert_null(ww_fence_find(unbound, "c1"));
    assert_null(ww_fence_find(without_mac, "c3"));
    assert_true(unbound->n_known == 2 && without_mac->n_known == 2);
    ww_fence_unref(unbound);
    ww_fence_unref(without_mac);
    ww_fence_unref(f);
}

/* A container on two networks would send from it through the other one. */
static void nothing_sends_from_a_withheld_address(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    struct ww_fence *kept = withhold(f, "203.0.113.2", true);
    for (size_t i = 0; i < kept->n_known; i++) {
        assert_int_equal(kept->known[i].n_sources, 1);
        assert_int_equal(kept->known[i].port, f->known[i].port);
    }
    ww_fence_unref(kept);
    ww_fence_unref(f);
}

static void what_is_not_concerned_is_the_same(void **state)
{
    (void)state;
    struct ww_fence *f = fence();
    struct ww_fence *kept = withhold(f, "192.0.2.1", true);
    assert_ptr_equal(kept, f);
    ww_fence_unref(kept);
    ww_fence_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rule_is_about_a_withheld_address_and_all_else_stays),
        cmocka_unit_test(an_endpoint_with_a_withheld_address_is_nowhere),
        cmocka_unit_test(an_endpoint_that_cannot_be_nowhere_is_not_known),
        cmocka_unit_test(nothing_sends_from_a_withheld_address),
        cmocka_unit_test(what_is_not_concerned_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
