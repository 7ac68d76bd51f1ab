/* All rulesets by container: what is desired, or what is applied; and the difference of two. */
#ifndef WW_IR_PLAN_H
#define WW_IR_PLAN_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/ruleset.h"

struct ww_plan;

struct ww_plan *ww_plan_new(void); /* NULL when out of memory */
/* The same without the index by address and port, which is most of a plan's memory: by_addr and by_publish then look at
 * every ruleset, and of several find any. For a caller that asks by id only. */
struct ww_plan *ww_plan_new_plain(void);
void ww_plan_free(struct ww_plan *plan);

/* Put (or replace) a sealed ruleset under its id; takes a reference of its own. -ENOMEM, -EINVAL when not sealed. */
int ww_plan_set(struct ww_plan *plan, struct ww_ruleset *rs, struct ww_error *err);
void ww_plan_remove(struct ww_plan *plan, const char *id);
struct ww_ruleset *ww_plan_get(const struct ww_plan *plan, const char *id); /* borrowed, NULL if there is none */
size_t ww_plan_count(const struct ww_plan *plan);

/* Call fn for each ruleset in the order of ids; stops at the first result that is not 0, and returns it. */
int ww_plan_each(const struct ww_plan *plan, int (*fn)(struct ww_ruleset *rs, void *arg), void *arg);

/* The ruleset that has this address; NULL if none has. O(1). Of several the one put in last. */
struct ww_ruleset *ww_plan_by_addr(const struct ww_plan *plan, const struct ww_addr *addr);

/* The ruleset that publishes proto/hport on `host` or on every address of host's family; ret_publish (may be NULL)
 * which one. O(1). */
struct ww_ruleset *ww_plan_by_publish(const struct ww_plan *plan, uint8_t proto, const struct ww_addr *host,
                                      uint16_t hport, const struct ww_publish **ret_publish);

/* One step: `from` is replaced by `to`. NULL: was not there, or goes. Each holds a reference. */
struct ww_change {
    struct ww_ruleset *from;
    struct ww_ruleset *to;
};

struct ww_diff {
    struct ww_change *changes; /* in the order of ids; equal hashes never appear */
    size_t n;
};

/*
 * What turns `from` into `to`. ids (n of them) restricts it to those containers; ids NULL compares all.
 * apply(diff(a, b), a) == b.
 */
int ww_plan_diff(const struct ww_plan *from, const struct ww_plan *to, const char *const *ids, size_t n,
                 struct ww_diff *ret_diff, struct ww_error *err);
int ww_plan_apply(struct ww_plan *plan, const struct ww_diff *diff, struct ww_error *err);
void ww_diff_done(struct ww_diff *diff);

#endif
