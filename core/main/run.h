/* The program as the library's host: it adds a log, signals, and that it gives up what it does not need. */
#ifndef WW_MAIN_RUN_H
#define WW_MAIN_RUN_H

#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/lib/whalewall.h"

/* What is made before anything is opened. */
struct ww_start {
    struct whalewall_jail *jail;    /* NULL: labels are read in the program, or … */
    struct whalewall_error failure; /* … why there is none */
};

/* Before anything is opened: what reads labels inherits what there is. What fails is told by ww_run. */
void ww_start_early(const struct ww_options *options, struct ww_start *ret_start);

/* Follow the engine until a signal comes. The exit status. Takes the jail over. */
int ww_run(const struct ww_options *options, struct ww_start *start, struct ww_log *log);

#endif
