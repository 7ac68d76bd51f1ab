/* The thread goes into a network namespace for one call, and back. */
#ifndef WW_LIB_NAMESPACE_H
#define WW_LIB_NAMESPACE_H

#include "core/base/error.h"

/* namespace: a descriptor; -1: do nothing. *ret_back is for the way back. -EPERM, …. */
int ww_namespace_enter(int namespace, int *ret_back, struct ww_error *err);

/* *back is closed. A thread that cannot go back would do what follows elsewhere: -errno. */
int ww_namespace_leave(int *back, struct ww_error *err);

#endif
