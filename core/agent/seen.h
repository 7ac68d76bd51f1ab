/*
 * Flows that rules did not allow, told apart by what rules look at, for longer than drops are remembered: what audited
 * containers need, and what else was dropped. Names are those of the moment in which a flow was seen first, so a
 * container that is made again goes on where the former one was.
 */
#ifndef WW_AGENT_SEEN_H
#define WW_AGENT_SEEN_H

#include "core/base/error.h"
#include "core/control/suggest.h"
#include "core/kernel/kernel_drops.h"
#include "core/model/container.h"

struct ww_agent;
struct ww_seen_flows;

struct ww_seen_flows *ww_seen_flows_new(void); /* NULL when out of memory */
void ww_seen_flows_free(struct ww_seen_flows *all);

/* A report. Without memory, or room, for it: counted as left out, of its container where there is room for that. */
void ww_seen_flows_note(struct ww_agent *a, struct ww_seen_flows *all, const struct ww_drop *drop);

/* Reports were lost: how many, and of what, is not known. */
void ww_seen_flows_lost(struct ww_seen_flows *all);
/* Reports that were left out: of the container (or its service), and those of which it is not known whose they were. */
void ww_seen_flows_left_out(const struct ww_seen_flows *all, const struct ww_container *c, uint64_t *ret_own,
                            uint64_t *ret_any);

/* Copy what was seen of the container, or of other replicas of its service, to `seen`. -ENOMEM. */
int ww_seen_flows_of(const struct ww_seen_flows *all, const struct ww_container *c, struct ww_suggestion *s);

#endif
