/* What is left to do with rules when Lua has made them. */
#ifndef WW_BINDINGS_POLICY_FINISH_H
#define WW_BINDINGS_POLICY_FINISH_H

#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/model/facts.h"

/* Take refusals out of the rules, and hold them and the notes to their limits. -E2BIG; -ENOMEM. */
int ww_policy_finish(struct ww_compiled *compiled, const struct ww_facts *facts, struct ww_error *err);

#endif
