/* Finds out which port of a bridge is which endpoint's. */
#ifndef WW_AGENT_PORT_BINDING_FIND_H
#define WW_AGENT_PORT_BINDING_FIND_H

#include "core/model/network.h"

struct ww_agent;

/* Take in what the engine's answers said of processes; networks where that changes something are looked at again. */
void ww_port_bindings_follow(struct ww_agent *a);

/*
 * Find out which endpoint each port of the network's bridge leads to. What a container could have changed itself counts
 * only where nothing of it has run yet, or for the moment, until more is known:
 *
 * - A port that leads into the network namespace of a container's process is that container's. The engine says which
 *   process that is; it is asked for where it did not, or where the port is newer than its word.
 * - Before there is a process, the port whose other end has the MAC address that the engine gave the endpoint is the
 *   endpoint's, if it is the only such port that no other endpoint has. For the moment that also holds for a running
 *   container whose process is not known yet.
 * - What the kernel's rules have bound in an earlier run stays as it was.
 *
 * A port that was found so stays that container's as long as it is at the bridge, and is not asked for again once the
 * process has confirmed it. Where the process contradicts, it is believed, and the log says so.
 */
void ww_port_bindings_settle(struct ww_agent *a, const struct ww_network *n);

#endif
