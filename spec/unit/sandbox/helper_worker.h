/* Policies behind workers, for the tests of the jail. */
#ifndef WW_SPEC_HELPER_WORKER_H
#define WW_SPEC_HELPER_WORKER_H

#include "core/ir/policy.h"
#include "core/sandbox/jailed.h"
#include "spec/unit/bindings/helper_scene.h"

/* The policy in Lua, as the program has it. */
int helper_lua(void *arg, struct ww_policy *ret_policy, struct ww_error *err);

/*
 * One whose answers are written in the label: the name of an act, which happens when it compiles. `mentions <act>`:
 * when it looks for names. Any other label is no rule.
 */
struct act {
    const char *name;
    void (*run)(void);
};
int helper_acting(void *acts, struct ww_policy *ret_policy, struct ww_error *err);

/* A jailed policy of that kind; the test fails where it cannot be had. *worker is the caller's storage. */
struct ww_policy helper_jailed(struct ww_worker *worker, struct ww_worker_policy how,
                               struct ww_jail_report *ret_report);

/* Its answer to a container with this label, of the scene of bindings; the error is in *err. */
int helper_compile(struct ww_policy *p, const char *label, struct ww_error *err);

#endif
