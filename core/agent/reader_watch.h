/* Follows the process that waits for the next label: one that is killed meanwhile is replaced before it is needed. */
#ifndef WW_AGENT_READER_WATCH_H
#define WW_AGENT_READER_WATCH_H

struct ww_agent;

/* Begin with the policy that is in force. What fails is no fault: the next label has one made. */
void ww_reader_watch_begin(struct ww_agent *a);
/* Before that policy is freed. */
void ww_reader_watch_end(struct ww_agent *a);
/* By WW_TIMER_READER. */
void ww_reader_watch_look(struct ww_agent *a);

#endif
