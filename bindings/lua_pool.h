/* Memory for a state: many small pieces, which lie together, and which are given back to the system at once. */
#ifndef WW_BINDINGS_LUA_POOL_H
#define WW_BINDINGS_LUA_POOL_H

#include <stddef.h>

#define WW_LUA_POOL_SMALL 256 /* bytes; what is larger is malloc's */
#define WW_LUA_POOL_STEP 16   /* … of which small pieces are multiples */

struct ww_lua_pool_chunk;

/* All zero is an empty pool. */
struct ww_lua_pool {
    void *unused[WW_LUA_POOL_SMALL /
                 WW_LUA_POOL_STEP]; /* by size: pieces that were given back, each with the next one in it */
    struct ww_lua_pool_chunk *chunks;
    char *at; /* what is left of the newest chunk */
    size_t left;
    size_t bytes; /* of all chunks */
};

/* A lua_Alloc; pool: a struct ww_lua_pool. */
void *ww_lua_pool_alloc(void *pool, void *piece, size_t old_size, size_t size);
/* Small pieces are gone after it; larger ones have to be given back before. */
void ww_lua_pool_done(struct ww_lua_pool *pool);

/*
 * What comes next lies together, in pages that are there already as far as so many bytes go: for a process that was
 * forked, to which every page that it writes to for the first time is a fault. Pieces that were given back are not
 * taken any more. Without memory: as before.
 */
void ww_lua_pool_renew(struct ww_lua_pool *pool, size_t bytes);

#endif
