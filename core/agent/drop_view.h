/* A dropped packet as people see it. Private to drop*.c. */
#ifndef WW_AGENT_DROP_VIEW_H
#define WW_AGENT_DROP_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ir/plan.h"
#include "core/kernel/drops/drop.h"
#include "core/model/world.h"

/* A dropped packet, seen from the container that it concerns. Borrowed from the plan and the world. */
struct ww_drop_view {
    const struct ww_ruleset *rs; /* the container's; NULL: no managed one's (the guard only) */
    bool out;                    /* it was on its way from the container; else to it */
    const struct ww_addr *peer;  /* the other end, in the packet's words */
    const struct ww_addr *own;   /* this end */
    const char *peer_name;       /* the peer's container, or "host"; NULL: neither */
    uint16_t port;               /* that was the original destination, or (STALE) that is published; 0: no ports */
    const char *why;             /* and what to do */
};

/* behind: the container behind the bridge port that it came through; NULL: that is not known. */
void ww_drop_view(const struct ww_plan *plan, const struct ww_world *world, const struct ww_ruleset *behind,
                  const struct ww_drop *drop, struct ww_drop_view *ret_view);

/* The ruleset with an endpoint of this MAC; NULL if there is none. Looks at all of them. */
const struct ww_ruleset *ww_drop_ruleset_by_mac(const struct ww_plan *plan, const struct ww_mac *mac);

#endif
