/* Private to core/store: the database file. Opens it, or sets aside what is in its place. */
#ifndef WW_STORE_FILE_H
#define WW_STORE_FILE_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/store/db.h"

/*
 * Open (make) the database at `path`: checked, migrated, statements prepared. 0 with err->code 0: as it should be; 0
 * with err->code set: what was there was set aside, and this is a new one; -errno: it cannot be used now.
 */
int ww_file_open(const char *path, struct ww_db *ret_db, struct ww_error *err);

/* Open it only to read, as it is, where it cannot be written. -errno when that cannot be done either. */
int ww_file_open_readonly(const char *path, struct ww_db *ret_db, struct ww_error *err);

/* Is the open file no longer the one at its path: deleted, renamed, replaced? */
bool ww_file_is_gone(const struct ww_db *db);

/* A database in memory with the present schema. -ENOMEM. */
int ww_file_open_memory(struct ww_db *ret_db, struct ww_error *err);

#endif
