/* What a search in Lua may take is known before it begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_cost.h"

/* `times` times `piece` between `before` and `after`. */
struct pattern {
    const char *before;
    const char *piece;
    unsigned times;
    const char *after;
};

static double cost_of(const struct pattern *p, size_t left, bool anchors)
{
    size_t piece = strlen(p->piece);
    size_t len = strlen(p->before) + p->times * piece + strlen(p->after);
    char *text = malloc(len + 1);
    assert_non_null(text);
    char *at = stpcpy(text, p->before);
    for (unsigned i = 0; i < p->times; i++)
        at = stpcpy(at, p->piece);
    stpcpy(at, p->after);
    double cost = ww_lua_pattern_cost(text, len, left, anchors);
    free(text);
    return cost;
}

/* Bytes of the pattern that are read, counted by hand: for the text of the row that takes the longest. */
static const struct {
    const char *text;
    struct pattern pattern;
    bool gmatch;
    size_t left;
    double least;
} dear[] = {
    {"aaa… against a set that is read to its end for each", {"^[^", "b", 200000, "]*"}, false, 131072, 2.6e10},
    {"aaa… from each place on", {"[", "b", 200000, "]"}, false, 131072, 2.6e10},
    {"aaa… in all ways to cut 8 into 60", {"", "a*", 60, "b"}, false, 8, 7.3e9},
    {"aaa… in all ways to cut 12 into 41", {"^", "a*", 40, "b"}, false, 12, 2.0e11},
    {"^^^…, where nothing is tied to the begin", {"^*b", "", 0, ""}, true, 131072, 8.5e9},
    {"aaa… up to the b that is not there", {".", "a", 15000, "b"}, false, 30000, 2.2e8},
    {"(((… from each place on", {"%b()", "", 0, ""}, false, 131072, 8.5e9},
    {"aaa… in all ways to cut it into three", {"a*a*b", "", 0, ""}, false, 2000, 1.3e9},
};

static void what_takes_long_is_dear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dear) / sizeof(dear[0]); i++) {
        double cost = cost_of(&dear[i].pattern, dear[i].left, !dear[i].gmatch);
        if (cost < dear[i].least)
            fail_msg("%s: %g, and takes %g", dear[i].text, cost, dear[i].least);
    }
}

/* What policies write is far from what one search may take (2^28). */
static const struct {
    const char *pattern;
    size_t left;
    double most;
} cheap[] = {
    {"^[%w_.-]+$", 4096, 50000}, {"^%l[%l%d-]*$", 64, 1000},  {"%s+", 65536, 400000}, {"^(%d+)-(%d+)$", 11, 500},
    {"[^\n]*", 65536, 600000},   {"^https?://", 65536, 50.0}, {"", 65536, 70000},     {"^", 65536, 2},
};

static void what_is_simple_is_cheap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cheap) / sizeof(cheap[0]); i++) {
        double cost = ww_lua_pattern_cost(cheap[i].pattern, strlen(cheap[i].pattern), cheap[i].left, true);
        if (cost > cheap[i].most)
            fail_msg("%s: %g", cheap[i].pattern, cost);
    }
}

static void a_pattern_that_ends_in_the_middle_is_read_no_further(void **state)
{
    (void)state;
    static const char *const cut[] = {"%", "[", "[^", "[]", "[^]", "[%", "[a%", "%b", "%b(", "%f", "%f[", "(", "a[%]"};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        size_t len = strlen(cut[i]);
        char *exact = malloc(len); /* without an end, so that AddressSanitizer sees what is behind it */
        assert_non_null(exact);
        memcpy(exact, cut[i], len);
        assert_true(ww_lua_pattern_cost(exact, len, 10, true) >= 1);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_long_is_dear),
        cmocka_unit_test(what_is_simple_is_cheap),
        cmocka_unit_test(a_pattern_that_ends_in_the_middle_is_read_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
