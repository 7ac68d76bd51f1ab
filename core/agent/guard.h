/* The guard: which bridge networks only known endpoints may talk on, and which endpoints are known there. */
#ifndef WW_AGENT_GUARD_H
#define WW_AGENT_GUARD_H

#include <stdbool.h>

#include "core/agent/guard_lease.h"
#include "core/base/error.h"

enum ww_guard_mode {
    WW_GUARD_AUTO, /* user-defined networks of managed containers, and the default bridge while there is a lease */
    WW_GUARD_ALL,  /* every bridge network, all the time */
    WW_GUARD_OFF,
};

/* Why a network is guarded, or not. */
enum ww_guard_state {
    WW_GUARDED_AUTO,    /* a managed container is on it, or configured for it */
    WW_GUARDED_ALL,     /* by WW_GUARD_ALL */
    WW_GUARDED_KEPT,    /* no container on it is managed now, but it was guarded */
    WW_GUARDED_LEASE,   /* the default bridge, while there is a lease */
    WW_UNGUARDED,       /* no container on it is managed */
    WW_UNGUARDED_LABEL, /* the network's label says so */
    WW_UNGUARDED_OFF,   /* by WW_GUARD_OFF */
};

struct ww_agent;
struct ww_fence_diff;
struct ww_network;

/* All zero but for the mode. */
struct ww_guarding {
    enum ww_guard_mode mode;
    bool managing;   /* a container is managed, and not audited */
    bool judging;    /* one has rules, audited or not */
    bool bystanders; /* so, or a network is guarded: every endpoint is told by its port */
    struct ww_guard_leases leases;
};

/* Of a bridge network. */
enum ww_guard_state ww_guard_state(const struct ww_agent *a, const struct ww_network *n);
const char *ww_guard_state_text(enum ww_guard_state state); /* one word */

/* The fence of one network (by id; also one that is gone) in the desired fences. */
int ww_guard_network(struct ww_agent *a, const char *id, struct ww_error *err);
/* Is there the first managed container, or none any more? Then every network is to be looked at again. */
void ww_guard_bystanders(struct ww_agent *a);
/* A container changed: does a lease of the default bridge's guard begin or end? */
int ww_guard_container(struct ww_agent *a, const char *id, struct ww_error *err);
/* Frames to reserved groups from ports of managed endpoints meet the bridge's hooks; NULL: at all ports that are known.
 */
void ww_guard_bridge_groups(struct ww_agent *a, const struct ww_fence_diff *fences);
/* After the commit: forget what waits in the host's neighbour tables for endpoints that are new, for it was sent before
 * their rules were in force. */
void ww_guard_forget_neighbours(struct ww_agent *a, const struct ww_fence_diff *fences);
/* The time of a lease has come. */
void ww_guard_lease_due(struct ww_agent *a);

#endif
