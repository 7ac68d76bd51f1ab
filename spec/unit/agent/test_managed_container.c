#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/faults.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"
#include "core/base/limits.h"

/* A managed container whose rules open the given targets. */
static struct ww_managed_container *make(struct ww_managed_containers *all, const char *id, const char *const *targets)
{
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = {0};
    assert_int_equal(ww_managed_container_make(all, id, &s, NULL), 0);
    for (; *targets; targets++) {
        struct ww_rule rule = {.side = WW_INPUT, .consent = true};
        assert_int_equal(ww_compiled_add_consent(&compiled, *targets, &rule), 0);
    }
    assert_int_equal(ww_managed_container_set_compiled(all, s, &compiled, NULL), 0);
    return s;
}

static int append_id(const struct ww_managed_container *s, void *arg)
{
    strcat(strcat(arg, s->id), " ");
    return 0;
}

static void assert_openers(const struct ww_managed_containers *all, const char *target, const char *expected)
{
    char text[64] = "";
    ww_managed_container_each_opener(all, target, append_id, text);
    assert_string_equal(text, expected);
}

static void openers_follow_every_recompilation(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    make(&all, "a", (const char *[]){"db", "db", "cache", NULL});
    make(&all, "b", (const char *[]){"db", NULL});
    assert_openers(&all, "db", "a b ");
    assert_openers(&all, "cache", "a ");
    make(&all, "a", (const char *[]){"cache", NULL});
    assert_openers(&all, "db", "b ");
    assert_openers(&all, "cache", "a ");
    make(&all, "a", (const char *[]){NULL});
    assert_openers(&all, "cache", "");
    ww_managed_containers_done(&all);
}

static void a_removed_one_opens_no_container(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    struct ww_managed_container *a = make(&all, "a", (const char *[]){"db", NULL});
    make(&all, "b", (const char *[]){"db", NULL});
    ww_managed_container_remove(&all, a);
    assert_null(ww_managed_container_find(&all, "a"));
    assert_openers(&all, "db", "b ");
    ww_managed_containers_done(&all);
}

static void a_fault_can_be_set_and_taken_back(void **state)
{
    (void)state;
    struct ww_managed_containers all = {0};
    struct ww_managed_container *a = make(&all, "a", (const char *[]){NULL});
    char text[] = "first";
    assert_int_equal(ww_managed_container_set_fault(a, text, NULL), 0);
    text[0] = 'X';
    assert_string_equal(a->fault, "first");
    assert_int_equal(ww_managed_container_set_fault(a, a->fault, NULL),
                     0); /* its own text, as after a second failure */
    assert_string_equal(a->fault, "first");
    assert_int_equal(ww_managed_container_set_fault(a, NULL, NULL), 0);
    assert_null(a->fault);
    ww_managed_containers_done(&all);
}

static void faults_are_kept_by_id(void **state)
{
    (void)state;
    struct ww_faults faults = {0};
    assert_null(ww_faults_get(&faults, "a"));
    assert_int_equal(ww_faults_set(&faults, "a", "one", NULL), 0);
    assert_int_equal(ww_faults_set(&faults, "a", "two", NULL), 0);
    assert_string_equal(ww_faults_get(&faults, "a"), "two");
    ww_faults_remove(&faults, "a");
    ww_faults_remove(&faults, "a");
    assert_null(ww_faults_get(&faults, "a"));
    ww_faults_done(&faults);
}

static void an_id_is_in_a_set_once(void **state)
{
    (void)state;
    struct ww_idset set = {0};
    assert_null(ww_idset_array(&set));
    assert_int_equal(ww_idset_add(&set, "a", NULL), 0);
    assert_int_equal(ww_idset_add(&set, "b", NULL), 0);
    assert_int_equal(ww_idset_add(&set, "a", NULL), 0);
    assert_int_equal(ww_idset_count(&set), 2);
    const char **ids = ww_idset_array(&set);
    assert_string_equal(ids[0], "a");
    assert_string_equal(ids[1], "b");
    free(ids);
    ww_idset_done(&set);
    assert_int_equal(ww_idset_count(&set), 0);
}

static char *letters(size_t n)
{
    char *text = calloc(n + 1, 1);
    assert_non_null(text);
    memset(text, 'x', n);
    return text;
}

/* A rule, a ban, a rule at another container, and notes: together so many texts of the longest that there may be. */
static struct ww_compiled wordy(size_t texts)
{
    char *text = letters(WW_LIMIT_ORIGIN);
    struct ww_compiled c = {0};
    struct ww_rule rule = {.side = WW_OUTPUT, .origin = strdup(text)};
    struct ww_rule consent = {.side = WW_INPUT, .consent = true, .origin = strdup(text)};
    struct ww_ban ban = {.rule = {.side = WW_OUTPUT, .origin = strdup(text)}, .reason = strdup(text)};
    assert_int_equal(ww_compiled_add_rule(&c, &rule), 0);
    assert_int_equal(ww_compiled_add_consent(&c, "db", &consent), 0);
    assert_int_equal(ww_compiled_add_ban(&c, &ban, NULL), 0);
    for (size_t i = 4; i < texts; i++)
        assert_int_equal(ww_compiled_add_note(&c, i == 9, "", text), 0);
    free(text);
    return c;
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* All that is said of its rules, in bytes. */
static size_t said(const struct ww_managed_container *s)
{
    const struct ww_compiled *c = &s->compiled;
    assert_int_equal(c->n_rules + c->n_bans + c->n_consents, 3); /* no rule goes with what is said of it */
    size_t bytes = length(c->rules[0].origin) + length(c->consents[0].rule.origin) + length(c->bans[0].rule.origin) +
                   length(c->bans[0].reason);
    for (size_t i = 0; i < c->n_notes; i++)
        bytes += strlen(c->notes[i].origin) + strlen(c->notes[i].text);
    return bytes;
}

static struct ww_managed_container *set(struct ww_managed_containers *all, int number, size_t texts)
{
    char id[16];
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = wordy(texts);
    snprintf(id, sizeof(id), "c%d", number);
    assert_int_equal(ww_managed_container_make(all, id, &s, NULL), 0);
    assert_int_equal(ww_managed_container_set_compiled(all, s, &compiled, NULL), 0);
    return s;
}

static void assert_shortened(const struct ww_managed_container *s, const char *note)
{
    assert_int_equal(s->compiled.n_notes, 1);
    assert_string_equal(s->compiled.notes[0].text, note);
    assert_true(s->compiled.notes[0].waiting); /* one of them did */
    assert_int_equal(strlen(s->compiled.rules[0].origin), WW_LIMIT_SHORTENED);
    assert_in_range(said(s), 1, 4 * WW_LIMIT_SHORTENED + 100);
}

static void what_is_said_of_one_containers_rules_has_a_limit(void **state)
{
    const size_t most = WW_LIMIT_TEXTS / WW_LIMIT_ORIGIN;
    struct ww_managed_containers all = {0};
    (void)state;
    assert_int_equal(said(set(&all, 1, most)), WW_LIMIT_TEXTS);
    assert_shortened(set(&all, 1, most + 1),
                     "what is said of the rules is cut, and 253 notes are left out (WW_LIMIT_TEXTS)");
    ww_managed_containers_done(&all);
}

/* The first have all that is said of them; what one that goes has had is there for others. */
static void what_is_said_of_all_containers_rules_has_a_limit(void **state)
{
    const size_t texts = WW_LIMIT_TEXTS / WW_LIMIT_ORIGIN;
    const int whole = WW_LIMIT_ALL_TEXTS / WW_LIMIT_TEXTS;
    struct ww_managed_containers all = {0};
    (void)state;
    for (int i = 0; i < whole; i++)
        assert_int_equal(said(set(&all, i, texts)), WW_LIMIT_TEXTS);
    for (int i = whole; i < 2 * whole; i++)
        assert_shortened(set(&all, i, texts),
                         "what is said of the rules is cut, and 252 notes are left out (WW_LIMIT_ALL_TEXTS)");
    ww_managed_container_remove(&all, ww_managed_container_find(&all, "c0"));
    ww_managed_container_remove(&all, ww_managed_container_find(&all, "c1"));
    assert_int_equal(said(set(&all, 2 * whole, texts)), WW_LIMIT_TEXTS);
    assert_shortened(set(&all, 2 * whole + 1, texts),
                     "what is said of the rules is cut, and 252 notes are left out (WW_LIMIT_ALL_TEXTS)");
    ww_managed_containers_done(&all);
    assert_int_equal(all.texts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openers_follow_every_recompilation),
        cmocka_unit_test(a_removed_one_opens_no_container),
        cmocka_unit_test(a_fault_can_be_set_and_taken_back),
        cmocka_unit_test(faults_are_kept_by_id),
        cmocka_unit_test(an_id_is_in_a_set_once),
        cmocka_unit_test(what_is_said_of_one_containers_rules_has_a_limit),
        cmocka_unit_test(what_is_said_of_all_containers_rules_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
