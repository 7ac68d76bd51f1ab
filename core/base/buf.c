#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool buf_reserve(struct ww_buf *buf, size_t more)
{
    if (buf->failed)
        return false;
    if (buf->len + more + 1 <= buf->cap)
        return true;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < buf->len + more + 1)
        cap *= 2;
    char *data = realloc(buf->data, cap);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void ww_buf_done(struct ww_buf *buf)
{
    free(buf->data);
    *buf = (struct ww_buf){0};
}

void ww_buf_reset(struct ww_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void ww_buf_add(struct ww_buf *buf, const void *data, size_t len)
{
    if (!buf_reserve(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void ww_buf_str(struct ww_buf *buf, const char *text)
{
    ww_buf_add(buf, text, strlen(text));
}

void ww_buf_fmt(struct ww_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    size_t room = buf->cap - buf->len;
    int need = vsnprintf(room ? buf->data + buf->len : NULL, room, fmt, args); /* mostly it fits */
    va_end(args);
    if (need >= 0 && buf_reserve(buf, (size_t)need)) {
        if ((size_t)need >= room)
            vsnprintf(buf->data + buf->len, (size_t)need + 1, fmt, again);
        buf->len += (size_t)need;
    }
    va_end(again);
    if (buf->data)
        buf->data[buf->len] = '\0'; /* also where there was no memory for all of it */
}

void ww_buf_consume(struct ww_buf *buf, size_t len)
{
    if (len > buf->len)
        len = buf->len;
    if (!len)
        return;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len + 1);
}

bool ww_buf_ok(const struct ww_buf *buf)
{
    return !buf->failed;
}

char *ww_buf_take(struct ww_buf *buf)
{
    if (!buf_reserve(buf, 0)) {
        ww_buf_done(buf);
        return NULL;
    }
    buf->data[buf->len] = '\0';
    char *data = buf->data;
    *buf = (struct ww_buf){0};
    return data;
}
