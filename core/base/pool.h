/* Memory for many small pieces, which lie together, without a head each, and which are given back to the system at
 * once. */
#ifndef WW_BASE_POOL_H
#define WW_BASE_POOL_H

#include <stddef.h>

#define WW_POOL_SMALL 256 /* bytes; what is larger is malloc's */
#define WW_POOL_STEP 8    /* … of which small pieces are multiples, in length and address */

struct ww_pool_chunk;

/* All zero is an empty pool. */
struct ww_pool {
    void *unused[WW_POOL_SMALL / WW_POOL_STEP]; /* by size: pieces that were given back, each with the next one in it */
    struct ww_pool_chunk *chunks;
    char *at; /* what is left of the newest chunk */
    size_t left;
    size_t bytes; /* of all chunks */
};

/* A lua_Alloc; pool: a struct ww_pool. */
void *ww_pool_alloc(void *pool, void *piece, size_t old_size, size_t size);
/* Small pieces are gone after it; larger ones have to be given back before. */
void ww_pool_done(struct ww_pool *pool);

/*
 * What comes next lies together, in pages that are there already as far as so many bytes go: for a process that was
 * forked, to which every page that it writes to for the first time is a fault. Pieces that were given back are not
 * taken any more. Without memory: as before.
 */
void ww_pool_renew(struct ww_pool *pool, size_t bytes);

#endif
