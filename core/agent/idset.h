/* A set of ids, of containers or networks. */
#ifndef WW_AGENT_IDSET_H
#define WW_AGENT_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "core/base/error.h"

struct ww_id {
    char *id;
    UT_hash_handle hh;
};

/* All zero is the empty set. */
struct ww_idset {
    struct ww_id *ids;
};

int ww_idset_add(struct ww_idset *set, const char *id, struct ww_error *err); /* -ENOMEM; adding twice is a no-op */
bool ww_idset_has(const struct ww_idset *set, const char *id);
void ww_idset_remove(struct ww_idset *set, const char *id); /* a no-op where it is not in */
void ww_idset_done(struct ww_idset *set);                   /* empties it */
size_t ww_idset_count(const struct ww_idset *set);

/* The ids as an array of borrowed strings; the caller frees the array. NULL when out of memory or empty. */
const char **ww_idset_array(const struct ww_idset *set);

#endif
