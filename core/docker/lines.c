#include "core/docker/lines.h"

#include <errno.h>
#include <string.h>

static int lines_emit(const char *line, size_t len, ww_line_fn *fn, void *arg, struct ww_error *err)
{
    if (len && line[len - 1] == '\r')
        len--;
    return len ? fn(arg, line, len, err) : 0;
}

static int lines_keep(struct ww_lines *lines, const char *data, size_t len, struct ww_error *err)
{
    if (len > lines->limit - lines->rest.len)
        return ww_fail(err, -EMSGSIZE, "a line has more than %zu bytes", lines->limit);
    ww_buf_add(&lines->rest, data, len);
    return ww_buf_ok(&lines->rest) ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

/* One complete line: `len` bytes at `data`, after what was kept. */
static int lines_take(struct ww_lines *lines, const char *data, size_t len, ww_line_fn *fn, void *arg,
                      struct ww_error *err)
{
    if (!lines->rest.len && len <= lines->limit)
        return lines_emit(data, len, fn, arg, err);
    int rc = lines_keep(lines, data, len, err);
    if (rc == 0)
        rc = lines_emit(lines->rest.data, lines->rest.len, fn, arg, err);
    ww_buf_reset(&lines->rest);
    return rc;
}

int ww_lines_feed(struct ww_lines *lines, const char *data, size_t len, ww_line_fn *fn, void *arg, struct ww_error *err)
{
    const char *end;
    while (len && (end = memchr(data, '\n', len))) {
        size_t used = (size_t)(end - data);
        int rc = lines_take(lines, data, used, fn, arg, err);
        if (rc < 0)
            return rc;
        data += used + 1;
        len -= used + 1;
    }
    return len ? lines_keep(lines, data, len, err) : 0;
}

bool ww_lines_is_open(const struct ww_lines *lines)
{
    return lines->rest.len > 0;
}

void ww_lines_reset(struct ww_lines *lines)
{
    ww_buf_reset(&lines->rest);
}

void ww_lines_done(struct ww_lines *lines)
{
    ww_buf_done(&lines->rest);
}
