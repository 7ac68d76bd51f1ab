/* `whalewall test`: a site's specs, run by the program itself. */
#ifndef WW_BINDINGS_MODULE_SPECS_H
#define WW_BINDINGS_MODULE_SPECS_H

#include <stdbool.h>

#include "core/base/error.h"

/*
 * Run the specs at `path`: a file, or each *_spec.lua of a directory and of those in it, in the order of their names;
 * the working directory is the directory then. What they say goes to the standard output. 1: all hold; 0: not so, or
 * there is none. -errno: they cannot be read; -ENOMEM. kernel: sites are asked in the kernel, too.
 */
int ww_specs_run(const char *path, bool kernel, struct ww_error *err);

#endif
