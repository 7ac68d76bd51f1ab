/* A growing byte buffer, always NUL-terminated. A failed allocation sticks: check ww_buf_ok() once at the end. */
#ifndef WW_BASE_BUF_H
#define WW_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is an empty, valid buffer. `data` is owned; NULL while nothing was written. */
struct ww_buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

void ww_buf_done(struct ww_buf *buf);

/* Empty it, keep the memory, forget a failure. */
void ww_buf_reset(struct ww_buf *buf);

void ww_buf_add(struct ww_buf *buf, const void *data, size_t len);
void ww_buf_str(struct ww_buf *buf, const char *text);
void ww_buf_fmt(struct ww_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first `len` bytes. */
void ww_buf_consume(struct ww_buf *buf, size_t len);

/* False when an allocation failed since the last reset: the content is then not whole. */
bool ww_buf_ok(const struct ww_buf *buf);

/* The content as a string the caller owns (never NULL when ww_buf_ok); the buffer is empty afterwards. */
char *ww_buf_take(struct ww_buf *buf);

#endif
