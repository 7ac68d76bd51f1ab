/* A macvlan or ipvlan network that hangs on a bridge of the engine's: its containers are past that bridge's ports. */
#ifndef WW_AGENT_NETWORK_BYPASS_H
#define WW_AGENT_NETWORK_BYPASS_H

#include "core/control/status.h"
#include "core/model/network.h"

struct ww_agent;

/* Say in the log, once, that the network of this id is such, or those that hang on it; nothing where there are none. */
void ww_network_bypass_report(struct ww_agent *a, const char *id);

/* Add problem `network_bypass` where it is such. -ENOMEM. */
int ww_network_bypass_status(const struct ww_agent *a, const struct ww_network *n, struct ww_status *status);

#endif
