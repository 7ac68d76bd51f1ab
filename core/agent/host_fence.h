#ifndef WW_AGENT_HOST_FENCE_H
#define WW_AGENT_HOST_FENCE_H

struct ww_agent;

/* The addresses of the host itself, as a fence of no network, while anything is managed. */
void ww_host_fence_look(struct ww_agent *a);

#endif
