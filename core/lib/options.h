/* Structs that a host fills in: their first field says how large the host's header had them. */
#ifndef WW_LIB_OPTIONS_H
#define WW_LIB_OPTIONS_H

#include <stddef.h>

#include "core/base/error.h"

#define WW_OPTIONS_MAX 65536 /* a `size` above is none */

/*
 * Copy what the host gave (NULL: nothing) into *ours, which is empty, and `size` bytes long: a newer host's fields that
 * are not known here are to be zero, for what they ask for cannot be had. -EINVAL: they are not, or there is no size.
 */
int ww_options_take(void *ours, size_t size, const void *given, struct ww_error *err);

#endif
