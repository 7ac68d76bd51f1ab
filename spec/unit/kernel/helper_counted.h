/* What rules are counted as by the policy step, whose headers do not go with those of lowering. */
#ifndef WW_SPEC_HELPER_COUNTED_H
#define WW_SPEC_HELPER_COUNTED_H

#include <stdint.h>

#include "core/ir/ruleset.h"

/* ww_compiled_elements of all its rules. */
uint64_t helper_counted_as(const struct ww_ruleset *rs);

#endif
