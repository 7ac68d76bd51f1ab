/* One look at tracked flows: its stages, two of which are in the other thread. */
#ifndef WW_AGENT_LOOK_RUN_H
#define WW_AGENT_LOOK_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/conntrack/look.h"

struct ww_agent;

enum ww_look_stage {
    WW_LOOK_IDLE,
    WW_LOOK_FINDING, /* in the other thread */
    WW_LOOK_JUDGING,
    WW_LOOK_DELETING, /* in the other thread */
    WW_LOOK_OVER,
};

/* One look, under way or not. */
struct ww_look_run {
    struct ww_agent *agent;
    struct ww_conntrack *ct; /* opened when first needed */
    struct ww_look *look;    /* NULL: idle */
    enum ww_look_stage stage;
    int64_t began; /* ww_clock_mono() */
    bool more;     /* there are portions left */
    int result;    /* of the stage in the other thread; in the end of all */
    struct ww_error err;
};

/* Make an empty look for it; then add to it, and start it, or fail it. It is over at a later turn of the loop. */
int ww_look_run_open(struct ww_look_run *run, struct ww_agent *a);
void ww_look_run_start(struct ww_look_run *run);
void ww_look_run_fail(struct ww_look_run *run, int rc);
/* Judge, if that is its stage. */
void ww_look_run_turn(struct ww_look_run *run);
/* Idle again. */
void ww_look_run_end(struct ww_look_run *run);
void ww_look_run_done(struct ww_look_run *run);

#endif
