/* One scan of conntrack: its stages, two of which are in the other thread. */
#ifndef WW_AGENT_CT_SCAN_RUN_H
#define WW_AGENT_CT_SCAN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/conntrack/ct_scan.h"

struct ww_agent;

enum ww_ct_scan_stage {
    WW_CT_SCAN_IDLE,
    WW_CT_SCAN_FINDING, /* in the other thread */
    WW_CT_SCAN_JUDGING,
    WW_CT_SCAN_DELETING, /* in the other thread */
    WW_CT_SCAN_OVER,
};

/* One scan, under way or not. */
struct ww_ct_scan_run {
    struct ww_agent *agent;
    struct ww_conntrack *ct; /* opened when first needed */
    struct ww_ct_scan *scan; /* NULL: idle */
    enum ww_ct_scan_stage stage;
    int64_t began; /* ww_clock_mono() */
    bool more;     /* there are portions left */
    int result;    /* of the stage in the other thread; in the end of all */
    struct ww_error err;
};

/* Make an empty scan for it; then add to it, and start it, or fail it. It is over at a later turn of the loop. */
int ww_ct_scan_run_open(struct ww_ct_scan_run *run, struct ww_agent *a);
void ww_ct_scan_run_start(struct ww_ct_scan_run *run);
void ww_ct_scan_run_fail(struct ww_ct_scan_run *run, int rc);
/* Judge, if that is its stage. */
void ww_ct_scan_run_turn(struct ww_ct_scan_run *run);
/* Idle again. */
void ww_ct_scan_run_end(struct ww_ct_scan_run *run);
void ww_ct_scan_run_done(struct ww_ct_scan_run *run);

#endif
