/* One container in the status. */
#ifndef WW_AGENT_STATUS_CONTAINER_H
#define WW_AGENT_STATUS_CONTAINER_H

#include <stdbool.h>

#include "core/agent/drop_tally.h"
#include "core/control/status.h"
#include "core/model/container.h"
#include "core/model/stray.h"

struct ww_agent;

/* What is filled in, and for which container just now. */
struct ww_status_filling {
    struct ww_agent *agent;
    struct ww_status *status;
    struct ww_status_container *container;
    struct ww_drop_tallies dropped;
    bool counted; /* whether that is known */
};

/* Add a container, and what is wrong with it; one that is not managed has problems only. arg: the filling. -ENOMEM. */
int ww_status_fill_container(const struct ww_container *c, void *arg);

/* A problem for each label that looks like ours and is none. strays: NULL: there are none. -ENOMEM. */
int ww_status_add_strays(struct ww_status *s, const char *code, const char *subject, const struct ww_strays *strays);

#endif
