/* Ways that lead through a port of the host. Private to explain*.c. */
#ifndef WW_AGENT_EXPLAIN_PORT_H
#define WW_AGENT_EXPLAIN_PORT_H

#include "core/agent/explain_note.h"

/* To the port of the host that was asked for: what is published there, or the host itself. -ENOMEM. */
int ww_explain_to_host(struct ww_explaining *x);
/* From outside to the ports of the host that lead to the container's port that was asked for. -ENOMEM. */
int ww_explain_published(struct ww_explaining *x);

#endif
