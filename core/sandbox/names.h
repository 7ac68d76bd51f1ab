/* Lists of names (core/ir/policy.h). */
#ifndef WW_SANDBOX_NAMES_H
#define WW_SANDBOX_NAMES_H

#include <stdlib.h>

#include "core/ir/policy.h"

static inline void ww_names_release(struct ww_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct ww_names){0};
}

#endif
