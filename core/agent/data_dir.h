/* The data directory: a user that can write there could put rules in force, or have the program write elsewhere. */
#ifndef WW_AGENT_DATA_DIR_H
#define WW_AGENT_DATA_DIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/error.h"

/*
 * make: make it where it is not there, and the directories above it, for the program's user only. -EPERM, with a text
 * that says what to do, where users other than root and the program's own own it or may write there, or a file in it is
 * a symbolic link. A directory that cannot be had is none to be refused: the program does without.
 */
int ww_data_dir_open(const char *dir, bool make, struct ww_error *err);

/*
 * Where root is to look into the directory of a program that runs as another user: from now on root uses files as that
 * user, so that nothing in there leads root elsewhere, and ww_data_dir_open takes the directory. Returns whose files
 * were used until now, for setfsuid(2).
 */
uid_t ww_data_dir_as_owner(const char *dir);

#endif
