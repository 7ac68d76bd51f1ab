/* How many elements of the kernel's sets a container's rules come to: the loop waits until the kernel has them. */
#ifndef WW_IR_ELEMENTS_H
#define WW_IR_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/ir/rule.h"
#include "core/model/endpoint.h"

struct ww_facts; /* core/model/facts.h */

/* Does the rule open this published port? The ports of localhost and external are the published ones. */
bool ww_rule_opens(const struct ww_rule *rule, const struct ww_publish *p);

/* At most so many, or what takes their time, at the container itself and at those that it opens. */
uint64_t ww_compiled_elements(const struct ww_compiled *c, const struct ww_facts *facts);

/* -E2BIG: more than WW_LIMIT_ELEMENTS; the text names the rule with most of them. */
int ww_compiled_check_elements(const struct ww_compiled *c, const struct ww_facts *facts, struct ww_error *err);

#endif
