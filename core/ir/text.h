/* The text form of rulesets and rules: for people, for hashing, for golden files and for the cache. */
#ifndef WW_IR_TEXT_H
#define WW_IR_TEXT_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/ruleset.h"

/* Append one rule as one line (with '\n'). Strings are quoted; the form is canonical for a normalized rule. */
void ww_rule_write(const struct ww_rule *rule, struct ww_buf *out);

/* Parse one such line (the '\n' optional). -EINVAL says at which column. *ret_rule is the caller's to ww_rule_done. */
int ww_rule_read(const char *line, struct ww_rule *ret_rule, struct ww_error *err);

/* Append a whole ruleset: a header line, endpoints, published ports, rules. Works on unsealed ones, too. */
void ww_ruleset_write(const struct ww_ruleset *rs, struct ww_buf *out);

/* The same but for the rules. */
void ww_ruleset_shell_write(const struct ww_ruleset *rs, struct ww_buf *out);

/* Parse what ww_ruleset_write wrote, and seal it. -EINVAL names line and column. */
int ww_ruleset_read(const char *text, struct ww_ruleset **ret_rs, struct ww_error *err);

#endif
