/* The fixed part of the table: base chains, the chains they jump to, and their rules (docs/datapath.md). */
#ifndef WW_KERNEL_SKELETON_H
#define WW_KERNEL_SKELETON_H

#include <stddef.h>

#include "core/kernel/stmt.h"

#define WW_LAYOUT "whalewall layout 1"

/* When a chain is there. */
enum ww_part {
    WW_PART_ALWAYS,
    WW_PART_DROPS,    /* always, too: where dropped packets are counted, reported and dropped */
    WW_PART_VERDICTS, /* while a rule has a verdict */
    WW_PART_MARK,     /* while what is allowed gets a mark */
};

struct ww_fixed_chain {
    const char *name;
    int hook; /* NF_INET_…, -1: not a base chain */
    int priority;
    enum ww_part part;
};

/* In the order in which they can be made; *ret_n how many. */
const struct ww_fixed_chain *ww_fixed_chains(size_t *ret_n);
const struct ww_fixed_chain *ww_fixed_chain_find(const char *name); /* NULL if it is none */

/* Each statement of this part's chains, in order; stops at the first result that is not 0, and returns it. */
int ww_fixed_each(enum ww_part part, int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg);

#endif
