#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

struct ww_log {
    ww_log_fn *fn; /* NULL: it is written */
    void *arg;
    char *path; /* NULL for stdout and stderr */
    int fd;
    bool text;    /* a terminal reads it */
    bool journal; /* … or systemd's journal, which takes a level before each line */
    enum ww_level level;
    struct ww_buf line;
    struct ww_log_error last;
    ww_log_observer *observer;
    void *observer_arg;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static const int syslog_levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};

/* Is it the stream that systemd says it has made for us? */
static bool log_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    int end = 0;
    if (!stream || sscanf(stream, "%llu:%llu%n", &device, &inode, &end) != 2 || stream[end] || fstat(fd, &st) < 0)
        return false;
    return st.st_dev == device && st.st_ino == inode;
}

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
    log->journal = !log->path && log_is_journal(log->fd);
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

int ww_log_new_to(ww_log_fn *fn, void *arg, enum ww_level level, struct ww_log **ret_log, struct ww_error *err)
{
    struct ww_log *log = calloc(1, sizeof(*log));
    if (!log)
        return ww_fail(err, -ENOMEM, "out of memory");
    *log = (struct ww_log){.fn = fn, .arg = arg, .fd = -1, .level = level};
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

static void log_json(struct ww_buf *out, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    ww_buf_fmt(out, "{\"level\":\"%s\",\"time\":\"", level_names[level]);
    ww_text_time(out, ww_clock_real());
    ww_buf_str(out, "\",\"msg\":");
    ww_text_json(out, msg, 0);
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].key)
            continue;
        ww_buf_str(out, ",");
        ww_text_json(out, fields[i].key, 0);
        ww_buf_str(out, ":");
        if (fields[i].text)
            ww_text_json(out, fields[i].text, fields[i].max);
        else
            ww_buf_fmt(out, "%lld", (long long)fields[i].number);
    }
    ww_buf_str(out, "}\n");
}

static void log_text(struct ww_buf *out, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    ww_text_time(out, ww_clock_real());
    ww_buf_fmt(out, " %-5s ", level_names[level]);
    ww_text_plain(out, msg, 0);
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].key)
            continue;
        ww_buf_fmt(out, " %s=", fields[i].key);
        if (fields[i].text)
            ww_text_plain(out, fields[i].text, fields[i].max);
        else
            ww_buf_fmt(out, "%lld", (long long)fields[i].number);
    }
    ww_buf_str(out, "\n");
}

/* The reader may take it in pieces. What cannot be written is lost: there is nowhere left to say so. */
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

/* What cannot be kept is not worth a failure. */
static void log_keep_error(struct ww_log *log, const char *msg, const struct ww_field *fields, size_t n)
{
    const char *detail = NULL;
    const char *name = NULL;
    for (size_t i = 0; i < n; i++) {
        if (fields[i].key && strcmp(fields[i].key, "error") == 0)
            detail = fields[i].text;
        else if (fields[i].key && strcmp(fields[i].key, "container.name") == 0)
            name = fields[i].text;
    }
    log->last.time_ns = ww_clock_real();
    snprintf(log->last.text, sizeof(log->last.text), "%s%s%s%s%s", name ? name : "", name ? ": " : "", msg,
             detail ? ": " : "", detail ? detail : "");
}

const struct ww_log_error *ww_log_last_error(const struct ww_log *log)
{
    return log && log->last.time_ns ? &log->last : NULL;
}

void ww_log_observe(struct ww_log *log, ww_log_observer *fn, void *arg)
{
    if (!log)
        return;
    log->observer = fn;
    log->observer_arg = arg;
}

static void log_tell(const struct ww_log *log, enum ww_level level, const char *msg, const struct ww_field *fields,
                     size_t n)
{
    const char *event = NULL;
    for (size_t i = 0; i < n; i++)
        if (!fields[i].key)
            event = fields[i].text;
    if (log->observer && (event || level >= WW_WARN))
        log->observer(log->observer_arg, level, event, msg, fields, n);
}

void ww_log_write(struct ww_log *log, enum ww_level level, const char *msg, const struct ww_field *fields, size_t n)
{
    if (!log)
        return;
    log_tell(log, level, msg, fields, n);
    if (level == WW_ERROR)
        log_keep_error(log, msg, fields, n);
    if (!ww_log_enabled(log, level))
        return;
    if (log->fn) {
        log->fn(log->arg, level, msg, fields, n);
        return;
    }
    ww_buf_reset(&log->line);
    if (log->journal)
        ww_buf_fmt(&log->line, "<%d>", syslog_levels[level]);
    if (log->text)
        log_text(&log->line, level, msg, fields, n);
    else
        log_json(&log->line, level, msg, fields, n);
    if (!ww_buf_ok(&log->line))
        return;
    log_send(log->fd, log->line.data, log->line.len);
}
