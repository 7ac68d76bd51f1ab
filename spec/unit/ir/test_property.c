#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/text.h"
#include "helper_generate.h"

#define ROUNDS 3000
#define CONTAINERS 8

static uint64_t seed;

static int start(void **state)
{
    static struct gen g;
    gen_init(&g, seed);
    *state = &g;
    return 0;
}

static struct ww_ruleset *read_back(const struct ww_ruleset *rs)
{
    struct ww_buf text = {0};
    struct ww_ruleset *back = NULL;
    struct ww_error err = {0};
    ww_ruleset_write(rs, &text);
    if (ww_ruleset_read(text.data, &back, &err) < 0)
        fail_msg("%s in\n%s", err.text, text.data);
    ww_buf_done(&text);
    return back;
}

static void text_round_trip_keeps_the_hash(void **state)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ww_ruleset *rs = gen_sealed(*state, i % CONTAINERS, CONTAINERS);
        struct ww_ruleset *back = read_back(rs);
        assert_string_equal(back->hash, rs->hash);
        assert_int_equal(back->n_rules, rs->n_rules);
        ww_ruleset_unref(back);
        ww_ruleset_unref(rs);
    }
}

/* Not sealed: rules in the order added, lists as given. Reading seals, so the hash is that of the sealed one. */
static void text_of_an_unsealed_ruleset_reads_as_the_sealed_one(void **state)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ww_ruleset *rs = gen_ruleset(*state, i % CONTAINERS, CONTAINERS);
        struct ww_ruleset *back = read_back(rs);
        assert_int_equal(ww_ruleset_seal(rs, NULL), 0);
        assert_string_equal(back->hash, rs->hash);
        ww_ruleset_unref(back);
        ww_ruleset_unref(rs);
    }
}

static void shuffle(struct gen *g, void *list, size_t n, size_t size)
{
    char swap[sizeof(struct ww_rule)];
    char *bytes = list;
    assert_true(size <= sizeof(swap));
    for (size_t i = n; i > 1; i--) {
        char *a = bytes + (i - 1) * size;
        char *b = bytes + gen_below(g, (unsigned)i) * size;
        memcpy(swap, a, size);
        memmove(a, b, size);
        memcpy(b, swap, size);
    }
}

/* Consents anywhere among the rules, in any order; the other rules keep theirs. */
static void scatter_consents(struct gen *g, struct ww_ruleset *rs)
{
    struct ww_rule *plain = calloc(rs->n_rules + 1, sizeof(*plain));
    struct ww_rule *consents = calloc(rs->n_rules + 1, sizeof(*consents));
    size_t n_plain = 0;
    size_t n_consents = 0;
    assert_true(plain && consents);
    for (size_t i = 0; i < rs->n_rules; i++) {
        if (rs->rules[i].consent)
            consents[n_consents++] = rs->rules[i];
        else
            plain[n_plain++] = rs->rules[i];
    }
    shuffle(g, consents, n_consents, sizeof(*consents));
    size_t p = 0;
    size_t c = 0;
    for (size_t i = 0; i < rs->n_rules; i++) {
        bool consent = p == n_plain || (c < n_consents && gen_chance(g, 50));
        rs->rules[i] = consent ? consents[c++] : plain[p++];
    }
    free(plain);
    free(consents);
}

static void hash_is_independent_of_the_order_of_what_has_none(void **state)
{
    struct gen *g = *state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct gen same = *g;
        struct ww_ruleset *a = gen_ruleset(g, i % CONTAINERS, CONTAINERS);
        struct ww_ruleset *b = gen_ruleset(&same, i % CONTAINERS, CONTAINERS);
        scatter_consents(g, b);
        shuffle(g, b->endpoints, b->n_endpoints, sizeof(*b->endpoints));
        shuffle(g, b->published, b->n_published, sizeof(*b->published));
        for (size_t k = 0; k < b->n_rules; k++)
            shuffle(g, b->rules[k].peers, b->rules[k].n_peers, sizeof(*b->rules[k].peers));
        assert_int_equal(ww_ruleset_seal(a, NULL), 0);
        assert_int_equal(ww_ruleset_seal(b, NULL), 0);
        assert_string_equal(a->hash, b->hash);
        ww_ruleset_unref(a);
        ww_ruleset_unref(b);
    }
}

static void assert_normal_stays_normal(struct ww_rule *rule)
{
    struct ww_buf before = {0};
    struct ww_buf after = {0};
    ww_rule_write(rule, &before);
    ww_rule_normalize(rule);
    ww_rule_write(rule, &after);
    assert_string_equal(before.data, after.data);
    ww_buf_done(&before);
    ww_buf_done(&after);
}

static void normalizing_changes_no_match(void **state)
{
    struct gen *g = *state;
    struct ww_plan *plan = gen_plan(g, CONTAINERS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ww_ruleset *rs = gen_sealed(g, i % CONTAINERS, CONTAINERS);
        struct ww_rule rule = gen_rule(g, i % CONTAINERS, CONTAINERS);
        struct ww_rule normal;
        assert_int_equal(ww_rule_copy(&rule, &normal), 0);
        ww_rule_normalize(&normal);
        assert_int_equal(ww_rule_validate(&normal, NULL), 0);
        assert_normal_stays_normal(&normal);
        for (unsigned k = 0; k < 20; k++) {
            struct ww_flow flow = gen_flow(g, plan, CONTAINERS);
            assert_int_equal(ww_flow_matches(rs, &rule, &flow), ww_flow_matches(rs, &normal, &flow));
        }
        ww_rule_done(&rule);
        ww_rule_done(&normal);
        ww_ruleset_unref(rs);
    }
    ww_plan_free(plan);
}

static int count_difference(struct ww_ruleset *rs, void *arg)
{
    const struct ww_ruleset *other = ww_plan_get(arg, rs->id);
    return !other || strcmp(other->hash, rs->hash) != 0;
}

static void assert_equal_plans(struct ww_plan *a, struct ww_plan *b)
{
    assert_int_equal(ww_plan_count(a), ww_plan_count(b));
    assert_int_equal(ww_plan_each(a, count_difference, b), 0);
}

static void applying_a_difference_gives_the_other_plan(void **state)
{
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        struct ww_plan *a = gen_plan(*state, CONTAINERS);
        struct ww_plan *b = gen_plan(*state, CONTAINERS);
        struct ww_diff diff;
        assert_int_equal(ww_plan_diff(a, b, NULL, 0, &diff, NULL), 0);
        for (size_t k = 1; k < diff.n; k++) {
            const struct ww_change *c = &diff.changes[k - 1];
            const struct ww_change *d = &diff.changes[k];
            assert_true(strcmp((c->from ? c->from : c->to)->id, (d->from ? d->from : d->to)->id) < 0);
        }
        assert_int_equal(ww_plan_apply(a, &diff, NULL), 0);
        assert_equal_plans(a, b);
        ww_diff_done(&diff);
        assert_int_equal(ww_plan_diff(a, b, NULL, 0, &diff, NULL), 0);
        assert_int_equal(diff.n, 0);
        ww_diff_done(&diff);
        ww_plan_free(a);
        ww_plan_free(b);
    }
}

/* What the plan's index answers is what looking at every ruleset answers. */
struct holder {
    const struct ww_addr *addr;
    bool held;
};

static int look_for_holder(struct ww_ruleset *rs, void *arg)
{
    struct holder *holder = arg;
    holder->held = holder->held || ww_ruleset_has_addr(rs, holder->addr);
    return 0;
}

static void the_index_agrees_with_the_rulesets(void **state)
{
    struct gen *g = *state;
    struct ww_plan *plan = ww_plan_new();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ww_ruleset *rs = gen_sealed(g, gen_below(g, CONTAINERS), CONTAINERS);
        if (gen_chance(g, 40))
            ww_plan_remove(plan, rs->id);
        else
            assert_int_equal(ww_plan_set(plan, rs, NULL), 0);
        struct ww_addr addr = gen_addr(g, 0, CONTAINERS);
        struct holder holder = {.addr = &addr};
        ww_plan_each(plan, look_for_holder, &holder);
        const struct ww_ruleset *found = ww_plan_by_addr(plan, &addr);
        assert_int_equal(found != NULL, holder.held);
        assert_true(!found || ww_ruleset_has_addr(found, &addr));
        ww_ruleset_unref(rs);
    }
    ww_plan_free(plan);
}

/* Whoever is asked for a rule says one that matches; and each of both sides had a say. */
static void a_judgement_is_what_its_rules_say(void **state)
{
    struct gen *g = *state;
    unsigned allowed = 0;
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        struct ww_plan *plan = gen_plan(g, CONTAINERS);
        for (unsigned k = 0; k < 50; k++) {
            struct ww_flow flow = gen_flow(g, plan, CONTAINERS);
            struct ww_judgement j = ww_flow_judge(plan, &flow);
            const struct ww_ruleset *sender = flow.from_host ? NULL : ww_plan_by_addr(plan, &flow.src);
            assert_int_equal(j.allowed, j.refused_by == NULL);
            assert_true(!j.sender || ww_flow_matches(sender, j.sender, &flow));
            assert_true(!j.allowed || !sender || j.sender);
            if (j.receiver && !j.proxied && !flow.to_host)
                assert_true(ww_flow_matches(ww_plan_by_addr(plan, &flow.dst), j.receiver, &flow));
            if (j.allowed && !flow.to_host && ww_plan_by_addr(plan, &flow.dst))
                assert_non_null(j.receiver);
            allowed += j.allowed && (j.sender || j.receiver);
        }
        ww_plan_free(plan);
    }
    assert_true(allowed > ROUNDS / 20); /* else the generator makes nothing that meets */
}

int main(void)
{
    seed = gen_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(text_round_trip_keeps_the_hash, start),
        cmocka_unit_test_setup(text_of_an_unsealed_ruleset_reads_as_the_sealed_one, start),
        cmocka_unit_test_setup(hash_is_independent_of_the_order_of_what_has_none, start),
        cmocka_unit_test_setup(normalizing_changes_no_match, start),
        cmocka_unit_test_setup(applying_a_difference_gives_the_other_plan, start),
        cmocka_unit_test_setup(the_index_agrees_with_the_rulesets, start),
        cmocka_unit_test_setup(a_judgement_is_what_its_rules_say, start),
    };
    return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
