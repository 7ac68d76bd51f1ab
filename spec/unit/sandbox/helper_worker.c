#include "spec/unit/sandbox/helper_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bindings/policy_lua.h"

int helper_lua(void *arg, struct ww_policy *ret_policy, struct ww_error *err)
{
    (void)arg;
    return ww_policy_lua_new(ret_policy, err);
}

static void act_out(const struct act *acts, const char *name)
{
    for (; acts->name; acts++)
        if (strcmp(acts->name, name) == 0)
            acts->run();
}

static int acting_mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    (void)err;
    *ret_names = (struct ww_names){0};
    if (strncmp(label, "mentions ", 9) == 0)
        act_out(self, label + 9);
    return 0;
}

static int acting_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                          struct ww_error *err)
{
    (void)err;
    *ret_compiled = (struct ww_compiled){0};
    if (facts->label_rules)
        act_out(self, facts->label_rules);
    return 0;
}

static const char *acting_version(void *self)
{
    (void)self;
    return "acts";
}

static const struct ww_policy_ops acting = {
    .mentions = acting_mentions, .compile = acting_compile, .version = acting_version};

int helper_acting(void *acts, struct ww_policy *ret_policy, struct ww_error *err)
{
    (void)err;
    *ret_policy = (struct ww_policy){.ops = &acting, .self = acts};
    return 0;
}

struct ww_policy helper_jailed(struct ww_worker *worker, struct ww_worker_policy how, struct ww_jail_report *ret_report)
{
    struct ww_zygote *zygote;
    struct ww_policy policy;
    struct ww_error err = {0};
    *worker = (struct ww_worker){.how = how};
    if (ww_jailed_start(worker, &zygote, &err) < 0 || ww_jailed_new(zygote, &policy, ret_report, &err) < 0)
        fail_msg("%s", err.text);
    return policy;
}

int helper_compile(struct ww_policy *p, const char *label, struct ww_error *err)
{
    struct scene s;
    struct ww_compiled compiled = {0};
    set_scene(&s);
    s.facts.label_rules = label;
    int rc = p->ops->compile(p->self, &s.facts, &compiled, err);
    ww_compiled_done(&compiled);
    return rc;
}
