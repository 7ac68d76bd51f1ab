/* Which rulesets of a plan have an address, or publish a port. Private to the plan. */
#ifndef WW_IR_PLAN_INDEX_H
#define WW_IR_PLAN_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/ir/ruleset.h"

/* What leads to a ruleset: an address (proto and port 0), or a published port on a host's address. */
struct ww_plan_key {
    struct ww_addr addr;
    uint8_t proto;
    uint16_t port;
};

/* One ruleset's reference by a key. */
struct ww_plan_ref {
    struct ww_plan_ref *next;  /* with a similar hash; of one key the last one put first */
    struct ww_plan_ref **from; /* what leads to this one */
    struct ww_plan_refs *all;
    const struct ww_publish *publish; /* NULL for an address; the ruleset's */
    struct ww_plan_key key;
};

/* All of a ruleset's, each once. */
struct ww_plan_refs {
    struct ww_ruleset *rs; /* borrowed */
    size_t n;
    struct ww_plan_ref list[];
};

struct ww_plan_index {
    struct ww_plan_ref **buckets;
    size_t n_buckets; /* a power of two */
    size_t n;
};

int ww_plan_index_init(struct ww_plan_index *index);  /* -ENOMEM */
void ww_plan_index_done(struct ww_plan_index *index); /* no references are left */

/* Refer to the ruleset by all its keys, before all others. Owned by the caller, which drops it; NULL when out of
 * memory.
 */
struct ww_plan_refs *ww_plan_index_add(struct ww_plan_index *index, struct ww_ruleset *rs);
void ww_plan_index_drop(struct ww_plan_index *index, struct ww_plan_refs *refs); /* NULL is a no-op */

/* The last one put; NULL if there is none. O(1). */
const struct ww_plan_ref *ww_plan_index_find(const struct ww_plan_index *index, const struct ww_addr *addr,
                                             uint8_t proto, uint16_t port);

#endif
