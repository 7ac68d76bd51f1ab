#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ww_fail(struct ww_error *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    err->code = code;
    return code;
}

int ww_context(struct ww_error *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    char old[WW_ERROR_TEXT];
    memcpy(old, err->text, sizeof(old));
    va_list args;
    va_start(args, fmt);
    int used = vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof(err->text))
        snprintf(err->text + used, sizeof(err->text) - (size_t)used, ": %.*s", WW_ERROR_TEXT - used - 3, old);
    return err->code;
}
