/* Which bridge port leads to which endpoint. */
#ifndef WW_AGENT_PORT_BINDINGS_H
#define WW_AGENT_PORT_BINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"

struct ww_agent;
struct ww_ruleset;

struct ww_port_bindings {
    bool own_pids;  /* this pid namespace is not the machine's first one: the engine's pids may mean nothing here */
    bool pids_seen; /* one of them led to a port, so they do mean something */
};

/* Listen to the kernel from here on. What the kernel cannot, or what fails, is logged, and done without. */
void ww_port_bindings_open(struct ww_agent *a);

/* Read what the kernel tells; networks whose bridge's ports changed are looked at again. */
void ww_port_bindings_look(struct ww_agent *a);

/*
 * The port that leads to this endpoint, WW_PORT_NOWHERE: that is not known; 0: it cannot be known here. One that had a
 * port keeps it when its device is gone: no other endpoint has its addresses before the engine says so.
 *
 * Engines before 28 make a MAC from the address, so the endpoint that gets the address next has the same, and the
 * engine's word that the former endpoint is gone may be late. So a port is found only by an answer about the network
 * that was asked for after it had appeared at the bridge: engines take an endpoint out of what they tell before they
 * release its address, and give an address before they make the port. Where there is none the engine is asked.
 */
uint32_t ww_port_bindings_port(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e);

/* The ruleset of the managed container behind this port, by the fences and rules in force; NULL: there is none. */
const struct ww_ruleset *ww_port_bindings_ruleset(const struct ww_agent *a, uint32_t port);

/* Can the engine's process ids not be followed from here? */
bool ww_port_bindings_blind(const struct ww_agent *a);

#endif
