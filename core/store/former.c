#include "core/store/former.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/store/db.h"
#include "core/store/schema.h"

#define HEADER_BYTES 100 /* https://sqlite.org/fileformat.html#the_database_header */
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_APPLICATION_ID 68

/* The name of the log ("-wal") or index ("-shm") of a database; false when out of memory. */
static bool beside(const char *path, const char *suffix, struct ww_buf *out)
{
    ww_buf_fmt(out, "%s%s", path, suffix);
    return ww_buf_ok(out);
}

static bool has_log(const char *path)
{
    struct ww_buf name ww_auto(ww_buf_done) = {0};
    struct stat st;
    return beside(path, "-wal", &name) && lstat(name.data, &st) == 0 && st.st_size > 0;
}

/* Without SQLite, which would make files beside it. */
static bool header_is_ours(const char *path, bool *ret_database)
{
    char header[HEADER_BYTES];
    uint32_t id;
    struct stat st;
    ww_auto_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *ret_database = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                    pread(fd, header, sizeof(header), 0) == sizeof(header) &&
                    !memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC));
    if (!*ret_database)
        return false;
    memcpy(&id, header + HEADER_APPLICATION_ID, sizeof(id));
    return be32toh(id) == WW_APPLICATION_ID;
}

/* A file that was never closed well may have all that it holds, its header's new fields too, in its log. */
static bool log_is_ours(const char *path)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    enum ww_schema_kind kind = WW_SCHEMA_EMPTY;
    if (ww_db_open(path, SQLITE_OPEN_READONLY, &db, NULL) < 0)
        return false;
    if (ww_schema_identify(&db, ww_n_migrations, &kind, NULL) < 0)
        return false;
    return kind == WW_SCHEMA_OURS || kind == WW_SCHEMA_NEWER;
}

static bool is_ours(const char *path)
{
    bool database;
    return header_is_ours(path, &database) || (database && has_log(path) && log_is_ours(path));
}

/* Everything into the one file, so that to rename it is to move all of it at once; closing it removes the log. */
static int fold_log(const char *path)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    int64_t busy = 0;
    int r = ww_db_open(path, SQLITE_OPEN_READWRITE, &db, NULL);
    if (r == 0)
        r = ww_db_int(&db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, NULL);
    return r == 0 && busy ? -EBUSY : r;
}

static int move_beside(const char *former, const char *path, const char *suffix)
{
    struct ww_buf from ww_auto(ww_buf_done) = {0}, to ww_auto(ww_buf_done) = {0};
    if (!beside(former, suffix, &from) || !beside(path, suffix, &to))
        return -ENOMEM;
    /* Of a file that is not there any more: SQLite would take it for the log of the one that comes. */
    if (unlink(to.data) < 0 && errno != ENOENT)
        return -errno;
    return rename(from.data, to.data) < 0 && errno != ENOENT ? -errno : 0;
}

static void sync_directory(const char *path)
{
    struct ww_buf name ww_auto(ww_buf_done) = {0};
    const char *end = strrchr(path, '/');
    ww_buf_fmt(&name, "%.*s/", end ? (int)(end - path) : 1, end ? path : ".");
    ww_auto_close int fd = ww_buf_ok(&name) ? open(name.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0)
        fsync(fd);
}

int ww_former_move(const char *former, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 || errno != ENOENT || !is_ours(former))
        return 0;
    int r = fold_log(former);
    if (r == -EBADMSG) /* of what is damaged nothing can be folded: it is set aside at its new place, log and all */
        r = 0;
    if (r == 0)
        r = move_beside(former, path, "-wal");
    if (r == 0)
        r = move_beside(former, path, "-shm");
    if (r == 0 && rename(former, path) < 0)
        r = -errno;
    if (r == 0)
        sync_directory(path);
    return r;
}
