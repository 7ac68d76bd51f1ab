/* Entries of a uthash table (by their `hh`) that have a text of their own as the key. */
#ifndef WW_BASE_KEYED_H
#define WW_BASE_KEYED_H

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Make an entry, all zero but for a copy of `text` in `field`, its key, and add it. Out of memory: NULL, and none. */
#define ww_keyed_add(head, entry, field, text)                                                                         \
    do {                                                                                                               \
        (entry) = calloc(1, sizeof(*(entry)));                                                                         \
        if (entry)                                                                                                     \
            (entry)->field = strdup(text);                                                                             \
        if ((entry) && (entry)->field)                                                                                 \
            HASH_ADD_KEYPTR(hh, head, (entry)->field, strlen((entry)->field), entry);                                  \
        if ((entry) && !(entry)->hh.tbl) {                                                                             \
            free((entry)->field);                                                                                      \
            free(entry);                                                                                               \
            (entry) = NULL;                                                                                            \
        }                                                                                                              \
    } while (0)

/* Take it out, and free it and its key. */
#define ww_keyed_drop(head, entry, field)                                                                              \
    do {                                                                                                               \
        HASH_DEL(head, entry);                                                                                         \
        free((entry)->field);                                                                                          \
        free(entry);                                                                                                   \
    } while (0)

#endif
