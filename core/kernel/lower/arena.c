#include "core/kernel/lower/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4096

struct ww_arena_block {
    struct ww_arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char data[];
};

void ww_arena_done(struct ww_arena *a)
{
    while (a->blocks) {
        struct ww_arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->failed = false;
}

void *ww_arena_alloc(struct ww_arena *a, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct ww_arena_block *b = a->blocks;
    if (!b || b->size - b->used < size) {
        size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        b = calloc(1, sizeof(*b) + bytes);
        if (!b) {
            a->failed = true;
            return NULL;
        }
        b->size = bytes;
        b->next = a->blocks;
        a->blocks = b;
    }
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

char *ww_arena_fmt(struct ww_arena *a, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = need < 0 ? NULL : ww_arena_alloc(a, (size_t)need + 1);
    if (text)
        vsnprintf(text, (size_t)need + 1, fmt, again);
    va_end(again);
    return text;
}
