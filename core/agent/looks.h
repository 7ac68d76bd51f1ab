/*
 * Looks at tracked flows after what was committed, and before what is to be. The kernel's answer may take a second on a
 * busy machine, so another thread waits for it, and events and commits go on. What may not: nobody gets an address
 * before the look for its former holder's flows is over (hold.c).
 *
 * One look is under way at a time; what is committed meanwhile is looked for together, after it.
 */
#ifndef WW_AGENT_LOOKS_H
#define WW_AGENT_LOOKS_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/look.h"
#include "core/kernel/scope.h"

struct ww_agent;
struct ww_step;
struct ww_awaited;

enum ww_look_stage {
    WW_LOOK_IDLE,
    WW_LOOK_FINDING, /* in the other thread */
    WW_LOOK_JUDGING,
    WW_LOOK_DELETING, /* in the other thread */
    WW_LOOK_OVER,
};

/* All zero: nothing is looked for. */
struct ww_looks {
    struct ww_awaited *list;  /* what is to be looked for, the oldest first */
    struct ww_scope released; /* addresses whose flows are gone, and for which somebody waits */
    int64_t released_at;      /* the first of them, ww_clock_mono() */
    struct ww_conntrack *ct;  /* opened when first needed */
    struct ww_look *look;     /* under way */
    enum ww_look_stage stage;
    int64_t began;       /* ww_clock_mono() */
    bool failed;         /* the one that is over */
    int result;          /* of the stage in the other thread */
    struct ww_error err; /* the same */
};

/*
 * This step was committed just now: look for flows that it no longer allows, and once more soon, for those that were
 * confirmed during the commit. Takes over what the step holds, but until the loop turns it may be read. -ENOMEM: it is
 * still the caller's.
 */
int ww_looks_add(struct ww_agent *a, const struct ww_step *step, struct ww_error *err);
/* The same, but only the second look. */
int ww_looks_add_second(struct ww_agent *a, const struct ww_step *step, struct ww_error *err);

/*
 * These addresses are to pass from one container to another: delete their flows; ww_reconcile() is called when it is
 * over. Those of which that is done already are not looked for again, unless it is long ago. -ENOMEM.
 */
int ww_looks_release(struct ww_agent *a, const struct ww_scope *handed, struct ww_error *err);
/* Add the addresses to *scope that nobody may get yet. -ENOMEM. */
int ww_looks_closed(const struct ww_agent *a, struct ww_scope *scope, struct ww_error *err);
/* Their flows were all deleted otherwise. */
void ww_looks_open(struct ww_agent *a);

/* Go on with what is under way, or begin what is due. */
void ww_looks_turn(struct ww_agent *a);

/* After the loop: what was committed and not looked for yet is looked for now, while the caller waits. */
void ww_looks_done(struct ww_agent *a);

#endif
