/* What the program takes away from itself, when the zygote is forked and before it opens anything. */
#ifndef WW_SANDBOX_SELF_H
#define WW_SANDBOX_SELF_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/sandbox/landlock.h"

/*
 * No new privileges; of its capabilities only those that it may need; and a list of system calls, in which no process
 * is made. Before there are threads. *ret_calls: how many there are left; 0: all, in a build with AddressSanitizer.
 * -errno.
 */
int ww_self_restrict(uint32_t *ret_calls, struct ww_error *err);

/*
 * And files: all but those at these places. Later, when it is known which these are, and before there are threads, too.
 * *ret_version: of the kernel's landlock; 0: it has none, or this is a build with AddressSanitizer. -errno.
 */
int ww_self_restrict_files(const struct ww_place *places, size_t n, uint32_t *ret_version, struct ww_error *err);

#endif
