#include "core/lib/options.h"

#include <errno.h>
#include <string.h>

static int read_size(const void *theirs, size_t *ret_size, struct ww_error *err)
{
    memcpy(ret_size, theirs, sizeof(*ret_size));
    if (*ret_size < sizeof(*ret_size) || *ret_size > WW_OPTIONS_MAX)
        return ww_fail(err, -EINVAL, "the field 'size' is to be the sizeof of its struct");
    return 0;
}

int ww_options_reserved(const unsigned char *bytes, size_t n, struct ww_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return ww_fail(err, -EINVAL, "a field is set that version %s does not know", WW_VERSION);
    return 0;
}

int ww_options_take(void *ours, size_t size, const void *given, struct ww_error *err)
{
    size_t theirs = 0;
    if (!given)
        return 0;
    int rc = read_size(given, &theirs, err);
    if (rc == 0 && theirs > size)
        rc = ww_options_reserved((const unsigned char *)given + size, theirs - size, err);
    if (rc == 0)
        memcpy(ours, given, theirs < size ? theirs : size);
    return rc;
}

int ww_options_give(void *ret_theirs, const void *ours, size_t size, struct ww_error *err)
{
    size_t theirs = 0;
    unsigned char *to = ret_theirs;
    int rc = read_size(to, &theirs, err);
    if (rc < 0)
        return rc;
    size_t known = theirs < size ? theirs : size;
    memcpy(to + sizeof(theirs), (const unsigned char *)ours + sizeof(theirs), known - sizeof(theirs));
    memset(to + known, 0, theirs - known);
    return 0;
}
