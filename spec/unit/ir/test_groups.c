/* Named lists of addresses: what is taken of them, and how large they are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/ir/groups.h"
#include "spec/unit/addr.h"

/* "name range range …" */
static void add(struct ww_groups *groups, const char *text)
{
    char copy[512];
    snprintf(copy, sizeof(copy), "%s", text);
    char *rest = copy;
    struct ww_group g = {.name = strdup(strsep(&rest, " ")), .ranges = calloc(16, sizeof(*g.ranges))};
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
        assert_int_equal(ww_addr_range_parse(word, &g.ranges[g.n++], NULL), 0);
    groups->list = realloc(groups->list, (groups->n + 1) * sizeof(g));
    assert_non_null(groups->list);
    groups->list[groups->n++] = g;
}

static void they_are_sorted_and_what_overlaps_is_joined(void **state)
{
    (void)state;
    struct ww_groups groups = {0};
    char text[WW_RANGE_TEXT];
    add(&groups, "b 2001:db8::1 192.0.2.9 192.0.2.0/30 192.0.2.2-192.0.2.5 192.0.2.1 192.0.2.9");
    add(&groups, "a 192.0.2.1");
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    ww_groups_settle(&groups);
    assert_int_equal(ww_groups_check(&groups, NULL), 0);
    assert_string_equal(groups.list[0].name, "a");
    const struct ww_group *b = &groups.list[1];
    assert_int_equal(b->n, 3);
    assert_string_equal(ww_addr_range_text(&b->ranges[0], text), "192.0.2.0-192.0.2.5");
    assert_string_equal(ww_addr_range_text(&b->ranges[1], text), "192.0.2.9");
    assert_string_equal(ww_addr_range_text(&b->ranges[2], text), "2001:db8::1");
    assert_int_equal(ww_group_size(b, 100), 8);
    assert_int_equal(ww_group_size(b, 7), 7);
    struct ww_addr in = addr_of("192.0.2.5");
    struct ww_addr out = addr_of("192.0.2.6");
    assert_true(ww_group_has(b, &in));
    assert_false(ww_group_has(b, &out));
    ww_groups_done(&groups);
    assert_int_equal(groups.n, 0);
}

static void their_size_is_counted_as_far_as_is_asked(void **state)
{
    (void)state;
    static const struct {
        const char *range;
        size_t size; /* at most 1000 */
    } rows[] = {
        {"192.0.2.0/24", 256},
        {"192.0.2.255-192.0.3.0", 2},
        {"192.0.2.250-192.0.5.1", 520},
        {"192.0.255.255-192.1.0.0", 2},
        {"192.0.2.0/22", 1000},
        {"0.0.0.0/0", 1000},
        {"2001:db8::ffff:ffff-2001:db8::1:0:0", 2},
        {"::/0", 1000},
        {"2001:db8::/118", 1000},
        {"2001:db8::/119", 512},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_addr_range range;
        struct ww_group g = {.ranges = &range, .n = 1};
        assert_int_equal(ww_addr_range_parse(rows[i].range, &range, NULL), 0);
        if (ww_group_size(&g, 1000) != rows[i].size)
            fail_msg("%s: %zu", rows[i].range, ww_group_size(&g, 1000));
    }
}

static void names_that_labels_cannot_write_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a b", "a\"", "a\n", "@a", "ä", NULL};
    char longest[WW_LIMIT_GROUP_NAME + 2];
    memset(longest, 'a', sizeof(longest));
    longest[WW_LIMIT_GROUP_NAME] = '\0';
    struct ww_addr_range range = {.lo = addr_of("192.0.2.1"), .hi = addr_of("192.0.2.1")};
    struct ww_group g = {.name = longest, .ranges = &range, .n = 1};
    struct ww_groups groups = {.list = &g, .n = 1};
    assert_int_equal(ww_groups_check(&groups, NULL), 0);
    longest[WW_LIMIT_GROUP_NAME] = 'a';
    longest[WW_LIMIT_GROUP_NAME + 1] = '\0';
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        g.name = (char *)bad[i];
        if (ww_groups_check(&groups, NULL) != -EINVAL)
            fail_msg("'%s'", bad[i]);
    }
}

static void what_is_no_range_or_none_is_refused(void **state)
{
    (void)state;
    struct ww_addr_range ranges[] = {{.lo = addr_of("192.0.2.1"), .hi = addr_of("192.0.2.3")},
                                     {.lo = addr_of("192.0.2.4"), .hi = addr_of("192.0.2.4")}};
    struct ww_group g = {.name = "a", .ranges = ranges, .n = 2};
    struct ww_groups groups = {.list = &g, .n = 1};
    assert_int_equal(ww_groups_check(&groups, NULL), 0);
    ranges[1].lo = addr_of("192.0.2.3");
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    ranges[1].lo = addr_of("192.0.2.5");
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    ranges[1].lo = (struct ww_addr){0};
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    ranges[1] = (struct ww_addr_range){.lo = addr_of("192.0.2.4"), .hi = addr_of("2001:db8::1")};
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
    g.n = 0;
    assert_int_equal(ww_groups_check(&groups, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_sorted_and_what_overlaps_is_joined),
        cmocka_unit_test(their_size_is_counted_as_far_as_is_asked),
        cmocka_unit_test(names_that_labels_cannot_write_are_refused),
        cmocka_unit_test(what_is_no_range_or_none_is_refused),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
