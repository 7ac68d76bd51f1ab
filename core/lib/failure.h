/* Errors from inside to outside. */
#ifndef WW_LIB_FAILURE_H
#define WW_LIB_FAILURE_H

#include "core/base/error.h"
#include "core/lib/whalewall.h"

/* Copy it out (error may be NULL), and return its code. */
int ww_failure(struct whalewall_error *error, const struct ww_error *err);

#endif
