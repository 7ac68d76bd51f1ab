#ifndef WW_AGENT_HOST_FENCE_H
#define WW_AGENT_HOST_FENCE_H

#include <stdbool.h>

#include "core/model/addr.h"

struct ww_agent;

/* The addresses of the host itself, as a fence of no network, while anything is managed. */
void ww_host_fence_look(struct ww_agent *a);
/* Is it an address of the host's own, by the rules in force? */
bool ww_host_fence_has(const struct ww_agent *a, const struct ww_addr *addr);

#endif
