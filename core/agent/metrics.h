/* The metrics, from what the agent knows and counts anyway. */
#ifndef WW_AGENT_METRICS_H
#define WW_AGENT_METRICS_H

#include "core/base/buf.h"
#include "core/base/error.h"

struct ww_agent;

/* Append them as text. 0 or -ENOMEM. */
int ww_agent_metrics(struct ww_agent *a, struct ww_buf *out, struct ww_error *err);

#endif
