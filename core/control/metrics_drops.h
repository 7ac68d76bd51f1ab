/* Dropped packets by container and reason, as metrics. Private to the metrics. */
#ifndef WW_CONTROL_METRICS_DROPS_H
#define WW_CONTROL_METRICS_DROPS_H

#include "core/base/buf.h"
#include "core/control/status.h"

/*
 * Append the samples of at most WW_LIMIT_METRICS_CONTAINERS containers, those with the most drops: how many others
 * there are. Of containers that share a network namespace there is one, whose addresses they are, if it is managed.
 * audited: of what would have been dropped, but passed.
 */
size_t ww_metrics_drops(const struct ww_status *s, bool audited, struct ww_buf *out);

#endif
