/* The metrics: a status and the counts in the text format of Prometheus (version 0.0.4). docs/metrics.md lists them. */
#ifndef WW_CONTROL_METRICS_WRITE_H
#define WW_CONTROL_METRICS_WRITE_H

#include "core/base/buf.h"
#include "core/control/counts.h"
#include "core/control/status.h"

#define WW_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Append all of them. What is short of memory shows in ww_buf_ok. */
void ww_metrics_write(const struct ww_status *s, const struct ww_counts *counts, struct ww_buf *out);

#endif
