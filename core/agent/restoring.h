/*
 * What other programs did to the rules, where the table cannot be owned, and how far it is undone: noted here, for the
 * reconciler asks. What acts on it is in restore.c.
 */
#ifndef WW_AGENT_RESTORING_H
#define WW_AGENT_RESTORING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/log.h"
#include "core/kernel/kernel.h"

struct ww_agent;

#define WW_RESTORING_QUIET_MS 1000 /* so long without a change ends a row of them */

struct ww_restoring {
    bool closed;  /* the kernel side knows what the table holds, though it is not `applied` */
    bool shut;    /* nothing gets through, not even established flows */
    bool pending; /* it is not restored yet */
    struct ww_tampering found;
    int64_t since;     /* when it was noticed, ww_clock_mono */
    int64_t closed_us; /* how long until it was closed; -1: only with the restore */
    int64_t last;      /* when the last restore was asked for */
    unsigned in_row;   /* how many in a row */
    unsigned excused;  /* refusals for which no container was blamed */
    bool remove_later; /* flows that began meanwhile are not removed yet */
    bool removing;     /* they are being removed, and until then it stays shut */
};

/* One line: which program it was, what it changed, and how long it took so far. error: what is still wrong, or NULL. */
void ww_restoring_say(struct ww_agent *a, enum ww_level level, const char *msg, const char *error);
void ww_restoring_note_closed(struct ww_restoring *r);

/* While something is to be undone: let nothing through until it is. */
void ww_restoring_shut(struct ww_agent *a);
/* Is it still to be so? Then containers that are new are shut, too. */
bool ww_restoring_keeps_shut(struct ww_agent *a);
/* Flows that began while the rules were not in force are not judged again by themselves: they are looked for. */
void ww_restoring_remove_flows(struct ww_agent *a);

/*
 * The kernel refused this container's rules: was it rather for what other programs did? While they change the table a
 * refusal says little: unless what it needs is missing, no container is blamed at once.
 */
bool ww_restoring_excuses(struct ww_agent *a, const char *id);
void ww_restoring_done(struct ww_agent *a);   /* everything is in force again: say so */
void ww_restoring_follow(struct ww_agent *a); /* watch while the table is not ours, or a user chain is missing */

#endif
