/* Cuts a stream of bytes into lines. */
#ifndef WW_DOCKER_LINES_H
#define WW_DOCKER_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/* All zero but `limit`, the most bytes that one line may have, is a valid start. */
struct ww_lines {
    size_t limit;
    struct ww_buf rest; /* the line that has not ended yet */
};

/* One line without its end; not NUL-terminated. Less than 0 stops, and is passed on. */
typedef int ww_line_fn(void *arg, const char *line, size_t len, struct ww_error *err);

/* Take bytes in and call `fn` for each line that is complete; empty lines are left out. -EMSGSIZE: a line is over the
 * limit (the error names it); -ENOMEM. */
int ww_lines_feed(struct ww_lines *lines, const char *data, size_t len, ww_line_fn *fn, void *arg,
                  struct ww_error *err);

/* Is there a line that has begun and not ended? */
bool ww_lines_is_open(const struct ww_lines *lines);

/* Forget what is there. */
void ww_lines_reset(struct ww_lines *lines);
void ww_lines_done(struct ww_lines *lines);

#endif
