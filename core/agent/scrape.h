/*
 * The metrics over TCP, for all that can connect there: a few clients at a time, each for a few seconds, so many in a
 * second. The text is made anew when the last one is a second old, and more seldom where making it takes long, so that
 * clients, however many and hostile, take a small share of the loop's time.
 */
#ifndef WW_AGENT_SCRAPE_H
#define WW_AGENT_SCRAPE_H

#include "core/base/error.h"

struct ww_agent;
struct ww_scraping;

/* Serve on this listening socket, which is taken over, also on failure. -ENOMEM. */
int ww_scraping_new(struct ww_agent *a, int fd, struct ww_scraping **ret_scraping, struct ww_error *err);
/* After the loop was closed. NULL is a no-op. */
void ww_scraping_free(struct ww_scraping *s);

#endif
