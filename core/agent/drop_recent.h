/* What was dropped of late, for clients of the control socket: like packets are one entry, however many there are. */
#ifndef WW_AGENT_DROP_RECENT_H
#define WW_AGENT_DROP_RECENT_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/control/drops.h"
#include "core/kernel/drops/drop.h"

struct ww_agent;
struct ww_recent_drops;

struct ww_recent_drops *ww_recent_drops_new(void); /* NULL when out of memory */
void ww_recent_drops_free(struct ww_recent_drops *recent);

/*
 * Note a report. A report that is like an earlier one costs one look-up in a table. Of new ones only some are taken
 * each second, for the containers' names have to be found; the rest is counted. Without memory a report is left out.
 */
void ww_recent_drops_note(struct ww_agent *a, struct ww_recent_drops *recent, const struct ww_drop *drop);

/*
 * Fill an empty answer in with what was reported after `since` (of an answer's `next`; 0: all that is remembered), of
 * that container only (NULL: of all). Valid until the loop turns. -ENOENT: there is no such container; -ENOMEM.
 */
int ww_recent_drops_answer(struct ww_agent *a, const struct ww_recent_drops *recent, const char *container,
                           uint64_t since, struct ww_drops_answer *ret_answer, struct ww_error *err);

#endif
