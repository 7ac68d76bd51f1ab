#include "core/cli/query.h"

#include <ctype.h>
#include <string.h>

void ww_query_add(struct ww_buf *path, const char *name, const char *value)
{
    bool first = !path->data || !strchr(path->data, '?');
    ww_buf_fmt(path, "%c%s=", first ? '?' : '&', name);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (isalnum(*c) || strchr("-._~", *c))
            ww_buf_add(path, c, 1);
        else
            ww_buf_fmt(path, "%%%02X", *c);
    }
}
