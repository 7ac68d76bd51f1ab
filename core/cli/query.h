/* The path of a request with values in it, for the control socket. */
#ifndef WW_CLI_QUERY_H
#define WW_CLI_QUERY_H

#include "core/base/buf.h"

/* Append "?name=value" (or "&name=value", where a value is there already), each byte that means something there as %XX.
 */
void ww_query_add(struct ww_buf *path, const char *name, const char *value);

#endif
