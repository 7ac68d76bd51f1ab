/* Memory that is given back all at once: what one lowering makes. */
#ifndef WW_KERNEL_ARENA_H
#define WW_KERNEL_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is empty and valid. A failed allocation sticks: look at `failed` once at the end. */
struct ww_arena {
    struct ww_arena_block *blocks;
    bool failed;
};

void ww_arena_done(struct ww_arena *a);

/* Zeroed, aligned for anything; NULL when out of memory. */
void *ww_arena_alloc(struct ww_arena *a, size_t size);

/* A formatted string; NULL when out of memory. */
char *ww_arena_fmt(struct ww_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
