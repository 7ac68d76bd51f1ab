/*
 * Scans of conntrack after what was committed. The kernel's answer may take a second on a busy machine, and there
 * may be as many flows as containers like: so another thread asks and deletes, portion by portion, and events and
 * commits go on. What may not: no endpoint gets an address before the scan for its former holder's flows is over
 * (defer.c).
 *
 * One scan is under way, and what is committed meanwhile is looked for together, after it; but where it takes long, the
 * next scans begin beside it: no container waits for another's flows.
 */
#ifndef WW_AGENT_CT_SCANS_H
#define WW_AGENT_CT_SCANS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/agent/ct_scan_run.h"
#include "core/base/error.h"
#include "core/kernel/conntrack/affected.h"

struct ww_agent;
struct ww_step;
struct ww_awaited;

#define WW_CT_SCANS_AT_ONCE 4

/* All zero: nothing is looked for. */
struct ww_ct_scans {
    struct ww_awaited *list; /* what is to be looked for, the oldest first */
    struct ww_ct_scan_run runs[WW_CT_SCANS_AT_ONCE];
    bool missed; /* something could not be put into the list: all must be looked for */
};

/*
 * This step was committed just now: look for flows that it no longer allows, and once more soon, for those that were
 * confirmed during the commit. The addresses that it takes from an endpoint are closed until then. Takes over what the
 * step holds, but until the loop turns it may be read. -ENOMEM: it is still the caller's, and all is looked for later.
 */
int ww_ct_scans_add(struct ww_agent *a, const struct ww_step *step);
/*
 * The same for all that applies, as if it were new: flows may have begun while no rules were in force. No address is
 * closed. `late`: soon, instead of now and soon once more.
 */
void ww_ct_scans_add_all(struct ww_agent *a, bool late);
/* Is such a one not looked for once yet? */
bool ww_ct_scans_all_pending(const struct ww_agent *a);

/* Add the addresses to *affected that no endpoint may get yet. -ENOMEM. */
int ww_ct_scans_closed(const struct ww_agent *a, struct ww_affected *affected, struct ww_error *err);

/* End those that are over: true if any was, and what they kept waiting can go on. By the timer, before the turn. */
bool ww_ct_scans_end(struct ww_agent *a);
/* Go on with what is under way, or begin what is due. */
void ww_ct_scans_turn(struct ww_agent *a);

/* After the loop: what was committed and not looked for yet is looked for now, while the caller waits. */
void ww_ct_scans_finish(struct ww_agent *a);
void ww_ct_scans_done(struct ww_agent *a);

#endif
