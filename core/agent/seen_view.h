/* What a report says of a flow, in the words of rules. Private to seen.c. */
#ifndef WW_AGENT_SEEN_VIEW_H
#define WW_AGENT_SEEN_VIEW_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/control/suggest.h"
#include "core/kernel/kernel_drops.h"
#include "core/model/container.h"

struct ww_agent;

struct ww_seen_view {
    const struct ww_container *container; /* whose rules it is a matter of */
    const struct ww_container *peer;      /* CONTAINER: the other end */
    struct ww_seen seen;                  /* its strings are borrowed from the world */
};

/* Whose rules it is a matter of; NULL: it is none that a rule could allow. */
const struct ww_container *ww_seen_container(const struct ww_agent *a, const struct ww_drop *drop);

/* False: it is none that a rule could allow. */
bool ww_seen_view(const struct ww_agent *a, const struct ww_drop *drop, struct ww_seen_view *ret_view);

/* By what all replicas of a service go, or a container that is made again. Append it. */
void ww_seen_subject(const struct ww_container *c, struct ww_buf *out);

#endif
