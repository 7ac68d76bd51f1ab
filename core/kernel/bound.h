/* Which bridge port is bound to which endpoint by the rules in force: set `port` of table bridge, which outlives the
 * program. */
#ifndef WW_KERNEL_BOUND_H
#define WW_KERNEL_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

struct ww_kernel;

/* managed false: the port was shown already, and is that of a container that is not managed; `container` is NULL. */
typedef int ww_bound_fn(uint32_t port, const char *container, bool managed, void *arg);

/*
 * Show each bound port (interface index) with the first 12 digits of its container's id to fn, also those that another
 * version of the program has bound; perhaps more than once; then those again that are not managed; stops at the first
 * result that is not 0, and returns it. 0, also where nothing is; -errno.
 */
int ww_kernel_each_bound(struct ww_kernel *k, ww_bound_fn *fn, void *arg, struct ww_error *err);

#endif
