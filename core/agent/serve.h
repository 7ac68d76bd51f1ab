/* The control socket. What fails is logged, and enforcement goes on without. */
#ifndef WW_AGENT_SERVE_H
#define WW_AGENT_SERVE_H

struct ww_agent;
struct ww_serving;

void ww_serving_open(struct ww_agent *a);   /* a no-op where it is open */
void ww_serving_free(struct ww_serving *s); /* after the loop, which holds its handles */

#endif
