/* World and sealed rulesets become the fences of the networks that changed. */
#ifndef WW_AGENT_FENCING_H
#define WW_AGENT_FENCING_H

struct ww_agent;

/* Never fails: what could not be done is logged, and tried again. */
void ww_fencing_follow(struct ww_agent *a);

#endif
