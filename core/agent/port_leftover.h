/*
 * Leftovers: ports of a bridge that lead to a managed container, or did, at which it has no endpoint. An engine that is
 * to disconnect a container does not find the interface that the container has renamed, and leaves it; and a container
 * that was stopped can live on in one that shares its network namespace. A container that has left what it is known by
 * is no stranger.
 */
#ifndef WW_AGENT_PORT_LEFTOVER_H
#define WW_AGENT_PORT_LEFTOVER_H

#include "core/ir/fence.h"
#include "core/model/container.h"
#include "core/model/network.h"

struct ww_agent;

/* Those of the network into its fence, which has its endpoints already. They are noted as faults, too. -ENOMEM. */
int ww_port_leftovers_fence(struct ww_agent *a, const struct ww_network *n, struct ww_fence *f);

/* An answer said which process the container has: networks with a port that leads there are looked at again. */
void ww_port_leftovers_follow(struct ww_agent *a, const struct ww_container *c);

#endif
