#include "bindings/policy_finish.h"

#include <errno.h>

#include "core/base/limits.h"
#include "core/ir/elements.h"
#include "core/ir/ruleset.h"

/* The endpoints and published ports that the rules are about. NULL: out of memory. */
static struct ww_ruleset *shell_of(const struct ww_facts *facts)
{
    struct ww_ruleset *rs = ww_ruleset_new(facts->id, facts->name ? facts->name : facts->id);
    int rc = rs ? 0 : -ENOMEM;

    for (size_t i = 0; rc == 0 && i < facts->n_endpoints; i++)
        rc = ww_ruleset_add_endpoint(rs, &facts->endpoints[i].addrs);
    for (size_t i = 0; rc == 0 && i < facts->n_published; i++)
        rc = ww_ruleset_add_publish(rs, &facts->published[i]);
    if (rc < 0) {
        ww_ruleset_unref(rs);
        return NULL;
    }
    return rs;
}

static int apply_bans(struct ww_compiled *compiled, const struct ww_facts *facts, struct ww_error *err)
{
    if (!compiled->n_bans)
        return 0;
    struct ww_ruleset *shell = shell_of(facts);
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
