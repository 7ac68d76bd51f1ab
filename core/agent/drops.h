/* What the agent says of dropped packets: lines in the log, and lines in the kernel's log. */
#ifndef WW_AGENT_DROPS_H
#define WW_AGENT_DROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/agent/drop_tally.h"
#include "core/base/error.h"
#include "core/control/drops.h"
#include "core/control/suggest.h"
#include "core/kernel/kernel_drops.h"
#include "core/model/container.h"

struct ww_agent;

struct ww_drops; /* the log's side: which containers were reported of late, and the kernel's log */

/*
 * Ask the kernel for reports, before it is taken over; and open the kernel's log, if kernel_log (its path) is not NULL.
 * Neither failure is one of the agent's: the log warns, and packets are dropped all the same. -ENOMEM.
 */
int ww_drops_open(struct ww_agent *a, const char *kernel_log, struct ww_error *err);
void ww_drops_free(struct ww_drops *drops);

/* Log this one, unless its container had enough of late. agent: a struct ww_agent, for a ww_drop_fn. */
void ww_drops_log(const struct ww_drop *drop, void *agent);

/* What was reported of late: as ww_recent_drops_answer. */
int ww_drops_tell(struct ww_agent *a, const char *container, uint64_t since, struct ww_drops_answer *ret_answer,
                  struct ww_error *err);

/* Flows that rules did not allow: as ww_seen_flows_of. */
int ww_drops_seen(const struct ww_agent *a, const struct ww_container *c, struct ww_suggestion *s);
/* Was any report left out? Of the container (with what the kernel had no room to report), and those of any. */
bool ww_drops_left_out(const struct ww_agent *a, const struct ww_container *c, const struct ww_drop_tallies *tallies,
                       uint64_t *ret_own, uint64_t *ret_any);
uint64_t ww_drops_reported(const struct ww_agent *a); /* how many packets, so far */

/* Read the reports that are there, and log them. */
void ww_drops_read(struct ww_agent *a);

#endif
