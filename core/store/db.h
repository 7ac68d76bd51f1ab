/* Private to core/store: one SQLite connection with its prepared statements, and SQLite's codes as errno and text. */
#ifndef WW_STORE_DB_H
#define WW_STORE_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "core/base/error.h"

enum ww_stmt {
    WW_STMT_BEGIN,
    WW_STMT_COMMIT,
    WW_STMT_RULESET_ALL,
    WW_STMT_RULESET_PUT,
    WW_STMT_RULESET_DROP,
    WW_STMT_RULESET_CLEAR,
    WW_STMT_FENCE_ALL,
    WW_STMT_FENCE_KNOWN,
    WW_STMT_FENCE_PUT,
    WW_STMT_FENCE_DROP,
    WW_STMT_FENCE_CLEAR,
    WW_STMT_CONTAINER_ALL,
    WW_STMT_CONTAINER_PUT,
    WW_STMT_CONTAINER_DROP,
    WW_STMT_NETWORK_ALL,
    WW_STMT_NETWORK_PUT,
    WW_STMT_NETWORK_DROP,
    WW_STMT_ADDRESS_OF,
    WW_STMT_ADDRESS_PUT,
    WW_STMT_ADDRESS_DROP,
    WW_STMT_ADDRESS_CLEAR,
    WW_STMT_CACHE_GET,
    WW_STMT_CACHE_PUT,
    WW_STMT_CACHE_USE,
    WW_STMT_CACHE_LAST,
    WW_STMT_CACHE_TRIM,
    WW_STMT_META_GET,
    WW_STMT_META_PUT,
    WW_STMT_COUNT,
};

/* All zero is a closed connection. */
struct ww_db {
    sqlite3 *handle;
    sqlite3_stmt *stmts[WW_STMT_COUNT];
};

/* Open `path` (a file, a `file:` URI, ":memory:") with SQLITE_OPEN_* flags; no statements yet. */
int ww_db_open(const char *path, int flags, struct ww_db *ret_db, struct ww_error *err);
void ww_db_close(struct ww_db *db);

/* Prepare every statement; fails where the schema is not what it should be. */
int ww_db_prepare(struct ww_db *db, struct ww_error *err);

/* Run SQL that has no results. */
int ww_db_exec(struct ww_db *db, const char *sql, struct ww_error *err);

/* The one integer that `sql` yields. */
int ww_db_int(struct ww_db *db, const char *sql, int64_t *ret_value, struct ww_error *err);

/*
 * Bind the arguments and step once; types: 't' const char * (NULL is NULL), 'i' int64_t. 1: there is a row (read it,
 * step on with ww_db_next, or ww_db_reset), 0: done and reset, -errno: failed and reset.
 */
int ww_db_run(struct ww_db *db, enum ww_stmt stmt, struct ww_error *err, const char *types, ...);
int ww_db_next(struct ww_db *db, enum ww_stmt stmt, struct ww_error *err);
void ww_db_reset(struct ww_db *db, enum ww_stmt stmt);

/* A column of the present row as text, never NULL; valid until the next step. */
const char *ww_db_text(struct ww_db *db, enum ww_stmt stmt, int column);
int64_t ww_db_number(struct ww_db *db, enum ww_stmt stmt, int column);

/* End an open transaction, if there is one, without keeping anything. */
void ww_db_rollback(struct ww_db *db);

/* The errno for a result code of SQLite's (https://sqlite.org/rescode.html): -EBADMSG damaged, -EBUSY locked, …. */
int ww_db_errno(int code);

#endif
