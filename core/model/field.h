/* Optional strings (NULL: the engine did not say), as containers and networks have them. Private to the model. */
#ifndef WW_MODEL_FIELD_H
#define WW_MODEL_FIELD_H

#include <stdbool.h>
#include <string.h>

/* NULL sorts first. */
static inline int field_cmp(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static inline bool field_equal(const char *a, const char *b)
{
    return field_cmp(a, b) == 0;
}

#endif
