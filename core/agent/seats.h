/* Which bridge port leads to which endpoint. */
#ifndef WW_AGENT_SEATS_H
#define WW_AGENT_SEATS_H

#include <stdint.h>

#include "core/model/network.h"

struct ww_agent;
struct ww_ruleset;

/* Listen to the kernel from here on. What it cannot, or what fails, is logged, and done without. */
void ww_seats_open(struct ww_agent *a);

/* Read what the kernel tells; networks whose bridge's ports changed are looked at again. */
void ww_seats_look(struct ww_agent *a);

/*
 * The port of the network's bridge that leads to this endpoint, 0: not known. One that had a port keeps it, when its
 * device is gone: nobody else has its addresses before the engine says so.
 *
 * Engines before 28 make a MAC from the address, so whoever gets the address next has the same, and the engine's word
 * that the former endpoint is gone may be late. So a port with its MAC is the endpoint's only by an answer that was
 * asked for after that had appeared at the bridge: engines take an endpoint out of what they tell before they release
 * its address, and give an address before they make the port. Until then, for which the engine is asked here, it keeps
 * the one that it had, or is WW_PORT_NOWHERE.
 */
uint32_t ww_seats_port(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e);

/* The ruleset of the managed container behind this port, by the fences and rules in force; NULL: there is none. */
const struct ww_ruleset *ww_seats_ruleset(const struct ww_agent *a, uint32_t port);

#endif
