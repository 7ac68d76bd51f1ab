#include "bindings/policy_finish.h"

#include <errno.h>

#include "core/base/limits.h"
#include "core/ir/elements.h"
#include "core/ir/ruleset.h"

static int apply_bans(struct ww_compiled *compiled, const struct ww_facts *facts, struct ww_error *err)
{
    if (!compiled->n_bans)
        return 0;
    struct ww_ruleset *shell = ww_compiled_shell(facts);
    int rc = shell ? ww_compiled_apply_bans(compiled, shell) : -ENOMEM;

    ww_ruleset_unref(shell);
    if (rc == -E2BIG || compiled->n_rules > WW_LIMIT_RULES)
        return ww_fail(
            err, -E2BIG,
            "what policies refuse makes too many rules of the container's (at most %d are allowed), or holds "
            "too many addresses against each other (WW_LIMIT_BAN_WORK)",
            WW_LIMIT_RULES);
    return rc < 0 ? ww_fail(err, rc, "out of memory for the rules of a container") : 0;
}

int ww_policy_finish(struct ww_compiled *compiled, const struct ww_facts *facts, struct ww_error *err)
{
    int rc = apply_bans(compiled, facts, err);
    if (rc == 0)
        rc = ww_compiled_check_elements(compiled, facts, err);
    if (rc == 0 && ww_compiled_limit_notes(compiled) < 0)
        rc = ww_fail(err, -ENOMEM, "out of memory for the notes of a container");
    return rc;
}
