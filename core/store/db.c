#include "core/store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* Long enough for another process's short transaction, short enough that the event loop does not notice. */
#define BUSY_MS 200

static const char *const statements[WW_STMT_COUNT] = {
    [WW_STMT_BEGIN] = "BEGIN IMMEDIATE",
    [WW_STMT_COMMIT] = "COMMIT",
    [WW_STMT_RULESET_ALL] = "SELECT id, hash, text FROM ruleset ORDER BY id",
    [WW_STMT_RULESET_PUT] = "INSERT INTO ruleset (id, hash, text) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET "
                            "hash = ?2, text = ?3 WHERE hash <> ?2",
    [WW_STMT_RULESET_DROP] = "DELETE FROM ruleset WHERE id = ?1",
    [WW_STMT_RULESET_CLEAR] = "DELETE FROM ruleset",
    [WW_STMT_FENCE_ALL] = "SELECT id, boot, text FROM fence ORDER BY id",
    [WW_STMT_FENCE_KNOWN] = "SELECT a.container, a.ipv4, a.ipv6, a.mac, c.managed FROM address a JOIN container c ON "
                            "c.id = a.container WHERE a.network = ?1",
    [WW_STMT_FENCE_PUT] = "INSERT INTO fence (id, boot, text) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET "
                          "boot = excluded.boot, text = excluded.text",
    [WW_STMT_FENCE_DROP] = "DELETE FROM fence WHERE id = ?1",
    [WW_STMT_FENCE_CLEAR] = "DELETE FROM fence",
    [WW_STMT_CONTAINER_ALL] = "SELECT id FROM container ORDER BY id",
    [WW_STMT_CONTAINER_PUT] =
        "INSERT INTO container (id, name, state, managed, network_mode, project, service) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6, ?7) ON CONFLICT (id) DO UPDATE SET name = ?2, state = ?3, managed = ?4, network_mode = ?5, project = ?6, "
        "service = ?7 WHERE name IS NOT ?2 OR state <> ?3 OR managed <> ?4 OR network_mode IS NOT ?5 OR project IS NOT "
        "?6 OR service IS NOT ?7",
    [WW_STMT_CONTAINER_DROP] = "DELETE FROM container WHERE id = ?1",
    [WW_STMT_NETWORK_ALL] = "SELECT id FROM network ORDER BY id",
    [WW_STMT_NETWORK_PUT] =
        "INSERT INTO network (id, name, driver, bridge, project, guard, default_bridge) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6, ?7) ON CONFLICT (id) DO UPDATE SET name = ?2, driver = ?3, bridge = ?4, project = ?5, guard = ?6, "
        "default_bridge = ?7 WHERE name IS NOT ?2 OR driver IS NOT ?3 OR bridge IS NOT ?4 OR project IS NOT ?5 OR "
        "guard IS NOT ?6 OR default_bridge <> ?7",
    [WW_STMT_NETWORK_DROP] = "DELETE FROM network WHERE id = ?1",
    [WW_STMT_ADDRESS_OF] = "SELECT network FROM address WHERE container = ?1 ORDER BY network",
    [WW_STMT_ADDRESS_PUT] =
        "INSERT INTO address (container, network, ipv4, ipv6, mac) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (container, "
        "network) DO UPDATE SET ipv4 = ?3, ipv6 = ?4, mac = ?5 WHERE ipv4 IS NOT ?3 OR ipv6 IS NOT ?4 OR mac IS NOT ?5",
    [WW_STMT_ADDRESS_DROP] = "DELETE FROM address WHERE container = ?1 AND network = ?2",
    [WW_STMT_ADDRESS_CLEAR] = "DELETE FROM address WHERE container = ?1",
    [WW_STMT_CACHE_GET] = "SELECT text, used FROM compiled WHERE key = ?1",
    [WW_STMT_CACHE_PUT] = "INSERT INTO compiled (key, text, used) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET "
                          "text = ?2, used = ?3",
    [WW_STMT_CACHE_USE] = "UPDATE compiled SET used = ?2 WHERE key = ?1",
    [WW_STMT_CACHE_LAST] = "SELECT coalesce(max(used), 0) FROM compiled",
    [WW_STMT_CACHE_TRIM] =
        "DELETE FROM compiled WHERE key IN (SELECT key FROM (SELECT key, row_number() OVER latest AS place, sum(bytes) "
        "OVER latest AS held FROM (SELECT key, used, length(CAST(text AS BLOB)) AS bytes FROM compiled) WINDOW latest "
        "AS (ORDER BY used DESC, key)) WHERE place > ?1 OR held > ?2)",
    [WW_STMT_META_GET] = "SELECT value FROM meta WHERE key = ?1",
    [WW_STMT_META_PUT] =
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2 WHERE value <> ?2",
};

int ww_db_errno(int code)
{
    if (code == SQLITE_IOERR_SHMSIZE) /* the index file could not grow */
        return -ENOSPC;
    switch (code & 0xff) {
    case SQLITE_OK:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* the statements are ours and right: what they name is not there */
    case SQLITE_SCHEMA:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return -EACCES;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return -E2BIG;
    default:
        return -EIO;
    }
}

static const char *db_meaning(int code)
{
    switch (code) {
    case -ENOSPC:
        return "the disk is full";
    case -EBADMSG:
        return "the file is damaged";
    case -EBUSY:
        return "another process has it locked";
    case -EROFS:
    case -EACCES:
        return "it cannot be opened for writing";
    case -ENOMEM:
        return "out of memory";
    case -E2BIG:
        return "a value is too large";
    default:
        return "the disk reports an error";
    }
}

static int db_fail(struct ww_db *db, int code, struct ww_error *err)
{
    int e = ww_db_errno(code);
    return ww_fail(err, e, "%s (SQLite: %s)", db_meaning(e), db->handle ? sqlite3_errmsg(db->handle) : "no connection");
}

static void db_harden(sqlite3 *handle)
{
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, BUSY_MS);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
}

int ww_db_open(const char *path, int flags, struct ww_db *ret_db, struct ww_error *err)
{
    struct ww_db db = {0};
    int rc = sqlite3_open_v2(path, &db.handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        int r = db_fail(&db, rc, err);
        ww_db_close(&db);
        return r;
    }
    db_harden(db.handle);
    *ret_db = db;
    return 0;
}

void ww_db_close(struct ww_db *db)
{
    for (int i = 0; i < WW_STMT_COUNT; i++)
        sqlite3_finalize(db->stmts[i]);
    sqlite3_close(db->handle);
    *db = (struct ww_db){0};
}

int ww_db_prepare(struct ww_db *db, struct ww_error *err)
{
    for (int i = 0; i < WW_STMT_COUNT; i++) {
        int rc = sqlite3_prepare_v3(db->handle, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmts[i], NULL);
        if (rc != SQLITE_OK)
            return db_fail(db, rc, err);
    }
    return 0;
}

int ww_db_exec(struct ww_db *db, const char *sql, struct ww_error *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : db_fail(db, rc, err);
}

int ww_db_int(struct ww_db *db, const char *sql, int64_t *ret_value, struct ww_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    int r = 0;
    if (rc == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(stmt, 0);
    else
        r = db_fail(db, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, err);
    sqlite3_finalize(stmt);
    return r;
}

int ww_db_next(struct ww_db *db, enum ww_stmt stmt, struct ww_error *err)
{
    int rc = sqlite3_step(db->stmts[stmt]);
    if (rc == SQLITE_ROW)
        return 1;
    int r = rc == SQLITE_DONE ? 0 : db_fail(db, rc, err);
    ww_db_reset(db, stmt);
    return r;
}

int ww_db_run(struct ww_db *db, enum ww_stmt stmt, struct ww_error *err, const char *types, ...)
{
    sqlite3_stmt *bound = db->stmts[stmt];
    int rc = SQLITE_OK;
    va_list args;
    va_start(args, types);
    for (int i = 0; rc == SQLITE_OK && types[i]; i++) {
        if (types[i] == 't')
            rc = sqlite3_bind_text(bound, i + 1, va_arg(args, const char *), -1, SQLITE_STATIC);
        else
            rc = sqlite3_bind_int64(bound, i + 1, va_arg(args, int64_t));
    }
    va_end(args);
    if (rc == SQLITE_OK)
        return ww_db_next(db, stmt, err);
    int r = db_fail(db, rc, err);
    ww_db_reset(db, stmt);
    return r;
}

void ww_db_reset(struct ww_db *db, enum ww_stmt stmt)
{
    sqlite3_reset(db->stmts[stmt]);
    sqlite3_clear_bindings(db->stmts[stmt]);
}

const char *ww_db_text(struct ww_db *db, enum ww_stmt stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(db->stmts[stmt], column);
    return text ? (const char *)text : "";
}

int64_t ww_db_number(struct ww_db *db, enum ww_stmt stmt, int column)
{
    return sqlite3_column_int64(db->stmts[stmt], column);
}

void ww_db_rollback(struct ww_db *db)
{
    if (db->handle && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}
