/* All fences by network: what is desired, or what is applied; and the difference of two. */
#ifndef WW_IR_FENCES_H
#define WW_IR_FENCES_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/fence.h"

struct ww_fences;

struct ww_fences *ww_fences_new(void); /* NULL when out of memory */
void ww_fences_free(struct ww_fences *fences);

/* Put (or replace) a sealed fence under its network's id; takes a reference of its own. -ENOMEM, -EINVAL unsealed. */
int ww_fences_set(struct ww_fences *fences, struct ww_fence *f, struct ww_error *err);
void ww_fences_remove(struct ww_fences *fences, const char *id);
struct ww_fence *ww_fences_get(const struct ww_fences *fences, const char *id); /* borrowed, NULL if there is none */
size_t ww_fences_count(const struct ww_fences *fences);

/* In no order that means anything; stops at the first result that is not 0, and returns it. */
int ww_fences_each(const struct ww_fences *fences, int (*fn)(struct ww_fence *f, void *arg), void *arg);

/* One step: `from` is replaced by `to`. NULL: was not there, or goes. Each holds a reference. */
struct ww_fence_change {
    struct ww_fence *from;
    struct ww_fence *to;
};

struct ww_fence_diff {
    struct ww_fence_change *changes; /* equal hashes never appear */
    size_t n;
};

/* What turns `from` into `to`, among the networks `ids` (no double), or among all where that is NULL. -ENOMEM. */
int ww_fences_diff(const struct ww_fences *from, const struct ww_fences *to, const char *const *ids, size_t n,
                   struct ww_fence_diff *ret_diff, struct ww_error *err);
int ww_fences_apply(struct ww_fences *fences, const struct ww_fence_diff *diff, struct ww_error *err);
void ww_fence_diff_done(struct ww_fence_diff *diff);

#endif
