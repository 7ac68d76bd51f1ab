/* What the program takes away from itself, when the zygote is forked and before it opens anything. */
#ifndef WW_SANDBOX_SELF_H
#define WW_SANDBOX_SELF_H

#include <stdint.h>

#include "core/base/error.h"

/*
 * No new privileges; of its capabilities only those that it may need; and a list of system calls, in which no process
 * is made. Before there are threads. *ret_calls: how many there are left; 0: all, in a build with AddressSanitizer.
 * -errno.
 */
int ww_self_restrict(uint32_t *ret_calls, struct ww_error *err);

#endif
