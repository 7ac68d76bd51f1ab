/*
 * Lowering: a sealed ruleset becomes elements of the global sets, and chains for what needs order, ranges or more than
 * accept. Pure: no kernel, no state; the same ruleset gives the same result.
 */
#ifndef WW_KERNEL_LOWER_H
#define WW_KERNEL_LOWER_H

#include "core/ir/ruleset.h"
#include "core/kernel/base_ruleset/schema.h"
#include "core/kernel/base_ruleset/stmt.h"
#include "core/kernel/lower/arena.h"

#define WW_CHAIN_HASH 17

/* What is judged where: a container has at most one chain for each. */
enum ww_dir {
    WW_DIR_OUT,  /* what it sends */
    WW_DIR_IN,   /* what peers send to its ports */
    WW_DIR_HOST, /* what the host sends to its ports */
    WW_DIR_PUB,  /* what peers send to its published host ports and the userland proxy takes */
    WW_DIRS,
};

struct ww_element {
    uint16_t set;
    uint8_t len;
    uint8_t key[WW_KEY_BYTES];
    const char *value;  /* the chain, or the comment; NULL for plain sets */
    const char *origin; /* the rule's, NULL if it is not one rule's */
};

/* Chains of a container say in their hash what they hold, so that it need not be read back. */
struct ww_chain {
    const char *name;
    char hash[WW_CHAIN_HASH];
    struct ww_stmt *stmts;
    size_t n;
};

/* All zero is empty and valid. Texts point into the arena or the ruleset, which must outlive it. */
struct ww_lowered {
    struct ww_arena arena;
    struct ww_element *elements; /* sorted by set and key, no doubles */
    size_t n_elements;
    size_t cap_elements;
    struct ww_chain *chains;
    size_t n_chains;
    size_t cap_chains;
};

/* -EINVAL for a ruleset that is not sealed, -E2BIG for too many verdicts, -ENOMEM. */
int ww_lower(const struct ww_ruleset *rs, struct ww_lowered *ret_lowered, struct ww_error *err);
void ww_lowered_done(struct ww_lowered *lowered);
/* Put the elements in order. One stands for all rules that say the same; it then has no origin. */
void ww_lowered_sort(struct ww_lowered *lowered);
/* Give back what is not needed once the elements are referred to: all but the chains. */
void ww_lowered_keep_chains(struct ww_lowered *lowered);

/* Append a readable text of what `rs` would become, for golden files: elements and chains. */
int ww_lower_write(const struct ww_ruleset *rs, struct ww_buf *out, struct ww_error *err);

#endif
