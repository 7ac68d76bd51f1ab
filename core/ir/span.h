/* Lists of address ranges and of port ranges as sets: what two have in common, what one has and another has not. */
#ifndef WW_IR_SPAN_H
#define WW_IR_SPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/ir/rule.h"

/* Every address of both families. Two entries. */
extern const struct ww_addr_range ww_span_all_addrs[2];

/* Is every address in it? The list is sorted and without overlaps, as ww_rule_normalize leaves it. */
bool ww_span_is_all(const struct ww_addr_range *list, size_t n);

/*
 * Append to the rule's peers (destination ports) what is in `a` and in `b`, or in `a` and not in `b`. `b` is sorted and
 * without overlaps. -ENOMEM.
 */
int ww_span_addrs_common(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b,
                         struct ww_rule *rule);
int ww_span_addrs_without(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b,
                          struct ww_rule *rule);
int ww_span_ports_without(const struct ww_ports *a, size_t n_a, const struct ww_ports *b, size_t n_b,
                          struct ww_rule *rule);

/* Is an address (a port) in both? `b` is sorted and without overlaps. The time goes with the length of `a` only. */
bool ww_span_addrs_meet(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b);
bool ww_span_ports_meet(const struct ww_ports *a, size_t n_a, const struct ww_ports *b, size_t n_b);

#endif
