/* How many packets of which container were dropped, and why. */
#ifndef WW_AGENT_DROP_TALLY_H
#define WW_AGENT_DROP_TALLY_H

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
    char *id;                                 /* the container's full one */
    struct ww_drop_count of[WW_REASONS];      /* STALE is counted as PORT */
    struct ww_drop_count audited[WW_REASONS]; /* of packets that passed, for it is audited */
    uint64_t lost;                            /* of these, packets of flows that the kernel had no room to report */
    UT_hash_handle hh;
};

/* All zero is empty. */
struct ww_drop_tallies {
    struct ww_drop_tally *by_id;
    uint64_t lost; /* the same at host ports, of any of the audited */
};

/* Read the kernel's counters, for the containers of the applied plan. 0 or -errno. */
int ww_drops_tally(struct ww_agent *a, struct ww_drop_tallies *ret_tallies, struct ww_error *err);
/* NULL: nothing was dropped. */
const struct ww_drop_tally *ww_drops_tally_of(const struct ww_drop_tallies *tallies, const char *id);
void ww_drop_tallies_done(struct ww_drop_tallies *tallies);

#endif
