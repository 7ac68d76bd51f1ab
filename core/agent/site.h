/* The site's policies: what they read, and how they are replaced while the program runs. */
#ifndef WW_AGENT_SITE_H
#define WW_AGENT_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/policy.h"

struct ww_agent;
struct ww_site_watch;

struct ww_site {
    struct ww_policy next; /* read with SIGHUP, in force with the engine's next list; ops NULL: there is none */
    int (*load)(const void *load_from, struct ww_policy *ret_policy, struct ww_error *err); /* NULL: there are none */
    const void *load_from;
    struct ww_site_watch *watch; /* NULL: their files are not watched */
};

/* Are there policies of the site? Then every container is judged, whatever its label says. */
bool ww_site_is_there(const struct ww_agent *a);
const struct ww_groups *ww_site_groups(const struct ww_agent *a); /* borrowed, for the moment; NULL: there are none */
void ww_site_open(struct ww_agent *a);                            /* the world keeps what they read */
void ww_site_close(struct ww_agent *a);
/* Read them anew; what cannot be read leaves the old ones in force. True: the engine's next list is waited for. */
bool ww_site_reload(struct ww_agent *a);
void ww_site_drop(struct ww_policy *policy); /* free it; there is none then */
/* How many of its processes have failed. */
uint64_t ww_site_failures(const struct ww_policy *policy);

#endif
