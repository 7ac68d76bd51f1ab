/* Which files the program needs while it runs: the rest is given up. */
#ifndef WW_MAIN_PLACES_H
#define WW_MAIN_PLACES_H

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/lib/whalewall.h"

/*
 * Give them up, and say so in the log. certificates: the directory of those for the engine, NULL for none. agent: which
 * has read files of policies. Before there are threads. -errno.
 */
int ww_places_restrict(const struct ww_options *options, const char *certificates, const struct whalewall_agent *agent,
                       struct ww_log *log, struct ww_error *err);

#endif
