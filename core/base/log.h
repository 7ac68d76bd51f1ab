/* Log lines: JSON, or text on a terminal; with the level as syslog has it, <4>, before each where systemd's journal
 * reads. Only the agent and the programs above it write above debug. */
#ifndef WW_BASE_LOG_H
#define WW_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum ww_level { WW_DEBUG, WW_INFO, WW_WARN, WW_ERROR };

/* One named value of a log line: a string when `text` is not NULL (its first `max` bytes, 0: all), else `number`. */
struct ww_field {
    const char *key;
    const char *text;
    size_t max;
    int64_t number;
};

#define WW_S(k, v) ((struct ww_field){.key = (k), .text = (v) ? (v) : ""})
/* A container's id, in the 12 digits that people know. */
#define WW_ID(v) ((struct ww_field){.key = "container.id", .text = (v) ? (v) : "", .max = 12})
#define WW_I(k, v) ((struct ww_field){.key = (k), .number = (v)})

/* Which event the line tells, in a word, for an observer of the log; it is not written. Static. */
#define WW_EVENT(v) ((struct ww_field){.text = (v)})

/* What was wrong last: the container's name if the line has one, the message, and its field "error". */
struct ww_log_error {
    int64_t time_ns; /* since 1970 */
    char text[WW_ERROR_TEXT];
};

struct ww_log;

/*
 * Open a log. `path`: "stdout", "stderr" or a file (appended to, created 0640). Lines below `level` are dropped.
 * Errors: the errno of open(2).
 */
int ww_log_new(const char *path, enum ww_level level, struct ww_log **ret_log, struct ww_error *err);
/* One whose lines are handed to fn, as they were said; nothing is written. */
typedef void ww_log_fn(void *arg, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n);
int ww_log_new_to(ww_log_fn *fn, void *arg, enum ww_level level, struct ww_log **ret_log, struct ww_error *err);
void ww_log_free(struct ww_log *log);

/* Open the file anew (after rotation). On failure the old one stays in use. */
int ww_log_reopen(struct ww_log *log, struct ww_error *err);

/*
 * Be told of each line that has a WW_EVENT, and of each that is a warning or an error (event NULL, where it has none),
 * whether its level is written or not. fields: those of the line, that of the event (without a key) among them. NULL:
 * no more.
 */
typedef void ww_log_observer(void *arg, enum ww_level level, const char *event, const char *msg,
                             const struct ww_field *fields, size_t n);
void ww_log_observe(struct ww_log *log, ww_log_observer *fn, void *arg);

bool ww_log_enabled(const struct ww_log *log, enum ww_level level);

/* Write one line. A NULL log drops it. Never fails: a full disk must not stop enforcement. */
void ww_log_write(struct ww_log *log, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n);

/* The last line of level WW_ERROR, written or not; NULL if there was none. Borrowed. */
const struct ww_log_error *ww_log_last_error(const struct ww_log *log);

#define ww_log(log, level, msg, ...)                                                                                   \
    do {                                                                                                               \
        const struct ww_field ww_fields_[] = {{0}, ##__VA_ARGS__};                                                     \
        ww_log_write((log), (level), (msg), ww_fields_ + 1, sizeof(ww_fields_) / sizeof(ww_fields_[0]) - 1);           \
    } while (0)

#endif
