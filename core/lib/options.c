#include "core/lib/options.h"

#include <errno.h>
#include <string.h>

int ww_options_take(void *ours, size_t size, const void *given, struct ww_error *err)
{
    size_t theirs = 0;
    const unsigned char *bytes = given;
    if (!given)
        return 0;
    memcpy(&theirs, given, sizeof(theirs));
    if (theirs < sizeof(theirs) || theirs > WW_OPTIONS_MAX)
        return ww_fail(err, -EINVAL, "the field 'size' is to be the sizeof of its struct");
    for (size_t i = size; i < theirs; i++)
        if (bytes[i])
            return ww_fail(err, -EINVAL, "a field is set that version %s does not know", WW_VERSION);
    memcpy(ours, given, theirs < size ? theirs : size);
    return 0;
}
