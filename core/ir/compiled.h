/* What the policy makes of one container's facts: its rules, what it opens at other containers, and what to tell the
 * operator. */
#ifndef WW_IR_COMPILED_H
#define WW_IR_COMPILED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/ban.h"
#include "core/ir/rule.h"

struct ww_facts; /* core/model/facts.h */

/* A rule that goes into another container's ruleset, because a rule here names that container. */
struct ww_consent {
    char *target;        /* id of the container that is opened */
    struct ww_rule rule; /* side WW_INPUT, consent set; peers are the naming container's addresses */
};

/* Something to tell the operator. waiting: the rule `origin` is not complete until what it names appears. */
struct ww_note {
    bool waiting;
    char *origin; /* as that of a rule, "" for the whole label */
    char *text;
};

/* Whether the container is managed: as its label says, unless a site policy decides. */
enum ww_manage { WW_MANAGE_BY_LABEL, WW_MANAGE_YES, WW_MANAGE_NO };

struct ww_compiled {
    struct ww_rule *rules;
    size_t n_rules;
    struct ww_consent *consents;
    size_t n_consents;
    struct ww_note *notes;
    size_t n_notes;
    struct ww_ban *bans; /* what neither these rules nor consents of other containers may allow */
    size_t n_bans;
    enum ww_manage manage;
};

void ww_compiled_done(struct ww_compiled *c);

/* Append. add_rule and add_consent take the rule's contents over (also on failure). -ENOMEM. */
int ww_compiled_add_rule(struct ww_compiled *c, struct ww_rule *rule);
int ww_compiled_add_consent(struct ww_compiled *c, const char *target, struct ww_rule *rule);
int ww_compiled_add_note(struct ww_compiled *c, bool waiting, const char *origin, const char *text);

/* Sort the lists of all rules and consents, and join what overlaps in them. */
void ww_compiled_normalize(struct ww_compiled *c);

/* Cut texts at WW_LIMIT_ORIGIN, and leave notes above WW_LIMIT_NOTES out, of which the last one says how many. -ENOMEM.
 */
int ww_compiled_limit_notes(struct ww_compiled *c);

/* Bytes of all that is said of the rules: origins, reasons and notes. No packet depends on them. */
size_t ww_compiled_texts(const struct ww_compiled *c);

/* Cut origins and reasons at WW_LIMIT_SHORTENED, and leave all notes out but one that says how many they were, and by
 * which limit. -ENOMEM. */
int ww_compiled_shorten(struct ww_compiled *c, const char *limit);

/* Settles the ban, too: -EINVAL with the reason. Takes it over, also on failure. */
int ww_compiled_add_ban(struct ww_compiled *c, struct ww_ban *ban, struct ww_error *err);

/*
 * A rule whose verdict is a chain that bans name gets those taken out, and accepts; such bans are gone then. Take the
 * other bans out of the rules, and what `output` may not reach out of the consents; a note says of each rule that lost
 * something what it was and why. `shell` has the container's endpoints and published ports. -ENOMEM; -E2BIG: that would
 * make more rules than a container may have, or more work than WW_LIMIT_BAN_WORK.
 */
int ww_compiled_apply_bans(struct ww_compiled *c, const struct ww_ruleset *shell);

/* The endpoints and published ports that the container's rules are about. NULL: out of memory. */
struct ww_ruleset *ww_compiled_shell(const struct ww_facts *facts);

/* Text form, one line each, for the cache; read parses what write wrote. -EINVAL names line and column. */
void ww_compiled_write(const struct ww_compiled *c, struct ww_buf *out);
int ww_compiled_read(const char *text, struct ww_compiled *ret_c, struct ww_error *err);

#endif
