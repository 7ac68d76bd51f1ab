/* The status as JSON. */
#ifndef WW_CONTROL_STATUS_WRITE_H
#define WW_CONTROL_STATUS_WRITE_H

#include "core/base/buf.h"
#include "core/control/status.h"
#include "core/control/writer.h"

/* Append one line: the object of version WW_STATUS_FORMAT that docs/status.md describes. */
void ww_status_write(const struct ww_status *s, struct ww_buf *out);
/* One of its containers, as an element of an array, or under a key. */
void ww_status_write_container(struct ww_writer *w, const char *key, const struct ww_status_container *c);

#endif
