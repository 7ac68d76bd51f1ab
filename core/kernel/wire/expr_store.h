/* The expressions that write to a packet, or to its flow. Private to expr*.c. */
#ifndef WW_KERNEL_EXPR_STORE_H
#define WW_KERNEL_EXPR_STORE_H

#include <libnftnl/rule.h>

#include "core/kernel/base_ruleset/stmt.h"

/* LABEL, TO_HOST. -ENOMEM. */
int ww_expr_store(struct nftnl_rule *rule, const struct ww_term *t);
/* The packet's mark: what the first register holds. -ENOMEM. */
int ww_expr_store_mark(struct nftnl_rule *rule);

#endif
