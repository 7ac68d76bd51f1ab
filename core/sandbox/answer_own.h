/* Is what a rule of an answer says its own the container's, and does it say no more than it may of where it is from? */
#ifndef WW_SANDBOX_ANSWER_OWN_H
#define WW_SANDBOX_ANSWER_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/rule.h"
#include "core/model/facts.h"

/* Is it the address of one of these endpoints? */
bool ww_answer_own_has(const struct ww_facts_endpoint *endpoints, size_t n, const struct ww_addr *addr);

/* The rule's own addresses are those of these endpoints, and its origin is no longer than WW_LIMIT_ORIGIN. -EINVAL. */
int ww_answer_own_check(const struct ww_rule *rule, const struct ww_facts_endpoint *endpoints, size_t n,
                        struct ww_error *err);

#endif
