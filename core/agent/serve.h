/* The control socket. What fails is logged, and enforcement goes on without. */
#ifndef WW_AGENT_SERVE_H
#define WW_AGENT_SERVE_H

#include "core/control/control.h"

struct ww_agent;
struct ww_serving;

/* What answers questions, on the socket and without one. From the loop's thread. */
struct ww_control_ops ww_serving_ops(struct ww_agent *a);

void ww_serving_open(struct ww_agent *a);   /* a no-op where it is open, or is to be none */
void ww_serving_end(struct ww_agent *a);    /* where all was cleared, the loop stops, once all answers are sent */
void ww_serving_free(struct ww_serving *s); /* after the loop, which holds its handles */

#endif
