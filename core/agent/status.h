#ifndef WW_AGENT_STATUS_H
#define WW_AGENT_STATUS_H

#include "core/base/error.h"

struct ww_agent;
struct ww_status;

/* Fill an empty status in. Valid until the loop turns. -ENOMEM. */
int ww_agent_status(struct ww_agent *a, struct ww_status *ret_status, struct ww_error *err);
/* Note since when the engine is as it is. */
void ww_agent_follow_engine(struct ww_agent *a);

#endif
