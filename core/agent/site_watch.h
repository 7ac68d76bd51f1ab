/* The files of the site's policies are watched: a change of one is as good as SIGHUP. */
#ifndef WW_AGENT_SITE_WATCH_H
#define WW_AGENT_SITE_WATCH_H

#include <stddef.h>

#include "core/base/error.h"

struct ww_agent;
struct ww_site_watch;

/*
 * Watch these files and directories (and the directories in those). A file is watched through its directory, so one
 * that is put in its place is noticed, too. What cannot be watched is a warning in the log. -ENOMEM.
 */
int ww_site_watch_new(struct ww_agent *a, const char *const *paths, size_t n, struct ww_site_watch **ret_watch,
                      struct ww_error *err);
void ww_site_watch_free(struct ww_site_watch *watch); /* after the loop, which holds its handles */

#endif
