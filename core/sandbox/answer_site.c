#include "core/sandbox/answer_site.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/sandbox/answer_own.h"

/* What a refusal leaves of a rule may be several, each of which is held against all refusals once more. */
#define WORK_MAX (4L * WW_LIMIT_BAN_WORK)

/* Is it managed, by this answer? Where policies say what the label says anyhow they say nothing. */
static int check_manage(const struct ww_facts *facts, enum ww_manage manage, bool *ret_managed, struct ww_error *err)
{
    if (manage == (facts->opted_in ? WW_MANAGE_YES : WW_MANAGE_NO))
        return ww_fail(err, -EINVAL, "a decision that is no other than the label's");
    *ret_managed = manage == WW_MANAGE_BY_LABEL ? facts->opted_in : manage == WW_MANAGE_YES;
    return 0;
}

static int check_ban(const struct ww_facts *facts, const struct ww_ban *ban, struct ww_error *err)
{
    if (strlen(ban->reason) > WW_LIMIT_ORIGIN)
        return ww_fail(err, -EINVAL, "the reason of a refusal takes more than %d bytes (WW_LIMIT_ORIGIN)",
                       WW_LIMIT_ORIGIN);
    return ww_answer_own_check(&ban->rule, facts->endpoints, facts->n_endpoints, err);
}

/* The program takes refusals out of rules itself, again and again, and the loop waits for it. */
static int check_work(const struct ww_compiled *c, const struct ww_ruleset *shell, struct ww_error *err)
{
    size_t work = 0;
    for (size_t b = 0; b < c->n_bans; b++) {
        for (size_t i = 0; i < c->n_rules; i++)
            work += ww_ban_work(&c->bans[b], shell, &c->rules[i]);
        if (work > WORK_MAX)
            return ww_fail(err, -EINVAL, "more than %ld addresses and ports to hold against refusals", WORK_MAX);
    }
    return 0;
}

/*
 * A worker takes refusals out of the rules. Where the program had to, a thousand refusals of a thousand rules would
 * make a million, and as many copies of what is said of them.
 */
static int check_narrowed(const struct ww_compiled *c, const struct ww_ruleset *shell, struct ww_error *err)
{
    int rc = 0;
    for (size_t b = 0; rc == 0 && b < c->n_bans; b++) {
        struct ww_rules left = {0};
        for (size_t i = 0; rc == 0 && i < c->n_rules; i++)
            rc = ww_ban_narrow(&c->bans[b], shell, &c->rules[i], &left);
        ww_rules_done(&left);
    }
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    return rc ? ww_fail(err, -EINVAL, "a rule that allows what is refused with it") : 0;
}

static int check_refused(const struct ww_facts *facts, const struct ww_compiled *c, struct ww_error *err)
{
    if (!c->n_bans)
        return 0;
    struct ww_ruleset *shell = ww_compiled_shell(facts);
    if (!shell)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = check_work(c, shell, err);
    if (rc == 0)
        rc = check_narrowed(c, shell, err);
    ww_ruleset_unref(shell);
    return rc;
}

int ww_answer_check_site(const struct ww_facts *facts, const struct ww_compiled *c, struct ww_error *err)
{
    bool managed = true;
    if (!facts->reads && (c->n_bans || c->manage != WW_MANAGE_BY_LABEL))
        return ww_fail(err, -EINVAL, "what only policies of the site may say");
    int rc = facts->reads ? check_manage(facts, c->manage, &managed, err) : 0;
    if (rc == 0 && !managed && (c->n_rules || c->n_consents || c->n_notes || c->n_bans))
        return ww_fail(err, -EINVAL, "rules of a container that is not managed");
    if (rc == 0 && c->n_bans > WW_LIMIT_RULES)
        return ww_fail(err, -EINVAL, "%zu refusals, the limit is %d", c->n_bans, WW_LIMIT_RULES);
    for (size_t i = 0; rc == 0 && i < c->n_bans; i++)
        rc = check_ban(facts, &c->bans[i], err);
    return rc < 0 ? rc : check_refused(facts, c, err);
}
