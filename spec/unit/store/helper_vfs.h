/* A file system below SQLite that fails when it is told to. */
#ifndef HELPER_VFS_H
#define HELPER_VFS_H

#include <stdbool.h>

/* Make it SQLite's default, above the real one. Files opened from then on can fail. */
void helper_vfs_install(void);

/*
 * From now on: let `after` operations that change a file (write, truncate, sync, grow the index) succeed, and fail all
 * that follow with `code` (SQLITE_FULL, SQLITE_IOERR_WRITE, …); once: only the first of them. after < 0: nothing fails.
 */
void helper_vfs_fail(int after, int code, bool once);

/* Did anything fail since helper_vfs_fail? */
bool helper_vfs_has_failed(void);

/* From now on reading fails with this code; 0: it works. */
void helper_vfs_fail_reads(int code);

#endif
