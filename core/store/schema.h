/* Private to core/store: whose database a file is, and how an older schema becomes the present one. */
#ifndef WW_STORE_SCHEMA_H
#define WW_STORE_SCHEMA_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/store/db.h"

/* PRAGMA application_id: "WhWl". */
#define WW_APPLICATION_ID 0x5768576c

/* Whose a database is. */
enum ww_schema_kind {
    WW_SCHEMA_EMPTY,   /* no program's yet */
    WW_SCHEMA_OURS,    /* this program's, of the present schema or an older one */
    WW_SCHEMA_NEWER,   /* a later version of this program made it */
    WW_SCHEMA_FOREIGN, /* another program's */
};

/* The SQL of each step: migrations[i] leads from version i to i + 1. Append only. */
extern const char *const ww_migrations[];
extern const size_t ww_n_migrations;

/* `newest`: the highest version that this program knows. */
int ww_schema_identify(struct ww_db *db, size_t newest, enum ww_schema_kind *ret_kind, struct ww_error *err);

/* Bring an empty database, or one of ours, to version n; each step is a transaction of its own. */
int ww_schema_migrate(struct ww_db *db, const char *const *migrations, size_t n, struct ww_error *err);

/* -EBADMSG when SQLite finds the file damaged. Reads all of it. */
int ww_schema_check(struct ww_db *db, struct ww_error *err);

#endif
