#include "core/store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const ww_migrations[] = {
    /* 1: the beginning. Addresses are text, for a user that looks into the file with sqlite3. */
    "CREATE TABLE container (id TEXT PRIMARY KEY, name TEXT, state TEXT NOT NULL, managed INTEGER NOT NULL, "
    "  network_mode TEXT, project TEXT, service TEXT) WITHOUT ROWID;"
    "CREATE TABLE network (id TEXT PRIMARY KEY, name TEXT, driver TEXT, bridge TEXT, project TEXT, guard TEXT, "
    "  default_bridge INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE address (container TEXT NOT NULL, network TEXT NOT NULL, ipv4 TEXT, ipv6 TEXT, mac TEXT, "
    "  PRIMARY KEY (container, network)) WITHOUT ROWID;"
    "CREATE TABLE ruleset (id TEXT PRIMARY KEY, hash TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE compiled (key TEXT PRIMARY KEY, text TEXT NOT NULL, used INTEGER NOT NULL);"
    "CREATE INDEX compiled_used ON compiled (used);"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
    /* 2: guarded networks. */
    "CREATE TABLE fence (id TEXT PRIMARY KEY, boot TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX address_network ON address (network);",
};
const size_t ww_n_migrations = sizeof(ww_migrations) / sizeof(ww_migrations[0]);

int ww_schema_identify(struct ww_db *db, size_t newest, enum ww_schema_kind *ret_kind, struct ww_error *err)
{
    int64_t app = 0, version = 0, tables = 0;
    int r = ww_db_int(db, "PRAGMA application_id", &app, err);
    if (r == 0)
        r = ww_db_int(db, "PRAGMA user_version", &version, err);
    if (r == 0)
        r = ww_db_int(db, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (r < 0)
        return r;
    if (app == WW_APPLICATION_ID)
        *ret_kind = version < 0 || version > (int64_t)newest ? WW_SCHEMA_NEWER : WW_SCHEMA_OURS;
    else
        *ret_kind = app == 0 && version == 0 && tables == 0 ? WW_SCHEMA_EMPTY : WW_SCHEMA_FOREIGN;
    return 0;
}

static int schema_step(struct ww_db *db, const char *sql, size_t version, struct ww_error *err)
{
    char marks[128];
    snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %zu", WW_APPLICATION_ID, version);
    int r = ww_db_exec(db, "BEGIN IMMEDIATE", err);
    if (r == 0)
        r = ww_db_exec(db, sql, err);
    if (r == 0)
        r = ww_db_exec(db, marks, err);
    if (r == 0)
        r = ww_db_exec(db, "COMMIT", err);
    ww_db_rollback(db);
    return r;
}

int ww_schema_migrate(struct ww_db *db, const char *const *migrations, size_t n, struct ww_error *err)
{
    int64_t version = 0;
    int r = ww_db_int(db, "PRAGMA user_version", &version, err);
    for (size_t i = (size_t)version; r == 0 && i < n; i++)
        r = schema_step(db, migrations[i], i + 1, err);
    return r;
}

int ww_schema_check(struct ww_db *db, struct ww_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    int r = 0;
    const char *found = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        r = ww_fail(err, ww_db_errno(rc), "the file cannot be read (SQLite: %s)", sqlite3_errmsg(db->handle));
    else if (found && strcmp(found, "ok") != 0)
        r = ww_fail(err, -EBADMSG, "the file is damaged (SQLite: %s)", found);
    sqlite3_finalize(stmt);
    return r;
}
