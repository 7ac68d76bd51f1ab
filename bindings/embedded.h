/* The Lua files that travel inside the program, written at build time by cmake/embed.cmake. */
#ifndef WW_BINDINGS_EMBEDDED_H
#define WW_BINDINGS_EMBEDDED_H

#include <stddef.h>

/* path: from the project's root ("lua/schema.lua"). text: the file, NUL-terminated. The last entry has path NULL. */
struct ww_embedded {
    const char *path;
    const char *text;
    size_t len;
};

extern const struct ww_embedded ww_embedded[];

#endif
