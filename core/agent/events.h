/* What the program did of late, for clients of the control socket: what the log says, but for dropped packets. */
#ifndef WW_AGENT_EVENTS_H
#define WW_AGENT_EVENTS_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/control/events.h"

#define WW_EVENTS_KEPT 512

/* What has a WW_EVENT of this is none: there is another way to ask for dropped packets. */
#define WW_EVENT_DROP "drop"

struct ww_events;

struct ww_events *ww_events_new(void); /* NULL when out of memory */
void ww_events_free(struct ww_events *events);

/* A ww_log_observer; events: a struct ww_events. Takes the place of the oldest one when WW_EVENTS_KEPT are there.
 * Without memory it is left out. */
void ww_events_note(void *events, enum ww_level level, const char *kind, const char *msg, const struct ww_field *fields,
                    size_t n);

/* Fill an empty answer in with what came after `since` (of an answer's `next`; 0: all that is remembered). Valid until
 * the next event. -ENOMEM. */
int ww_events_answer(const struct ww_events *events, uint64_t since, struct ww_events_answer *ret_answer,
                     struct ww_error *err);

#endif
