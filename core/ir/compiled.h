/* What the policy makes of one container's facts: its rules, what it opens at others, and what to tell the operator. */
#ifndef WW_IR_COMPILED_H
#define WW_IR_COMPILED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/rule.h"

/* A rule that goes into another container's ruleset, because a rule here names that container. */
struct ww_consent {
    char *target;        /* id of the container that is opened */
    struct ww_rule rule; /* side WW_INPUT, consent set; peers are the naming container's addresses */
};

/* Something to tell the operator. waiting: the rule `origin` is not complete until what it names appears. */
struct ww_note {
    bool waiting;
    char *origin; /* "output[0]", "" for the whole label */
    char *text;
};

struct ww_compiled {
    struct ww_rule *rules;
    size_t n_rules;
    struct ww_consent *consents;
    size_t n_consents;
    struct ww_note *notes;
    size_t n_notes;
};

void ww_compiled_done(struct ww_compiled *c);

/* Append. add_rule and add_consent take the rule's contents over (also on failure). -ENOMEM. */
int ww_compiled_add_rule(struct ww_compiled *c, struct ww_rule *rule);
int ww_compiled_add_consent(struct ww_compiled *c, const char *target, struct ww_rule *rule);
int ww_compiled_add_note(struct ww_compiled *c, bool waiting, const char *origin, const char *text);

/* Text form, one line each, for the cache; read parses what write wrote. -EINVAL names line and column. */
void ww_compiled_write(const struct ww_compiled *c, struct ww_buf *out);
int ww_compiled_read(const char *text, struct ww_compiled *ret_c, struct ww_error *err);

#endif
