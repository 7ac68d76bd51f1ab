#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"

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

/* The next character of text[0..len), in *ret_code; U+FFFD for a byte that is not UTF-8. Its length in bytes. */
static size_t log_next(const char *text, size_t len, uint32_t *ret_code)
{
    size_t size = ww_utf8_next(text, len, ret_code);
    if (size)
        return size;
    *ret_code = 0xfffd;
    return 1;
}

static void log_json_char(struct ww_buf *out, uint32_t code, const char *bytes, size_t size)
{
    if (code == '"' || code == '\\')
        ww_buf_fmt(out, "\\%c", (char)code);
    else if (code == '\n')
        ww_buf_str(out, "\\n");
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        ww_buf_fmt(out, "\\u%04x", (unsigned)code);
    else if (code == 0xfffd)
        ww_buf_str(out, WW_UTF8_REPLACEMENT);
    else
        ww_buf_add(out, bytes, size);
}

static void log_json_string(struct ww_buf *out, const char *text, size_t max)
{
    size_t len = max ? strnlen(text, max) : strlen(text);
    ww_buf_str(out, "\"");
    while (len) {
        uint32_t code;
        size_t size = log_next(text, len, &code);
        log_json_char(out, code, text, size);
        text += size;
        len -= size;
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

/* Control characters (C0, DEL, C1) would let a label write to the operator's terminal. */
static void log_text_plain(struct ww_buf *out, const char *text, size_t max)
{
    size_t len = max ? strnlen(text, max) : strlen(text);
    while (len) {
        uint32_t code;
        size_t size = log_next(text, len, &code);
        if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            ww_buf_str(out, " ");
        else if (code == 0xfffd)
            ww_buf_str(out, WW_UTF8_REPLACEMENT);
        else
            ww_buf_add(out, text, size);
        text += size;
        len -= size;
    }
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

/* Whoever reads may take it in pieces. What cannot be written is lost: nobody is left to tell. */
static void log_send(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
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
    log_send(log->fd, log->line.data, log->line.len);
}
