#ifndef WW_AGENT_STATUS_H
#define WW_AGENT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/docker/source.h"

struct ww_agent;
struct ww_container;
struct ww_status;

/* How the engine is, and since when (since 1970). */
struct ww_engine_seen {
    enum ww_source_state state;
    int64_t since;
    bool seen; /* it was there */
};

/* Fill an empty status in. Valid until the loop turns. -ENOMEM. */
int ww_agent_status(struct ww_agent *a, struct ww_status *ret_status, struct ww_error *err);
/* The same of one container only, and of nothing else: none, where it is not managed. */
int ww_agent_status_of(struct ww_agent *a, const struct ww_container *c, struct ww_status *ret_status,
                       struct ww_error *err);
/* Note since when the engine is as it is. */
void ww_agent_follow_engine(struct ww_agent *a);

#endif
