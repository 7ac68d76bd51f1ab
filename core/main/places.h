/* Which files the program needs while it runs: the rest is given up. */
#ifndef WW_MAIN_PLACES_H
#define WW_MAIN_PLACES_H

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/ir/policy.h"

/*
 * Give them up, and say so in the log. certificates: the directory of those for the engine, NULL for none. read: files
 * that were read for policies by now. Before there are threads. -errno.
 */
int ww_places_restrict(const struct ww_options *options, const char *certificates, const struct ww_names *read,
                       struct ww_log *log, struct ww_error *err);

#endif
