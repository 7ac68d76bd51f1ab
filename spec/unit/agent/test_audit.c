/* Which containers are audited, what that makes of their rulesets, and which networks are guarded for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/audit.h"
#include "core/agent/boot.h"
#include "core/agent/reconcile.h"
#include "helper_agent.h"
#include "helper_live.h"

static const char *copy(const char *text, char **to)
{
    *to = text ? strdup(text) : NULL;
    return *to;
}

static void put(struct ww_agent *a, const char *id, const char *mode, const char *enabled, const char *audit)
{
    struct ww_container *c = ww_container_new();
    struct ww_error err = {0};
    assert_non_null(c);
    copy(id, &c->id);
    copy(id, &c->name);
    copy(mode, &c->network_mode);
    copy(enabled, &c->label_enabled);
    copy(audit, &c->label_audit);
    copy("image", &c->image_id);
    c->state = WW_RUNNING;
    assert_int_equal(ww_world_put_container(a->world, c, &err), 0);
}

static void know_image(struct ww_agent *a, const char *audit)
{
    struct ww_error err = {0};
    assert_int_equal(ww_world_put_image(a->world, "image", NULL, audit, true, &err), 0);
}

#define NONE "not managed"
#define ENFORCED "enforced"
#define AUDITED "audited"
#define CLOSED "closed"

static const char *state_of(const struct ww_agent *a, const char *id)
{
    const struct ww_ruleset *rs = ww_plan_get(a->desired, id);
    if (!rs)
        return NONE;
    return rs->audited ? AUDITED : rs->quarantined ? CLOSED : ENFORCED;
}

static const struct {
    const char *enabled;
    const char *audit;
    const char *images; /* the image's own */
    const char *without;
    const char *with; /* -audit */
} rows[] = {
    {NULL, NULL, NULL, NONE, AUDITED},
    {"", "", NULL, NONE, AUDITED},
    {"true", NULL, NULL, ENFORCED, AUDITED},
    {"false", NULL, NULL, NONE, NONE},
    {"maybe", NULL, NULL, CLOSED, AUDITED},
    {NULL, "true", NULL, AUDITED, AUDITED},
    {NULL, "Yes", "true", AUDITED, AUDITED},
    {"true", "true", NULL, AUDITED, AUDITED},
    {"false", "true", NULL, NONE, NONE},
    {"maybe", "true", NULL, AUDITED, AUDITED},
    {NULL, "false", NULL, NONE, NONE},
    {"true", "false", NULL, ENFORCED, ENFORCED},
    {"true", "true", "true", ENFORCED, AUDITED},
    {NULL, "true", "true", NONE, AUDITED},
    {"true", "false", "false", ENFORCED, ENFORCED}, /* it only closes, so it counts whoever wrote it */
    {NULL, "false", "false", NONE, NONE},
    {"true", "ture", "ture", ENFORCED, AUDITED},
    {NULL, "ture", NULL, CLOSED, CLOSED},
    {"true", "ture", NULL, CLOSED, CLOSED},
};

static void try_rows(struct ww_agent *a, bool option)
{
    a->audit = option;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        know_image(a, rows[i].images);
        put(a, "x", "net", rows[i].enabled, rows[i].audit);
        helper_attach(a, (const char *[]){"x", NULL});
        ww_reconcile(a);
        const char *wanted = option ? rows[i].with : rows[i].without;
        if (strcmp(state_of(a, "x"), wanted) != 0)
            fail_msg("row %zu: %s, not %s", i, state_of(a, "x"), wanted);
        ww_world_remove_container(a->world, "x");
        helper_attach(a, (const char *[]){NULL});
        ww_reconcile(a);
    }
}

static void labels_and_option_say_what_is_audited(void **state)
{
    try_rows(*state, false);
    try_rows(*state, true);
}

/* In doubt a label opens nothing: the image may have it. */
static void a_label_counts_when_the_image_is_known(void **state)
{
    struct ww_agent *a = *state;
    put(a, "x", "net", "true", "true");
    helper_attach(a, (const char *[]){"x", NULL});
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), ENFORCED);
    know_image(a, NULL);
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), AUDITED);
    know_image(a, "true");
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), ENFORCED);
}

/* … and closes what the option would open. */
static void a_label_that_closes_counts_before_the_image_is_known(void **state)
{
    struct ww_agent *a = *state;
    static const char *const labels[] = {"false", "ture"};
    a->audit = true;
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        put(a, "x", "net", "true", labels[i]);
        helper_attach(a, (const char *[]){"x", NULL});
        ww_reconcile(a);
        assert_string_equal(state_of(a, "x"), ENFORCED);
    }
}

static void of_those_that_share_addresses_all_are_audited_or_none(void **state)
{
    struct ww_agent *a = *state;
    know_image(a, NULL);
    put(a, "x", "net", "true", "true");
    put(a, "y", "container:x", "true", "true");
    helper_attach(a, (const char *[]){"x", NULL});
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), AUDITED);
    put(a, "y", "container:x", "true", NULL);
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), ENFORCED);
    put(a, "y", "container:x", NULL, NULL);
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), AUDITED);
}

static bool guarded(const struct ww_agent *a, const char *net)
{
    const struct ww_fence *f = ww_fences_get(a->fences, net);
    return f && f->guarded;
}

static void a_network_is_not_guarded_for_audited_ones(void **state)
{
    struct ww_agent *a = *state;
    know_image(a, NULL);
    put(a, "x", "other", NULL, "true");
    helper_attach_at(a, "other", "x", "198.51.100.9");
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), AUDITED);
    assert_false(guarded(a, "other"));
    put(a, "x", "other", "true", NULL);
    ww_reconcile(a);
    assert_true(guarded(a, "other"));
    const struct ww_known *known = ww_fence_find(ww_fences_get(a->fences, "other"), "x");
    assert_true(known && known->managed);
    a->audit = true;
    assert_int_equal(ww_world_mark_dirty(a->world, "x"), 0);
    assert_int_equal(ww_world_mark_network_dirty(a->world, "other"), 0);
    ww_reconcile(a);
    assert_false(guarded(a, "other"));
}

static int all_names(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    (void)self;
    (void)facts;
    (void)err;
    *ret_names = (struct ww_names){0};
    return 0;
}

/* A label must not take a container out of the site's policies, unless the administrator says that it may. */
static void labels_are_not_obeyed_where_the_site_has_policies(void **state)
{
    static const struct {
        bool site;
        enum ww_audit_labels labels;
        bool option;
        const char *wanted;
    } tries[] = {
        {false, WW_AUDIT_LABELS_AUTO, false, AUDITED}, {true, WW_AUDIT_LABELS_AUTO, false, ENFORCED},
        {true, WW_AUDIT_LABELS_ON, false, AUDITED},    {false, WW_AUDIT_LABELS_OFF, false, ENFORCED},
        {true, WW_AUDIT_LABELS_AUTO, true, AUDITED},
    };
    struct ww_agent *a = *state;
    struct ww_policy_ops ops = helper_policy;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        know_image(a, NULL);
        ops.names = tries[i].site ? all_names : NULL;
        a->policy.ops = &ops;
        a->audit = tries[i].option;
        a->audit_labels = tries[i].labels;
        put(a, "x", "net", "true", "true");
        helper_attach(a, (const char *[]){"x", NULL});
        ww_reconcile(a);
        if (strcmp(state_of(a, "x"), tries[i].wanted) != 0)
            fail_msg("try %zu: %s", i, state_of(a, "x"));
        bool told = ww_audit_ignored(a, ww_world_container(a->world, "x")) != NULL;
        assert_int_equal(told, strcmp(tries[i].wanted, ENFORCED) == 0);
        ww_world_remove_container(a->world, "x");
        ww_reconcile(a);
    }
    a->policy.ops = &helper_policy;
}

/* By their label, or by an option that is not given any more: only the engine can tell. */
static void after_a_boot_without_the_option_they_are_enforced_at_first(void **state)
{
    struct ww_agent *a = *state;
    struct ww_error err = {0};
    a->audit = true;
    put(a, "x", "net", "true", NULL);
    helper_attach(a, (const char *[]){"x", NULL});
    ww_reconcile(a);
    for (int option = 1; option >= 0; option--) {
        a->audit = option;
        ww_plan_free(a->desired);
        a->desired = ww_plan_new();
        assert_int_equal(ww_boot(a, &err), 0);
        assert_string_equal(state_of(a, "x"), option ? AUDITED : ENFORCED);
    }
}

/* Rules about the host mean its addresses: what they allow is not to be told as missing. Only enforced ones have these
 * kept from ports. */
static void of_audited_ones_too_rules_know_the_host(void **state)
{
    struct ww_agent *a = *state;
    a->audit = true;
    put(a, "x", "net", "true", NULL);
    helper_attach(a, (const char *[]){"x", NULL});
    ww_world_remove_container(a->world, "web");
    ww_world_remove_container(a->world, "db");
    ww_reconcile(a);
    assert_string_equal(state_of(a, "x"), AUDITED);
    const struct ww_fence *host = ww_fences_get(a->fences_applied, "host");
    assert_true(host && host->n_own > 0 && !host->held);
}

/* On a guarded network it is known as one that is not managed. */
static void beside_an_enforced_one_it_may_send_what_it_likes(void **state)
{
    struct ww_agent *a = *state;
    know_image(a, NULL);
    put(a, "x", "net", "true", "true");
    helper_attach(a, (const char *[]){"web", "x", NULL});
    ww_reconcile(a);
    assert_true(guarded(a, "net"));
    const struct ww_known *known = ww_fence_find(ww_fences_get(a->fences, "net"), "x");
    assert_true(known && !known->managed);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)
    const struct CMUnitTest tests[] = {
        TEST(labels_and_option_say_what_is_audited),
        TEST(a_label_counts_when_the_image_is_known),
        TEST(a_label_that_closes_counts_before_the_image_is_known),
        TEST(of_those_that_share_addresses_all_are_audited_or_none),
        TEST(a_network_is_not_guarded_for_audited_ones),
        TEST(labels_are_not_obeyed_where_the_site_has_policies),
        TEST(after_a_boot_without_the_option_they_are_enforced_at_first),
        TEST(of_audited_ones_too_rules_know_the_host),
        TEST(beside_an_enforced_one_it_may_send_what_it_likes),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
