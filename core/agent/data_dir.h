/* The data directory: a user that can write there could put rules in force, or have the program write elsewhere. */
#ifndef WW_AGENT_DATA_DIR_H
#define WW_AGENT_DATA_DIR_H

#include <stdbool.h>

#include "core/base/error.h"

/*
 * make: make it where it is not there, and the directories above it, for the program's user only. -EPERM, with a text
 * that says what to do, where users other than root and the program's own own it or may write there, or a file in it is
 * a symbolic link. A directory that cannot be had is none to be refused: the program does without.
 */
int ww_data_dir_open(const char *dir, bool make, struct ww_error *err);

#endif
