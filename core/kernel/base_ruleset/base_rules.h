/* The fixed part of the tables: base chains, the chains they jump to, and their rules (docs/datapath*.md). */
#ifndef WW_KERNEL_BASE_RULES_H
#define WW_KERNEL_BASE_RULES_H

#include <stddef.h>

#include "core/kernel/base_ruleset/stmt.h"

#define WW_LAYOUT "whalewall layout 12"

struct ww_fixed_chain {
    const char *name;
    int hook; /* NF_INET_… or NF_BR_…, by its part's table; -1: not a base chain */
    int priority;
    enum ww_part part;
};

/* In the order in which they can be made; *ret_n how many. */
const struct ww_fixed_chain *ww_fixed_chains(size_t *ret_n);
const struct ww_fixed_chain *ww_fixed_chain_find(enum ww_table_id table, const char *name); /* NULL if it is none */

/* Has the fixed chain a rule for each length of prefix that is in the sets of CIDRs? Their names end in "-nets". */
bool ww_fixed_has_widths(const char *chain);

/* The table that this part is in. */
enum ww_table_id ww_part_table(enum ww_part part);
/* These parts (bits), and those that they look into. */
unsigned ww_parts_whole(unsigned parts);

/* Each statement of this part's chains, in order, with all lengths of prefixes that could be; stops at the first result
 * that is not 0, and returns it. */
int ww_fixed_each(enum ww_part part, int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg);

/* The same for the statements of a table in lockdown, while it is made again. */
int ww_fixed_lockdown(int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg);

#endif
