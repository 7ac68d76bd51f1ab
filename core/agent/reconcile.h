/* Moves the kernel to what the world asks for. Never fails: what could not be done is logged and tried again. */
#ifndef WW_AGENT_RECONCILE_H
#define WW_AGENT_RECONCILE_H

#include <stdint.h>

#include "core/base/error.h"

struct ww_agent;

struct ww_reconciling {
    uint64_t listed;         /* the source's generation that was reconciled last */
    struct ww_error failure; /* why the program cannot go on; code 0: it can */
    int64_t since;           /* what failed since then is not in force yet: ww_clock_mono(); 0: nothing */
    unsigned failures;       /* transactions refused in a row, for the backoff */
};

void ww_reconcile(struct ww_agent *a);
/* The program stops: what waits for a scan goes in now, so that no container stays closed until the next start. */
void ww_reconcile_last(struct ww_agent *a);
/* Try the quarantined containers again whose fault lies in the kernel (a user chain that was missing may be there now).
 */
void ww_reconcile_retry_faults(struct ww_agent *a);

#endif
