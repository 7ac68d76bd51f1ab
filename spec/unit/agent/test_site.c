/* What the site's policies decide: which containers are managed or closed, what no rule may allow, and how they are
 * replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/assemble.h"
#include "core/agent/derive.h"
#include "core/agent/site.h"
#include "core/agent/site_change.h"
#include "core/model/facts.h"
#include "helper_agent.h"

/* A policy that decides by the container's name: "yes…", "no…", "deny…", "ban…"; the rest is left to their labels. */
struct fake {
    const char *version;
    unsigned reads;
    unsigned freed;
    unsigned compiled;
};

static int fake_names(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    (void)self;
    (void)facts;
    (void)err;
    *ret_names = (struct ww_names){0};
    return 0;
}

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static int add_rules(struct ww_compiled *c, const char *name)
{
    struct ww_rule rule = {.side = WW_OUTPUT, .peer = WW_PEER_ANY, .origin = strdup("o")};
    struct ww_ban ban = {.rule = {.side = WW_OUTPUT, .peer = WW_PEER_ANY, .origin = strdup("b")},
                         .reason = strdup("because")};
    int rc = ww_compiled_add_rule(c, &rule);
    if (rc == 0 && begins(name, "ban"))
        return ww_compiled_add_ban(c, &ban, NULL);
    ww_ban_done(&ban);
    return rc;
}

static int fake_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                        struct ww_error *err)
{
    struct fake *fake = self;
    struct ww_compiled c = {0};
    if (strcmp(fake->version, "2") == 0 && begins(facts->name, "busy"))
        return ww_fail(err, -EAGAIN, "no process for it");
    fake->compiled++;
    if (begins(facts->name, "deny"))
        return ww_fail(err, -EINVAL, "not here");
    if (begins(facts->name, "yes"))
        c.manage = WW_MANAGE_YES;
    else if (begins(facts->name, "no"))
        c.manage = WW_MANAGE_NO;
    assert_int_equal(add_rules(&c, facts->name), 0);
    *ret_compiled = c;
    return 0;
}

static const char *fake_version(void *self)
{
    return ((struct fake *)self)->version;
}

static unsigned fake_reads(void *self)
{
    return ((struct fake *)self)->reads;
}

static void fake_free(void *self)
{
    ((struct fake *)self)->freed++;
}

static const struct ww_policy_ops fake_ops = {
    .names = fake_names, .reads = fake_reads, .compile = fake_compile, .version = fake_version, .free = fake_free};
static struct fake first;
static struct fake second;

static int set_up(void **state)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    struct ww_error trouble = {0};
    assert_non_null(a);
    first = (struct fake){.version = "1", .reads = WW_READS_FACTS};
    second = (struct fake){.version = "2", .reads = WW_READS_FACTS | WW_READS_LABELS};
    a->policy = (struct ww_policy){.ops = &fake_ops, .self = &first};
    a->world = ww_world_new();
    a->desired = ww_plan_new();
    assert_int_equal(ww_log_new("/dev/null", WW_ERROR, &a->log, &trouble), 0);
    assert_int_equal(ww_store_open("/proc/no/such/folder", &a->store, &trouble), 0); /* in memory */
    ww_site_open(a);
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    struct ww_agent *a = *state;
    ww_managed_containers_done(&a->managed);
    ww_faults_done(&a->faults);
    ww_idset_done(&a->pending);
    ww_plan_free(a->desired);
    ww_store_close(a->store);
    ww_world_free(a->world);
    ww_log_free(a->log);
    free(a);
    return 0;
}

static void a_policy_decides_which_containers_are_managed(void **state)
{
    static const struct {
        const char *id;
        const char *label; /* rules of a container that opts in; NULL: it does not */
        bool managed;
        const char *fault;
    } rows[] = {
        {"yes1", NULL, true, NULL},       {"yes2", "x", true, NULL},         {"no1", "x", false, NULL},
        {"no2", NULL, false, NULL},       {"other1", "x", true, NULL},       {"other2", NULL, false, NULL},
        {"deny1", "x", true, "not here"}, {"deny2", NULL, true, "not here"},
    };
    struct ww_agent *a = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        helper_put(a, rows[i].id, "net", rows[i].label);
        helper_attach(a, (const char *[]){rows[i].id, NULL});
        helper_settle(a);
        const struct ww_managed_container *s = ww_managed_container_find(&a->managed, rows[i].id);
        const struct ww_ruleset *rs = ww_plan_get(a->desired, rows[i].id);
        bool closed = ww_container_managed(ww_world_container(a->world, rows[i].id)) != WW_UNMANAGED;
        if ((s != NULL) != rows[i].managed || (rs != NULL) != rows[i].managed || closed != rows[i].managed)
            fail_msg("%s: subject %d, ruleset %d, managed %d", rows[i].id, s != NULL, rs != NULL, closed);
        if (!s)
            continue;
        assert_int_equal(rs->quarantined, rows[i].fault != NULL);
        assert_true(rows[i].fault ? strcmp(s->fault, rows[i].fault) == 0 : !s->fault);
    }
}

static void a_ban_is_taken_out_of_the_rules_of_all_that_live_there(void **state)
{
    struct ww_agent *a = *state;
    helper_put(a, "yes", "net", NULL);
    helper_attach(a, (const char *[]){"yes", NULL});
    helper_settle(a);
    assert_int_equal(ww_plan_get(a->desired, "yes")->n_rules, 1);
    helper_put(a, "ban", "container:yes", "x");
    helper_settle(a);
    assert_int_equal(ww_plan_get(a->desired, "yes")->n_rules, 0);
    ww_world_remove_container(a->world, "ban");
    helper_settle(a);
    assert_int_equal(ww_plan_get(a->desired, "yes")->n_rules, 1);
}

static int load_second(const void *from, struct ww_policy *ret_policy, struct ww_error *err)
{
    if (!from)
        return ww_fail(err, -EINVAL, "policy file 'p.lua': no");
    *ret_policy = (struct ww_policy){.ops = &fake_ops, .self = &second};
    return 0;
}

static void new_policies_come_into_force_with_the_next_list(void **state)
{
    struct ww_agent *a = *state;
    a->site.load = load_second;
    a->site.load_from = "x";
    helper_put(a, "other", "net", "x");
    helper_settle(a);
    ww_site_reload(a);
    assert_ptr_equal(a->policy.self, &first);
    assert_int_equal(ww_world_reads(a->world), second.reads); /* what they read is kept from now on */
    assert_false(ww_world_is_dirty(a->world));
    ww_site_listed(a);
    assert_ptr_equal(a->policy.self, &second);
    assert_int_equal(first.freed, 1);
    assert_true(ww_world_is_dirty(a->world)); /* all are judged anew */
    ww_site_listed(a);
    assert_int_equal(second.freed, 0);
}

/* That it fails for one is an answer. */
static void all_are_judged_by_new_policies_before_these_are_in_force(void **state)
{
    struct ww_agent *a = *state;
    a->site.load = load_second;
    a->site.load_from = "x";
    helper_put(a, "deny", "net", NULL);
    helper_put(a, "other", "net", "x");
    helper_put(a, "yes", "net", NULL);
    helper_settle(a);
    ww_site_reload(a);
    ww_site_listed(a);
    assert_ptr_equal(a->policy.self, &second);
    assert_int_equal(second.compiled, 3);
    helper_settle(a);
    assert_int_equal(second.compiled, 3 + 2); /* that of which there was no answer to remember; once for each step */
}

static void new_policies_that_cannot_judge_all_leave_the_old_ones_in_force(void **state)
{
    struct ww_agent *a = *state;
    a->site.load = load_second;
    a->site.load_from = "x";
    helper_put(a, "busy", "net", "x");
    helper_put(a, "yes", "net", NULL);
    helper_settle(a);
    ww_site_reload(a);
    ww_site_listed(a);
    assert_ptr_equal(a->policy.self, &first);
    assert_int_equal(first.freed, 0);
    assert_int_equal(second.freed, 1);
    assert_int_equal(ww_world_reads(a->world), first.reads);
    assert_false(ww_world_is_dirty(a->world));
    ww_site_listed(a); /* they are forgotten */
    assert_int_equal(second.freed, 1);
}

static void policies_that_are_the_same_change_nothing(void **state)
{
    struct ww_agent *a = *state;
    a->site.load = load_second;
    a->site.load_from = "x";
    second.version = "1";
    assert_false(ww_site_reload(a));
    assert_int_equal(second.freed, 1);
    ww_site_listed(a);
    assert_ptr_equal(a->policy.self, &first);
    assert_false(ww_world_is_dirty(a->world));
}

static void policies_that_cannot_be_read_leave_the_old_ones_in_force(void **state)
{
    struct ww_agent *a = *state;
    a->site.load = load_second;
    a->site.load_from = NULL;
    ww_site_reload(a);
    ww_site_listed(a);
    assert_ptr_equal(a->policy.self, &first);
    assert_int_equal(first.freed, 0);
    assert_false(ww_world_is_dirty(a->world));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_policy_decides_which_containers_are_managed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_ban_is_taken_out_of_the_rules_of_all_that_live_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(new_policies_come_into_force_with_the_next_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_are_judged_by_new_policies_before_these_are_in_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(new_policies_that_cannot_judge_all_leave_the_old_ones_in_force, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(policies_that_are_the_same_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(policies_that_cannot_be_read_leave_the_old_ones_in_force, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
