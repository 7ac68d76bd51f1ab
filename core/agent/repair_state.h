/*
 * What other programs did to the rules, where the table cannot be owned, and how far it is repaired: noted here, for
 * the reconciler asks. What acts on it is in repair.c.
 */
#ifndef WW_AGENT_REPAIR_STATE_H
#define WW_AGENT_REPAIR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/log.h"
#include "core/kernel/kernel.h"

struct ww_agent;

#define WW_REPAIR_QUIET_MS 1000 /* so long without a change ends a row of them */

struct ww_repair_state {
    bool closed;   /* the kernel side knows what the table holds, though it is not `applied` */
    bool lockdown; /* nothing gets through, not even established flows */
    bool pending;  /* it is not repaired yet */
    struct ww_external_change found;
    int64_t since;     /* when it was noticed, ww_clock_mono */
    int64_t closed_us; /* how long until it was closed; -1: only with the repair */
    int64_t last;      /* when the last repair was asked for */
    unsigned in_row;   /* how many in a row */
    unsigned excused;  /* refusals for which no container was blamed */
    bool remove_later; /* flows that began meanwhile are not removed yet */
    bool removing;     /* they are being removed, and the lockdown lasts until then */
};

/* One line: which program it was, what it changed, and how long it took so far. error: what is still wrong, or NULL. */
void ww_repair_state_say(struct ww_agent *a, enum ww_level level, const char *msg, const char *error);
void ww_repair_state_note_closed(struct ww_repair_state *r);

/* While something is to be undone: let nothing through until it is. */
void ww_repair_state_lockdown(struct ww_agent *a);
/* Is it still to be so? Then it includes containers that are new. */
bool ww_repair_state_keeps_lockdown(struct ww_agent *a);
/* Flows that began while the rules were not in force are not judged again by themselves: they are looked for. */
void ww_repair_state_remove_flows(struct ww_agent *a);

/*
 * The kernel refused this container's rules: was it rather for what other programs did? While they change the table a
 * refusal says little: unless what it needs is missing, no container is blamed at once.
 */
bool ww_repair_state_excuses(struct ww_agent *a, const char *id);
void ww_repair_state_done(struct ww_agent *a);   /* everything is in force again: say so */
void ww_repair_state_follow(struct ww_agent *a); /* watch while the table is not ours, or a user chain is missing */

#endif
