/* What the agent says of dropped packets: lines in the log, lines in the kernel's log, and numbers. */
#ifndef WW_AGENT_DROPS_H
#define WW_AGENT_DROPS_H

#include <stdint.h>
#include <uthash.h>

#include "core/base/error.h"
#include "core/kernel/kernel_drops.h"

struct ww_agent;

/* How many packets of one container were dropped for one reason, since it came. */
struct ww_drop_count {
    uint64_t packets;
    uint64_t bytes;
};

struct ww_drop_tally {
    char *id;                            /* the container's full one */
    struct ww_drop_count of[WW_REASONS]; /* STALE is counted as PORT */
    UT_hash_handle hh;
};

/* All zero is empty. */
struct ww_drop_tallies {
    struct ww_drop_tally *by_id;
};

/* Read the kernel's counters, for the containers of the applied plan. 0 or -errno. */
int ww_drops_tally(struct ww_agent *a, struct ww_drop_tallies *ret_tallies, struct ww_error *err);
/* NULL: nothing was dropped. */
const struct ww_drop_tally *ww_drops_tally_of(const struct ww_drop_tallies *tallies, const char *id);
void ww_drop_tallies_done(struct ww_drop_tallies *tallies);

struct ww_drops; /* the log's side: who was reported of late, and the kernel's log */

/*
 * Ask the kernel for reports, before it is taken over; and open the kernel's log, if kernel_log (its path) is not NULL.
 * Neither failure is one of the agent's: the log warns, and packets are dropped all the same. -ENOMEM.
 */
int ww_drops_open(struct ww_agent *a, const char *kernel_log, struct ww_error *err);
void ww_drops_free(struct ww_drops *drops);

/* Log this one, unless its container had enough of late. agent: a struct ww_agent, for a ww_drop_fn. */
void ww_drops_log(const struct ww_drop *drop, void *agent);

/* Read the reports that are there, and log them. */
void ww_drops_read(struct ww_agent *a);

#endif
