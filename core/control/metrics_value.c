#include "core/control/metrics_value.h"

#include <string.h>

#include "core/base/utf8.h"

void ww_metrics_value(struct ww_buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t n = ww_utf8_next(text, left, NULL);
        if (*text == '\n')
            ww_buf_str(out, "\\n");
        else if (*text == '"' || *text == '\\')
            ww_buf_fmt(out, "\\%c", *text);
        else if (n)
            ww_buf_add(out, text, n);
        else
            ww_buf_str(out, WW_UTF8_REPLACEMENT);
        n = n ? n : 1;
        text += n;
        left -= n;
    }
}
