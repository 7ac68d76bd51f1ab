#include "helper_without.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/lower/lower_internal.h"
#include "helper_matched.h"

typedef int each_fn(const char *chain, const struct ww_stmt *stmt, void *arg);

int __real_ww_fixed_each(enum ww_part part, each_fn *fn, void *arg);
int __real_ww_fixed_lockdown(each_fn *fn, void *arg);
const struct ww_schema *__real_ww_set_schema(unsigned set);
enum ww_part __real_ww_set_part(unsigned set);
enum ww_part __real_ww_set_needs(unsigned set);
enum ww_part __real_ww_set_spares(unsigned set);
bool __real_ww_set_is_fixed(unsigned set);
bool __real_ww_set_exists(unsigned set);
int __real_ww_set_mirror(unsigned set);
void __real_ww_lower_put(struct ww_lowering *l, enum ww_stem stem, int family, const struct ww_key *key,
                         const char *value, const char *origin);
int __wrap_ww_fixed_each(enum ww_part part, each_fn *fn, void *arg);
int __wrap_ww_fixed_lockdown(each_fn *fn, void *arg);
const struct ww_schema *__wrap_ww_set_schema(unsigned set);
enum ww_part __wrap_ww_set_part(unsigned set);
enum ww_part __wrap_ww_set_needs(unsigned set);
enum ww_part __wrap_ww_set_spares(unsigned set);
bool __wrap_ww_set_is_fixed(unsigned set);
bool __wrap_ww_set_exists(unsigned set);
int __wrap_ww_set_mirror(unsigned set);
void __wrap_ww_lower_put(struct ww_lowering *l, enum ww_stem stem, int family, const struct ww_key *key,
                         const char *value, const char *origin);

static const char *without; /* NULL: nothing is left out */

int __real__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);

#define SHUT_ROWS WW_PARTS /* its rows stand behind those of the parts */

static const char *const part_names[] = {
    [WW_PART_ALWAYS] = "always",     [WW_PART_DROPS] = "drops",   [WW_PART_MINE] = "mine",
    [WW_PART_BOUND] = "bound",       [WW_PART_FENCED] = "fenced", [WW_PART_MIRROR] = "mirror",
    [WW_PART_VERDICTS] = "verdicts", [WW_PART_MARK] = "mark",     [SHUT_ROWS] = "shut",
};

static struct ww_stmt without_width(const struct ww_stmt *stmt)
{
    struct ww_stmt copy = *stmt;
    for (size_t i = 0; i < ww_stmt_count(stmt); i++)
        if (ww_term_has_width(&copy.terms[i]))
            copy.terms[i].value = 0;
    return copy;
}

/*
 * Of one row when they come one after the other, and differ by nothing but the family, or by nothing but the length of
 * the prefix that they look up in a set of networks: the lengths are a loop's (each_width in base_rules.c), and which
 * of them are in the kernel is test_nets' to see.
 */
static bool is_same_row(const char *chain, const struct ww_stmt *stmt, const char *last_chain,
                        const struct ww_stmt *last)
{
    if (!last_chain || strcmp(chain, last_chain) != 0)
        return false;
    if (last->family == AF_INET && stmt->family == AF_INET6)
        return memcmp(stmt->terms, last->terms, sizeof(stmt->terms)) == 0;
    struct ww_stmt a = without_width(stmt);
    struct ww_stmt b = without_width(last);
    return memcmp(stmt->terms, last->terms, sizeof(stmt->terms)) != 0 && a.family == b.family &&
           memcmp(a.terms, b.terms, sizeof(a.terms)) == 0;
}

#define CHAINS_MAX 128 /* of one part */

/* The name of a rule: part, chain, number in the chain from 1 on. */
struct counting {
    const char *part;
    const char *chain;
    struct ww_stmt last;
    struct {
        const char *chain;
        unsigned rows;
    } seen[CHAINS_MAX];
    char name[64];
    each_fn *fn;
    void *arg;
};

static unsigned *rows_of(struct counting *c, const char *chain)
{
    size_t i = 0;
    while (c->seen[i].chain && strcmp(c->seen[i].chain, chain) != 0)
        i++;
    assert_true(i + 1 < CHAINS_MAX);
    c->seen[i].chain = chain;
    return &c->seen[i].rows;
}

static void count(struct counting *c, const char *chain, const struct ww_stmt *stmt)
{
    unsigned *rows = rows_of(c, chain);
    *rows += !is_same_row(chain, stmt, c->chain, &c->last);
    c->chain = chain;
    c->last = *stmt;
    snprintf(c->name, sizeof(c->name), "row %s %s %u", c->part, chain, *rows);
}

static bool is_left_out(const char *name)
{
    return without && strcmp(without, name) == 0;
}

static int pass_on(const char *chain, const struct ww_stmt *stmt, void *arg)
{
    struct counting *c = arg;
    struct ww_stmt counted;
    count(c, chain, stmt);
    if (is_left_out(c->name))
        return 0;
    return c->fn(chain, matched_by(stmt, c->name, &counted), c->arg);
}

int __wrap_ww_fixed_each(enum ww_part part, each_fn *fn, void *arg)
{
    matched_note();
    struct counting c = {.part = part_names[part], .fn = fn, .arg = arg};
    return __real_ww_fixed_each(part, pass_on, &c);
}

int __wrap_ww_fixed_lockdown(each_fn *fn, void *arg)
{
    matched_note();
    struct counting c = {.part = part_names[SHUT_ROWS], .fn = fn, .arg = arg};
    return __real_ww_fixed_lockdown(pass_on, &c);
}

/* Facts of a set in the schema: "flag fact set". */
static bool is_without(const char *fact, unsigned set)
{
    char name[64];
    if (!without)
        return false;
    snprintf(name, sizeof(name), "flag %s %s", fact, __real_ww_set_schema(set)->stem);
    return is_left_out(name);
}

const struct ww_schema *__wrap_ww_set_schema(unsigned set)
{
    static struct ww_schema copies[WW_SETS];
    const struct ww_schema *s = __real_ww_set_schema(set);
    if (!is_without("closing", set) && !is_without("named", set))
        return s;
    copies[set] = *s;
    copies[set].closing = s->closing && !is_without("closing", set);
    if (is_without("named", set))
        copies[set].kind = WW_SET_PLAIN;
    return &copies[set];
}

enum ww_part __wrap_ww_set_part(unsigned set)
{
    bool own = ww_set_table(set) == __real_ww_set_schema(set)->table;
    return own && is_without("part", set) ? WW_PART_ALWAYS : __real_ww_set_part(set);
}

enum ww_part __wrap_ww_set_needs(unsigned set)
{
    return is_without("needs", set) ? WW_PART_ALWAYS : __real_ww_set_needs(set);
}

enum ww_part __wrap_ww_set_spares(unsigned set)
{
    return is_without("spares", set) ? WW_PART_ALWAYS : __real_ww_set_spares(set);
}

bool __wrap_ww_set_is_fixed(unsigned set)
{
    return __real_ww_set_is_fixed(set) && !is_without("quick", set);
}

bool __wrap_ww_set_exists(unsigned set)
{
    bool copy = ww_set_table(set) != __real_ww_set_schema(set)->table;
    return __real_ww_set_exists(set) && !(copy && is_without("mirrored", set));
}

int __wrap_ww_set_mirror(unsigned set)
{
    return is_without("mirrored", set) ? -1 : __real_ww_set_mirror(set);
}

/* A set that nothing is put into is as good as none. */
void __wrap_ww_lower_put(struct ww_lowering *l, enum ww_stem stem, int family, const struct ww_key *key,
                         const char *value, const char *origin)
{
    matched_elements(__real_ww_set_schema(ww_set_id(stem, family))->stem);
    if (!is_without("elements", ww_set_id(stem, family)))
        __real_ww_lower_put(l, stem, family, key, value, origin);
}

struct telling {
    struct counting counting;
    char told[64];
    void (*fn)(const char *name, const char *what);
};

static int tell_row(const char *chain, const struct ww_stmt *stmt, void *arg)
{
    struct telling *t = arg;
    struct ww_buf text = {0};
    count(&t->counting, chain, stmt);
    if (strcmp(t->told, t->counting.name) == 0)
        return 0;
    memcpy(t->told, t->counting.name, sizeof(t->told));
    ww_stmt_write(stmt, &text);
    t->fn(t->counting.name, text.data);
    ww_buf_done(&text);
    return 0;
}

static void tell_set(enum ww_stem stem, void (*fn)(const char *name, const char *what))
{
    unsigned set = ww_set_id(stem, AF_INET);
    const struct ww_schema *s = __real_ww_set_schema(set);
    const struct {
        const char *fact;
        bool there;
    } facts[] = {
        {"elements", !ww_set_is_dynamic(set)},  {"closing", s->closing},
        {"named", s->kind == WW_SET_NAMED},     {"part", s->part != WW_PART_ALWAYS && s->table == WW_INET},
        {"needs", s->needs != WW_PART_ALWAYS},  {"spares", s->spares != WW_PART_ALWAYS},
        {"quick", __real_ww_set_is_fixed(set)}, {"mirrored", s->mirrored},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "flag %s %s", facts[i].fact, s->stem);
        if (facts[i].there)
            fn(name, s->comment);
    }
}

void without_each(void (*fn)(const char *name, const char *what))
{
    for (unsigned part = 0; part <= SHUT_ROWS; part++) {
        struct telling t = {.counting = {.part = part_names[part]}, .fn = fn};
        if (part == SHUT_ROWS)
            __real_ww_fixed_lockdown(tell_row, &t);
        else
            __real_ww_fixed_each((enum ww_part)part, tell_row, &t);
    }
    for (enum ww_stem stem = 0; stem < WW_STEMS; stem++)
        tell_set(stem, fn);
}

/* One of the program's tests where WW_TEST names it; "?" prints their names. */
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown)
{
    const char *test = getenv("WW_TEST");
    cmocka_set_test_filter(test);
    if (!test || strcmp(test, "?") != 0)
        return __real__cmocka_run_group_tests(group, tests, n, setup, teardown);
    for (size_t i = 0; i < n; i++)
        puts(tests[i].name);
    return 0;
}

static void __attribute__((constructor)) read_without(void)
{
    without = getenv("WW_WITHOUT");
}
