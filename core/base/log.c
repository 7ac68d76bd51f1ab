#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

struct ww_log {
    char *path; /* NULL for stdout and stderr */
    int fd;
    bool text; /* a terminal reads it */
    enum ww_level level;
    struct ww_buf line;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static int log_open_file(const char *path, struct ww_error *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0) {
        int code = -errno;
        return ww_fail(err, code, "cannot open the log file '%s': %s", path, strerror(-code));
    }
    return fd;
}

static int log_open(struct ww_log *log, const char *path, struct ww_error *err)
{
    if (strcmp(path, "stdout") == 0) {
        log->fd = STDOUT_FILENO;
    } else if (strcmp(path, "stderr") == 0) {
        log->fd = STDERR_FILENO;
    } else {
        log->path = strdup(path);
        if (!log->path)
            return ww_fail(err, -ENOMEM, "out of memory");
        log->fd = log_open_file(path, err);
        if (log->fd < 0)
            return log->fd;
    }
    log->text = isatty(log->fd) == 1;
    return 0;
}

int ww_log_new(const char *path, enum ww_level level, struct ww_log **ret_log, struct ww_error *err)
{
    struct ww_log *log = calloc(1, sizeof(*log));
    if (!log)
        return ww_fail(err, -ENOMEM, "out of memory");
    log->level = level;
    log->fd = -1;
    int rc = log_open(log, path, err);
    if (rc < 0) {
        ww_log_free(log);
        return rc;
    }
    *ret_log = log;
    return 0;
}

void ww_log_free(struct ww_log *log)
{
    if (!log)
        return;
    if (log->path && log->fd >= 0)
        close(log->fd);
    free(log->path);
    ww_buf_done(&log->line);
    free(log);
}

int ww_log_reopen(struct ww_log *log, struct ww_error *err)
{
    if (!log || !log->path)
        return 0;
    int fd = log_open_file(log->path, err);
    if (fd < 0)
        return fd;
    close(log->fd);
    log->fd = fd;
    return 0;
}

bool ww_log_enabled(const struct ww_log *log, enum ww_level level)
{
    return log && level >= log->level;
}

static void log_json_string(struct ww_buf *out, const char *text, size_t max)
{
    ww_buf_str(out, "\"");
    const unsigned char *end = (const unsigned char *)text + (max ? strnlen(text, max) : strlen(text));
    for (const unsigned char *p = (const unsigned char *)text; p < end; p++) {
        if (*p == '"' || *p == '\\')
            ww_buf_fmt(out, "\\%c", *p);
        else if (*p == '\n')
            ww_buf_str(out, "\\n");
        else if (*p < 0x20 || *p == 0x7f)
            ww_buf_fmt(out, "\\u%04x", *p);
        else
            ww_buf_add(out, p, 1);
    }
    ww_buf_str(out, "\"");
}

static void log_time(struct ww_buf *out)
{
    int64_t now = ww_clock_real();
    time_t seconds = now / WW_NS_PER_S;
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    ww_buf_fmt(out, "%s.%09dZ", text, (int)(now % WW_NS_PER_S));
}

static void log_json(struct ww_buf *out, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    ww_buf_fmt(out, "{\"level\":\"%s\",\"time\":\"", level_names[level]);
    log_time(out);
    ww_buf_str(out, "\",\"msg\":");
    log_json_string(out, msg, 0);
    for (size_t i = 0; i < n; i++) {
        ww_buf_str(out, ",");
        log_json_string(out, fields[i].key, 0);
        ww_buf_str(out, ":");
        if (fields[i].text)
            log_json_string(out, fields[i].text, fields[i].max);
        else
            ww_buf_fmt(out, "%lld", (long long)fields[i].number);
    }
    ww_buf_str(out, "}\n");
}

/* Control characters would let a label write to the operator's terminal. */
static void log_text_plain(struct ww_buf *out, const char *text, size_t max)
{
    const unsigned char *end = (const unsigned char *)text + (max ? strnlen(text, max) : strlen(text));
    for (const unsigned char *p = (const unsigned char *)text; p < end; p++)
        ww_buf_add(out, *p < 0x20 || *p == 0x7f ? (const unsigned char *)" " : p, 1);
}

static void log_text(struct ww_buf *out, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    log_time(out);
    ww_buf_fmt(out, " %-5s ", level_names[level]);
    log_text_plain(out, msg, 0);
    for (size_t i = 0; i < n; i++) {
        ww_buf_fmt(out, " %s=", fields[i].key);
        if (fields[i].text)
            log_text_plain(out, fields[i].text, fields[i].max);
        else
            ww_buf_fmt(out, "%lld", (long long)fields[i].number);
    }
    ww_buf_str(out, "\n");
}

void ww_log_write(struct ww_log *log, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    if (!ww_log_enabled(log, level))
        return;
    ww_buf_reset(&log->line);
    if (log->text)
        log_text(&log->line, level, msg, fields, n);
    else
        log_json(&log->line, level, msg, fields, n);
    if (!ww_buf_ok(&log->line))
        return;
    ssize_t written = write(log->fd, log->line.data, log->line.len);
    (void)written; /* nobody left to tell, and enforcement goes on */
}
