/* What a process of the jail says first: that it is shut in, and what it is. */
#ifndef WW_SANDBOX_HELLO_H
#define WW_SANDBOX_HELLO_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/sandbox/jail.h"

/* Wait for it, at most so long. -errno, with why it could not be shut in, or did not say. */
int ww_hello_receive(int fd, int64_t ms, struct ww_jail_report *ret_report, char ret_version[static WW_HASH_HEX],
                     struct ww_error *err);

#endif
