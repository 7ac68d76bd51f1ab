/*
 * What rules are counted as is never less than what they are lowered to, for random rules: WW_SEED=<seed> repeats a
 * run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ir/text.h"
#include "core/kernel/lower/lower.h"
#include "helper_counted.h"
#include "spec/unit/ir/helper_generate.h"

#define ROUNDS 3000
#define CONTAINERS 6

/* The elements of sets, with those that lead into chains; not the lists in these. */
static size_t lowered_size(const struct ww_ruleset *rs)
{
    struct ww_lowered lowered = {0};
    struct ww_error err = {0};
    if (ww_lower(rs, &lowered, &err) < 0)
        fail_msg("%s", err.text);
    size_t n = lowered.n_elements;
    ww_lowered_done(&lowered);
    return n;
}

static struct ww_ruleset *shell_of(const struct ww_ruleset *rs)
{
    struct ww_ruleset *shell = ww_ruleset_new(rs->id, rs->name);
    assert_non_null(shell);
    for (size_t i = 0; i < rs->n_endpoints; i++)
        assert_int_equal(ww_ruleset_add_endpoint(shell, &rs->endpoints[i]), 0);
    for (size_t i = 0; i < rs->n_published; i++)
        assert_int_equal(ww_ruleset_add_publish(shell, &rs->published[i]), 0);
    return shell;
}

static void seal(struct ww_ruleset *rs)
{
    struct ww_error err = {0};
    if (ww_ruleset_seal(rs, &err) < 0)
        fail_msg("%s", err.text);
}

static void tell(const struct ww_ruleset *rs, uint64_t counted, size_t lowered)
{
    struct ww_buf text = {0};
    ww_ruleset_write(rs, &text);
    ww_buf_str(&text, "lowered:\n");
    (void)ww_lower_write(rs, &text, NULL);
    fail_msg("counted as %llu, lowered to %zu:\n%s", (unsigned long long)counted, lowered, text.data);
}

static void compare(uint64_t seed)
{
    struct gen gen;
    uint64_t counted_all = 0;
    uint64_t lowered_all = 0;
    gen_init(&gen, seed);
    for (int round = 0; round < ROUNDS; round++) {
        gen.wish.networks = round % 3 == 0;
        gen.wish.logs = gen.wish.chains = gen.wish.queues = round % 2 == 0;
        struct ww_ruleset *rs = gen_ruleset(&gen, gen_below(&gen, CONTAINERS), CONTAINERS);
        rs->quarantined = false;
        struct ww_ruleset *shell = shell_of(rs);
        seal(rs); /* before, entries of lists that join are counted one by one */
        seal(shell);
        const uint64_t counted = helper_counted_as(rs);
        const size_t without = lowered_size(shell);
        const size_t with = lowered_size(rs);
        const size_t lowered = with > without ? with - without : 0;
        if (lowered > counted)
            tell(rs, counted, lowered);
        counted_all += counted;
        lowered_all += lowered;
        ww_ruleset_unref(shell);
        ww_ruleset_unref(rs);
    }
    print_message("counted as %llu, lowered to %llu\n", (unsigned long long)counted_all,
                  (unsigned long long)lowered_all);
    assert_true(lowered_all > counted_all / 20); /* else it would say nothing */
}

static void rules_are_counted_as_what_they_are_lowered_to_or_more(void **state)
{
    (void)state;
    compare(gen_seed());
}

/* A rule of a chain has elements for the host's connections through Docker's proxy, which were not counted once. */
static void so_are_ways_of_the_proxy_past_a_chain(void **state)
{
    (void)state;
    compare(1796032788101813388U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_counted_as_what_they_are_lowered_to_or_more),
        cmocka_unit_test(so_are_ways_of_the_proxy_past_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
