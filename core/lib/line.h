/* Lines of the log, from inside to outside. */
#ifndef WW_LIB_LINE_H
#define WW_LIB_LINE_H

#include "core/base/log.h"
#include "core/lib/whalewall.h"

#define WW_LINE_FIELDS 32 /* more than any line has; the rest would be left out */

/* The function that is told. */
struct ww_line_listener {
    void (*fn)(void *arg, const struct whalewall_line *line);
    void *arg;
};

/* A log that tells the listener, which must outlive it. With fn NULL nothing is told, but the agent's events and its
 * last error are still made of its lines. -ENOMEM. */
int ww_line_log_new(const struct ww_line_listener *listener, enum whalewall_level level, struct ww_log **ret_log,
                    struct ww_error *err);

#endif
