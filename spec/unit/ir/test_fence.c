#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ir/fences.h"

static struct ww_known known(const char *container, const char *ipv4, const char *mac, uint32_t port)
{
    struct ww_known k = {.container = (char *)container, .port = port};
    assert_int_equal(ww_addr_parse(ipv4, &k.addrs.ipv4, NULL), 0);
    assert_int_equal(ww_mac_parse(mac, &k.addrs.mac, NULL), 0);
    return k;
}

static struct ww_fence *fence(const char *id, bool guarded)
{
    struct ww_addr_range range;
    struct ww_addr gateway;
    struct ww_addr aux;
    struct ww_fence *f = ww_fence_new(id, "a \"name\"", "br-0");
    assert_non_null(f);
    f->guarded = guarded;
    assert_int_equal(ww_addr_range_parse("198.51.100.0/27", &range, NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.100.1", &gateway, NULL), 0);
    assert_int_equal(ww_addr_parse("2001:db8::7", &aux, NULL), 0);
    assert_int_equal(ww_fence_add_subnet(f, &range), 0);
    assert_int_equal(ww_fence_add_aux(f, &aux), 0);
    assert_int_equal(ww_fence_add_always(f, &gateway), 0);
    assert_int_equal(ww_fence_add_always(f, &gateway), 0);
    return f;
}

static void add(struct ww_fence *f, struct ww_known k)
{
    assert_int_equal(ww_fence_add_known(f, &k), 0);
}

static void a_fence_is_read_as_it_was_written_but_for_known_endpoints(void **state)
{
    (void)state;
    struct ww_buf text = {0};
    struct ww_buf again = {0};
    struct ww_fence *back = NULL;
    struct ww_fence *f = fence("n1", true);
    add(f, known("c1", "198.51.100.2", "02:42:c6:33:64:02", 0));
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    ww_fence_write(f, &text);
    assert_string_equal(text.data, "fence n1 guarded \"br-0\" \"a \\\"name\\\"\"\nsubnet 198.51.100.0/27\n"
                                   "always 198.51.100.1\nalways 2001:db8::7\naux 2001:db8::7\n");
    assert_int_equal(ww_fence_read(text.data, &back, NULL), 0);
    assert_int_equal(ww_fence_seal(back, NULL), 0);
    ww_fence_write(back, &again);
    assert_string_equal(again.data, text.data);
    assert_int_equal(back->n_known, 0);
    ww_fence_unref(back);
    ww_fence_unref(f);
    ww_buf_done(&text);
    ww_buf_done(&again);
}

static void what_is_no_fence_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"", "line 1, column 1: "},
        {"fence n1 maybe \"b\" \"n\"\n", "line 1, column 10: "},
        {"fence n1 open \"b\" \"n\"\nsubnet x\n", "line 2, column 8: "},
        {"fence n1 open \"b\" \"n\"\nknown c\n", "line 2, column 1: "},
        {"fence n1 open \"b\" \"n\"\nalways 192.0.2.1 x\n", "line 2, column 18: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_fence *f = NULL;
        struct ww_error err = {0};
        assert_int_equal(ww_fence_read(cases[i].text, &f, &err), -22);
        assert_null(f);
        if (strncmp(err.text, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("'%s' instead of '%s…'", err.text, cases[i].error);
    }
}

static void everything_counts_for_the_hash_but_the_order(void **state)
{
    (void)state;
    struct ww_fence *f[5];
    for (size_t i = 0; i < 5; i++)
        f[i] = fence("n1", i != 4);
    struct ww_known a = known("c1", "198.51.100.2", "02:42:c6:33:64:02", 3);
    struct ww_known b = known("c2", "198.51.100.3", "02:42:c6:33:64:03", 0);
    add(f[0], a);
    add(f[0], b);
    add(f[1], b);
    add(f[1], a);
    a.port = 4;
    add(f[2], a);
    add(f[2], b);
    a.port = 3;
    a.sources = &b.addrs.ipv4;
    a.n_sources = 1;
    add(f[3], a);
    add(f[3], b);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ww_fence_seal(f[i], NULL), 0);
    assert_string_equal(f[0]->hash, f[1]->hash);
    for (size_t i = 2; i < 5; i++)
        assert_string_not_equal(f[0]->hash, f[i]->hash);
    for (size_t i = 0; i < 5; i++)
        ww_fence_unref(f[i]);
}

static int count(const struct ww_known *k, void *arg)
{
    (void)k;
    ++*(int *)arg;
    return 0;
}

static int count_only(const struct ww_fence *f, const struct ww_fence *other)
{
    int n = 0;
    assert_int_equal(ww_fence_each_only(f, other, count, &n), 0);
    return n;
}

static void only_those_that_differ_are_walked(void **state)
{
    (void)state;
    struct ww_fence *f = fence("n1", true);
    struct ww_fence *g = fence("n1", true);
    add(f, known("c1", "198.51.100.2", "02:42:c6:33:64:02", 0));
    add(f, known("c2", "198.51.100.3", "02:42:c6:33:64:03", 0));
    add(f, known("c4", "198.51.100.5", "02:42:c6:33:64:05", 0));
    add(g, known("c1", "198.51.100.2", "02:42:c6:33:64:02", 0));
    add(g, known("c2", "198.51.100.9", "02:42:c6:33:64:03", 0));
    add(g, known("c3", "198.51.100.4", "02:42:c6:33:64:04", 0));
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    assert_int_equal(ww_fence_seal(g, NULL), 0);
    assert_int_equal(count_only(f, g), 2);
    assert_int_equal(count_only(g, f), 2);
    assert_int_equal(count_only(f, NULL), 3);
    assert_int_equal(count_only(f, f), 0);
    assert_string_equal(ww_fence_find(f, "c4")->container, "c4");
    assert_null(ww_fence_find(f, "c3"));
    ww_fence_unref(f);
    ww_fence_unref(g);
}

static void a_diff_applied_gives_the_other(void **state)
{
    (void)state;
    struct ww_fences *from = ww_fences_new();
    struct ww_fences *to = ww_fences_new();
    struct ww_fence_diff diff = {0};
    const char *const ids[] = {"same", "changed", "gone", "changed", "new"};
    for (size_t i = 0; i < 5; i++) {
        struct ww_fence *f = fence(ids[i], i != 3);
        assert_int_equal(ww_fences_set(from, f, NULL), -22);
        assert_int_equal(ww_fence_seal(f, NULL), 0);
        if (i < 3)
            assert_int_equal(ww_fences_set(from, f, NULL), 0);
        if (i == 0 || i > 2)
            assert_int_equal(ww_fences_set(to, f, NULL), 0);
        ww_fence_unref(f);
    }
    assert_int_equal(ww_fences_diff(from, to, (const char *const[]){"gone", "same", "unknown"}, 3, &diff, NULL), 0);
    assert_int_equal(diff.n, 1);
    assert_string_equal(diff.changes[0].from->id, "gone");
    ww_fence_diff_done(&diff);
    assert_int_equal(ww_fences_diff(from, to, NULL, 0, &diff, NULL), 0);
    assert_int_equal(diff.n, 3);
    assert_int_equal(ww_fences_apply(from, &diff, NULL), 0);
    ww_fence_diff_done(&diff);
    assert_int_equal(ww_fences_diff(from, to, NULL, 0, &diff, NULL), 0);
    assert_int_equal(diff.n, 0);
    assert_int_equal(ww_fences_count(from), 3);
    ww_fence_diff_done(&diff);
    ww_fences_free(from);
    ww_fences_free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fence_is_read_as_it_was_written_but_for_known_endpoints),
        cmocka_unit_test(what_is_no_fence_is_refused_with_its_place),
        cmocka_unit_test(everything_counts_for_the_hash_but_the_order),
        cmocka_unit_test(only_those_that_differ_are_walked),
        cmocka_unit_test(a_diff_applied_gives_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
