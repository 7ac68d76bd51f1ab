#include "core/cli/duration.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DURATION_MAX_MS (24.0 * 3600 * 1000)

static const struct {
    const char *name;
    double ms;
} units[] = {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}};

/* The unit at the start of text, its length in *ret_len; 0 if there is none. Two-letter units come first in the table.
 */
static double unit_at(const char *text, size_t *ret_len)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        *ret_len = strlen(units[i].name);
        if (strncmp(text, units[i].name, *ret_len) == 0)
            return units[i].ms;
    }
    return 0;
}

int ww_duration_parse(const char *text, int64_t *ret_ms, struct ww_error *err)
{
    double total = 0;
    const char *p = text;
    while (*p) {
        char *end;
        size_t len;
        if (!isdigit((unsigned char)*p))
            break;
        double number = strtod(p, &end);
        double ms = unit_at(end, &len);
        if (ms == 0)
            break;
        total += number * ms;
        p = end + len;
    }
    if (*p || p == text || !(total > 0) || total > DURATION_MAX_MS)
        return ww_fail(err, -EINVAL, "'%.32s' is not a duration; write for example 10s, 1m30s or 500ms (at most 24h)",
                       text);
    *ret_ms = (int64_t)ceil(total);
    return 0;
}
