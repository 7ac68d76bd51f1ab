/* Statements as the kernel's expressions (linux/netfilter/nf_tables.h), in the form in which nft lists them readably.
 */
#ifndef WW_KERNEL_EXPR_H
#define WW_KERNEL_EXPR_H

#include <libnftnl/rule.h>
#include <stdint.h>

#include "core/kernel/base_ruleset/stmt.h"

#define WW_RULE_LISTS 4

/* A list of a statement: becomes an anonymous set that must be made in the same transaction before the rule. */
struct ww_expr_list {
    const struct ww_term *term;
    const struct ww_field_info *field;
    uint32_t id;
};

struct ww_expr_lists {
    struct ww_expr_list lists[WW_RULE_LISTS];
    unsigned n;
    uint32_t last_id; /* the last number given to an anonymous set of the transaction */
};

/*
 * Append the statement's expressions to the rule, which is one of this table. Its lists get the numbers after
 * lists->last_id. 0, -ENOMEM, or -EINVAL for more than WW_RULE_LISTS lists.
 */
int ww_expr_add(struct nftnl_rule *rule, enum ww_table_id table, const struct ww_stmt *stmt,
                struct ww_expr_lists *lists);

#endif
