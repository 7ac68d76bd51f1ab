/* Names that a label, or all rules of a container, mention. */
#ifndef WW_IR_NAMES_H
#define WW_IR_NAMES_H

#include <stddef.h>
#include <stdlib.h>

struct ww_names {
    char **names; /* owned, sorted, no doubles */
    size_t n;
};

/* Free what it owns; it is empty then. */
static inline void ww_names_done(struct ww_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct ww_names){0};
}

#endif
