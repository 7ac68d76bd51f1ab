#include "core/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/store/schema.h"

/* Why a file is set aside; NULL in `name`: it is not. */
struct verdict {
    const char *name; /* part of the new file name */
    const char *what; /* for the operator */
    int code;
};

static const struct verdict damaged = {"corrupt", "is damaged", -EBADMSG};

static const struct verdict by_kind[] = {
    [WW_SCHEMA_NEWER] = {"newer", "was made by a newer version of whalewall", -ENOTSUP},
    [WW_SCHEMA_FOREIGN] = {"foreign", "belongs to another program", -ENOTSUP},
};

/* The first name that is free. Two in one second are told apart by a number. */
static int file_aside_name(const char *path, const char *reason, struct ww_buf *out)
{
    char when[32];
    time_t now = time(NULL);
    struct tm utc;
    struct stat st;
    gmtime_r(&now, &utc);
    strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
    for (int i = 0; i < 100; i++) {
        ww_buf_reset(out);
        ww_buf_fmt(out, "%s.%s-%s", path, reason, when);
        if (i)
            ww_buf_fmt(out, ".%d", i);
        if (!ww_buf_ok(out))
            return -ENOMEM;
        if (lstat(out->data, &st) < 0)
            return errno == ENOENT ? 0 : -errno;
    }
    return -EEXIST;
}

static int file_move(const char *path, const char *to, const char *suffix)
{
    struct ww_buf from_name ww_auto(ww_buf_done) = {0}, to_name ww_auto(ww_buf_done) = {0};
    ww_buf_fmt(&from_name, "%s%s", path, suffix);
    ww_buf_fmt(&to_name, "%s%s", to, suffix);
    if (!ww_buf_ok(&from_name) || !ww_buf_ok(&to_name))
        return -ENOMEM;
    return rename(from_name.data, to_name.data) < 0 ? -errno : 0;
}

/* Rename the file, with its log and index; on success *err tells about it. */
static int file_set_aside(const char *path, const struct verdict *why, struct ww_error *err)
{
    struct ww_buf name ww_auto(ww_buf_done) = {0};
    char detail[WW_ERROR_TEXT / 4];
    snprintf(detail, sizeof(detail), "%.*s", (int)sizeof(detail) - 1, why->code == -EBADMSG ? err->text : "");
    int r = file_aside_name(path, why->name, &name);
    if (r == 0)
        r = file_move(path, name.data, "");
    if (r < 0)
        return ww_fail(err, r, "%s, and cannot be set aside: %s", why->what, strerror(-r));
    file_move(path, name.data, "-wal");
    file_move(path, name.data, "-shm");
    ww_fail(err, why->code, "%s%s%s; set aside as '%s', and a new one was made; rules in force are not affected",
            why->what, *detail ? ": " : "", detail, name.data);
    return 0;
}

/* Readable for root only, whatever the umask: it names containers and what they may do. */
static int file_create(const char *path, struct ww_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == ELOOP)
        return ww_fail(err, -ELOOP, "is a symbolic link, which is not followed: remove it");
    if (fd < 0)
        return ww_fail(err, -errno, "cannot be opened for writing: %s", strerror(errno));
    close(fd);
    return 0;
}

static int file_pragmas(struct ww_db *db, struct ww_error *err)
{
    return ww_db_exec(db,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                      "PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -256",
                      err);
}

/* *ret_why is set when the file is one to set aside; then the result is negative, too. */
static int file_accept(struct ww_db *db, struct verdict *ret_why, struct ww_error *err)
{
    enum ww_schema_kind kind = WW_SCHEMA_EMPTY;
    /* Until it is known to be ours and whole, closing it must not write its log into it. */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int r = ww_schema_identify(db, ww_n_migrations, &kind, err);
    if (r == 0 && kind != WW_SCHEMA_EMPTY && kind != WW_SCHEMA_OURS) {
        *ret_why = by_kind[kind];
        return by_kind[kind].code;
    }
    if (r == 0)
        r = ww_schema_check(db, err);
    if (r == 0)
        r = file_pragmas(db, err);
    if (r == 0)
        r = ww_schema_migrate(db, ww_migrations, ww_n_migrations, err);
    if (r == 0)
        r = ww_db_prepare(db, err);
    if (r == -EBADMSG)
        *ret_why = damaged;
    if (r == 0)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return r;
}

static int file_try(const char *path, struct ww_db *ret_db, struct verdict *ret_why, struct ww_error *err)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    int r = file_create(path, err);
    if (r == 0)
        r = ww_db_open(path, SQLITE_OPEN_READWRITE, &db, err);
    if (r == 0)
        r = file_accept(&db, ret_why, err);
    if (r == 0) {
        *ret_db = db;
        db = (struct ww_db){0};
    }
    return r;
}

int ww_file_open(const char *path, struct ww_db *ret_db, struct ww_error *err)
{
    struct verdict why = {0};
    struct ww_error again = {0};
    int r = file_try(path, ret_db, &why, err);
    if (r == 0 || !why.name)
        return r;
    r = file_set_aside(path, &why, err);
    if (r < 0)
        return r;
    r = file_try(path, ret_db, &why, &again);
    if (r == 0)
        return 0;
    char first[WW_ERROR_TEXT / 2];
    snprintf(first, sizeof(first), "%.*s", (int)sizeof(first) - 1, err->text);
    return ww_fail(err, r, "%s; but the new one: %.400s", first, again.text);
}

/* A `file:` URI (https://sqlite.org/uri.html) that reads the file and nothing beside it. */
static void file_uri(const char *path, struct ww_buf *out)
{
    ww_buf_str(out, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("%?#", *p))
            ww_buf_fmt(out, "%%%02x", (unsigned char)*p);
        else
            ww_buf_add(out, p, 1);
    }
    ww_buf_str(out, "?immutable=1");
}

static int file_read(const char *path, int flags, struct ww_db *ret_db, struct ww_error *err)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    enum ww_schema_kind kind = WW_SCHEMA_EMPTY;
    int r = ww_db_open(path, SQLITE_OPEN_READONLY | flags, &db, err);
    if (r == 0)
        r = ww_schema_identify(&db, ww_n_migrations, &kind, err);
    if (r == 0 && kind != WW_SCHEMA_OURS)
        r = ww_fail(err, -ENOTSUP, "is not this version's");
    if (r == 0)
        r = ww_db_prepare(&db, err);
    if (r == 0) {
        *ret_db = db;
        db = (struct ww_db){0};
    }
    return r;
}

int ww_file_open_readonly(const char *path, struct ww_db *ret_db, struct ww_error *err)
{
    struct ww_buf uri ww_auto(ww_buf_done) = {0};
    int r = file_read(path, 0, ret_db, err);
    if (r == 0)
        return 0;
    /* Without its index file a log cannot be read; what the file itself has is older, but whole. */
    file_uri(path, &uri);
    return ww_buf_ok(&uri) ? file_read(uri.data, SQLITE_OPEN_URI, ret_db, err) : -ENOMEM;
}

bool ww_file_is_gone(const struct ww_db *db)
{
    int moved = 0;
    return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

int ww_file_open_memory(struct ww_db *ret_db, struct ww_error *err)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    int r = ww_db_open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err);
    if (r == 0)
        r = ww_schema_migrate(&db, ww_migrations, ww_n_migrations, err);
    if (r == 0)
        r = ww_db_prepare(&db, err);
    if (r == 0) {
        *ret_db = db;
        db = (struct ww_db){0};
    }
    return r;
}
