#include "core/lib/line.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"

static void tell_listener(void *arg, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    const struct ww_line_listener *listener = arg;
    struct whalewall_field out[WW_LINE_FIELDS];
    if (!listener->fn)
        return;
    struct whalewall_line line = {.size = sizeof(line),
                                  .level = (enum whalewall_level)((int)level - (int)WW_INFO),
                                  .message = msg,
                                  .fields = out};
    for (size_t i = 0; i < n && line.n_fields < WW_LINE_FIELDS; i++) {
        const struct ww_field *f = &fields[i];
        if (!f->key) /* which event it is: no part of the line */
            continue;
        size_t len = !f->text ? 0 : f->max ? strnlen(f->text, f->max) : strlen(f->text);
        out[line.n_fields++] =
            (struct whalewall_field){.key = f->key, .text = f->text, .len = len, .number = f->number};
    }
    listener->fn(listener->arg, &line);
}

int ww_line_log_new(const struct ww_line_listener *listener, enum whalewall_level level, struct ww_log **ret_log,
                    struct ww_error *err)
{
    int inside = (int)level + (int)WW_INFO;
    return ww_log_new_to(tell_listener, (void *)listener, (enum ww_level)inside, ret_log, err);
}

size_t whalewall_line_text(const struct whalewall_line *line, char *text, size_t size)
{
    struct ww_buf out = {0};
    ww_text_plain(&out, line->message, 0);
    for (size_t i = 0; i < line->n_fields; i++) {
        const struct whalewall_field *f = &line->fields[i];
        ww_buf_fmt(&out, " %s=", f->key);
        if (!f->text)
            ww_buf_fmt(&out, "%lld", (long long)f->number);
        else if (f->len)
            ww_text_plain(&out, f->text, f->len);
    }
    size_t len = ww_buf_ok(&out) ? out.len : 0;
    if (size)
        snprintf(text, size, "%s", len ? out.data : line->message);
    ww_buf_done(&out);
    return len;
}
