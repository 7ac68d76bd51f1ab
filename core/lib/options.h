/* Structs of a host's: their first field says how large the host's header had them. */
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

/*
 * What a library of another version would read as more fields than this one knows: all is to be zero. -EINVAL: it is
 * not.
 */
int ww_options_reserved(const unsigned char *bytes, size_t n, struct ww_error *err);

/*
 * The other way round: copy *ours, `size` bytes long, into what the host has for it, as far as that goes by its own
 * `size`, which stays; what it has beyond is zeroed. -EINVAL: there is no size.
 */
int ww_options_give(void *ret_theirs, const void *ours, size_t size, struct ww_error *err);

#endif
