#include "core/agent/idset.h"

#include <errno.h>

#include "core/base/keyed.h"

int ww_idset_add(struct ww_idset *set, const char *id, struct ww_error *err)
{
    struct ww_id *entry;
    HASH_FIND_STR(set->ids, id, entry);
    if (entry)
        return 0;
    ww_keyed_add(set->ids, entry, id, id);
    return entry ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

bool ww_idset_has(const struct ww_idset *set, const char *id)
{
    const struct ww_id *found;
    HASH_FIND_STR(set->ids, id, found);
    return found != NULL;
}

void ww_idset_remove(struct ww_idset *set, const char *id)
{
    struct ww_id *entry;
    HASH_FIND_STR(set->ids, id, entry);
    if (entry)
        ww_keyed_drop(set->ids, entry, id);
}

void ww_idset_done(struct ww_idset *set)
{
    struct ww_id *entry, *next;
    HASH_ITER (hh, set->ids, entry, next) {
        ww_keyed_drop(set->ids, entry, id);
    }
}

size_t ww_idset_count(const struct ww_idset *set)
{
    return HASH_COUNT(set->ids);
}

const char **ww_idset_array(const struct ww_idset *set)
{
    size_t n = HASH_COUNT(set->ids);
    const char **array = n ? calloc(n, sizeof(*array)) : NULL;
    if (!array)
        return NULL;
    size_t i = 0;
    for (const struct ww_id *entry = set->ids; entry; entry = entry->hh.next)
        array[i++] = entry->id;
    return array;
}
