/*
 * The messages of a transaction, one function for each kind of object (linux/netfilter/nf_tables.h). Those about
 * chains, sets by name and rules are for the batch's table; sets by number, and their elements, know theirs.
 */
#ifndef WW_KERNEL_MESSAGE_H
#define WW_KERNEL_MESSAGE_H

#include <stddef.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/base_ruleset/schema.h"
#include "core/kernel/base_ruleset/stmt.h"
#include "core/kernel/wire/batch.h"

/* What our chains' comments begin with: how to tell them from those of other programs. */
#define WW_MARK "whalewall "

void ww_msg_table(struct ww_batch *b, const char *table);
/* flags: WW_TABLE_… of ownership.h; a table that is there gets them, too. */
void ww_msg_table_flags(struct ww_batch *b, const char *table, uint32_t flags);
void ww_msg_table_delete(struct ww_batch *b, const char *table);

/* Makes it if it is not there. comment: NULL for none; it cannot be changed later. */
void ww_msg_chain(struct ww_batch *b, const char *name, const char *comment, const char *id);
void ww_msg_chain_in(struct ww_batch *b, const char *table, const char *name); /* of another table */
void ww_msg_chain_base(struct ww_batch *b, const struct ww_fixed_chain *chain);
/* With its rules; it must not be pointed at any more. */
void ww_msg_chain_delete(struct ww_batch *b, const char *name);
/* Take all rules out of a chain. */
void ww_msg_chain_flush(struct ww_batch *b, const char *name);

/* Makes it if it is not there. */
void ww_msg_set(struct ww_batch *b, unsigned set);
/* Take all elements out of a set. */
void ww_msg_set_flush(struct ww_batch *b, unsigned set);
void ww_msg_set_delete(struct ww_batch *b, const char *name);

/* Append a rule, with the sets for its lists. Its comment is the statement's origin. */
void ww_msg_rule(struct ww_batch *b, const char *chain, const struct ww_stmt *stmt, const char *id);
void ww_msg_rule_in(struct ww_batch *b, const char *table, const char *chain, const struct ww_stmt *stmt,
                    const char *id);

/* One element: value is the chain or the comment that the set's kind asks for. */
struct ww_msg_element {
    const uint8_t *key;
    const char *value;
};

/* Add or delete n elements of one set, in as few messages as fit. */
void ww_msg_elements(struct ww_batch *b, bool add, unsigned set, const struct ww_msg_element *list, size_t n,
                     const char *id, const char *origin);

#endif
