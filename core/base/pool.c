#include "core/base/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

struct ww_pool_chunk {
    struct ww_pool_chunk *next;
    _Alignas(WW_POOL_STEP) char bytes[];
};

static size_t class_of(size_t size)
{
    return (size - 1) / WW_POOL_STEP;
}

static bool add_chunk(struct ww_pool *pool)
{
    struct ww_pool_chunk *chunk = malloc(sizeof(*chunk) + CHUNK);
    if (!chunk)
        return false;
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    pool->at = chunk->bytes;
    pool->left = CHUNK;
    pool->bytes += CHUNK;
    return true;
}

static void *from_chunk(struct ww_pool *pool, size_t size)
{
    if (pool->left < size && !add_chunk(pool))
        return NULL;
    void *piece = pool->at;
    pool->at += size;
    pool->left -= size;
    return piece;
}

static void *take_piece(struct ww_pool *pool, size_t size)
{
    size_t class = class_of(size);
    void *piece = pool->unused[class];
    if (!piece)
        return from_chunk(pool, (class + 1) * WW_POOL_STEP);
    memcpy(&pool->unused[class], piece, sizeof(void *));
    return piece;
}

static void give_back(struct ww_pool *pool, void *piece, size_t size)
{
    size_t class = class_of(size);
    memcpy(piece, &pool->unused[class], sizeof(void *));
    pool->unused[class] = piece;
}

/* From one kind of memory to the other, or to another size. */
static void *move(struct ww_pool *pool, void *piece, size_t old_size, size_t size)
{
    bool was_small = old_size <= WW_POOL_SMALL;
    bool small = size <= WW_POOL_SMALL;
    if (was_small && small && class_of(old_size) == class_of(size))
        return piece;
    if (!was_small && !small)
        return realloc(piece, size);
    void *made = small ? take_piece(pool, size) : malloc(size);
    if (!made)
        return NULL;
    memcpy(made, piece, old_size < size ? old_size : size);
    if (was_small)
        give_back(pool, piece, old_size);
    else
        free(piece);
    return made;
}

void *ww_pool_alloc(void *arg, void *piece, size_t old_size, size_t size)
{
    struct ww_pool *pool = arg;
    if (piece && size)
        return move(pool, piece, old_size, size);
    if (!piece)
        return !size ? NULL : size <= WW_POOL_SMALL ? take_piece(pool, size) : malloc(size);
    if (old_size <= WW_POOL_SMALL)
        give_back(pool, piece, old_size);
    else
        free(piece);
    return NULL;
}

void ww_pool_renew(struct ww_pool *pool, size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (!add_chunk(pool))
        return;
    memset(pool->unused, 0, sizeof(pool->unused));
    for (size_t at = 0; at < bytes && at < CHUNK; at += page)
        *(volatile char *)&pool->at[at] = 0;
}

void ww_pool_done(struct ww_pool *pool)
{
    while (pool->chunks) {
        struct ww_pool_chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
    *pool = (struct ww_pool){0};
}
