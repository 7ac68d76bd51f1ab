/* The expressions that only dropped packets meet: counted and limited for each key, and reported. Private to expr*.c.
 */
#ifndef WW_KERNEL_EXPR_DROP_H
#define WW_KERNEL_EXPR_DROP_H

#include <libnftnl/rule.h>

#include "core/kernel/base_ruleset/stmt.h"

/* COUNT, SAMPLE: update the dynamic set with the key that the first register holds. -ENOMEM. */
int ww_expr_update(struct nftnl_rule *rule, const struct ww_term *t, int family);
int ww_expr_rate(struct nftnl_rule *rule, const struct ww_term *t); /* RATE. -ENOMEM. */
int ww_expr_reject(struct nftnl_rule *rule);
int ww_expr_report(struct nftnl_rule *rule, const struct ww_term *t); /* REPORT. -ENOMEM. */

#endif
