/* Cleanup attributes and hand-over: ownership that shows in the declaration. */
#ifndef WW_BASE_MEM_H
#define WW_BASE_MEM_H

#include <stdlib.h>
#include <unistd.h>

static inline void ww_cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void ww_cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* The variable is freed (closed) when it goes out of scope, on every way out. */
#define ww_auto_free __attribute__((cleanup(ww_cleanup_free)))
#define ww_auto_close __attribute__((cleanup(ww_cleanup_close)))

/* For other types: define `static void name(T **p)` and use ww_auto(name). */
#define ww_auto(fn) __attribute__((cleanup(fn)))

/* Hand a pointer over: yields it and leaves NULL behind, so that the cleanup does nothing. */
#define ww_take(p)                                                                                                     \
    ({                                                                                                                 \
        __typeof__(p) ww_taken_ = (p);                                                                                 \
        (p) = NULL;                                                                                                    \
        ww_taken_;                                                                                                     \
    })

#endif
