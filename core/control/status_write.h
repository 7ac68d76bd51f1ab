/* The status as JSON. */
#ifndef WW_CONTROL_STATUS_WRITE_H
#define WW_CONTROL_STATUS_WRITE_H

#include "core/base/buf.h"
#include "core/control/status.h"

/* Append one line: the object of version WW_STATUS_FORMAT that docs/status.md describes. */
void ww_status_write(const struct ww_status *s, struct ww_buf *out);

#endif
