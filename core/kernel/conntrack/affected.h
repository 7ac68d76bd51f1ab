/* What a step is about: the addresses and published host ports of all that changes, for quick look-up. */
#ifndef WW_KERNEL_AFFECTED_H
#define WW_KERNEL_AFFECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"

struct ww_affected_port {
    uint8_t proto;
    uint16_t hport;
};

/* Sorted, without doubles. All zero is empty. */
struct ww_affected {
    struct ww_addr *addrs;
    size_t n_addrs;
    struct ww_affected_port *ports;
    size_t n_ports;
};

/*
 * All addresses of the rulesets in `diff`, and of the endpoints that are known no longer by `fences` (NULL: none).
 * -ENOMEM.
 */
int ww_affected_init(struct ww_affected *ret_affected, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                     struct ww_error *err);
/* Only the addresses that pass from one container to another in this step. -ENOMEM. */
int ww_affected_init_handed(struct ww_affected *ret_affected, const struct ww_diff *diff,
                            const struct ww_fence_diff *fences, struct ww_error *err);
/*
 * Only the addresses that an endpoint has before this step, and none has after it. Where a guard ends those that are
 * not managed are merely not counted any more, and do not leave. -ENOMEM.
 */
int ww_affected_init_left(struct ww_affected *ret_affected, const struct ww_diff *diff,
                          const struct ww_fence_diff *fences, struct ww_error *err);
/* Add all of `other` to it. -ENOMEM. */
int ww_affected_add(struct ww_affected *affected, const struct ww_affected *other, struct ww_error *err);
void ww_affected_done(struct ww_affected *affected);

/* Put it in order, after it was filled by hand. */
void ww_affected_sort(struct ww_affected *affected);

/* Does this change of a network tell which endpoints left it? Not when its guard ends or begins: then those not managed
 * are (not) counted. */
bool ww_affected_tells_left(const struct ww_fence_change *change);

bool ww_affected_has(const struct ww_affected *affected, const struct ww_addr *addr);
bool ww_affected_has_port(const struct ww_affected *affected, uint8_t proto, uint16_t hport);

#endif
