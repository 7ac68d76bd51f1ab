/* What the service manager (systemd) is told: that the program is ready, reads its policies anew, is alive, stops, and
 * a line about how it is. Without one nothing is done. */
#ifndef WW_AGENT_MANAGER_H
#define WW_AGENT_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/notify.h"

struct ww_agent;

struct ww_manager {
    struct ww_notify notify;
    int64_t alive;    /* it was told last that the program is alive: ww_clock_mono() */
    bool reloading;   /* it was told that, and not that it is over */
    char status[128]; /* it was told last */
};

void ww_manager_open(struct ww_agent *a, const struct ww_notify_options *options);
void ww_manager_close(struct ww_agent *a);

/* The last known rules are in force, and the engine is asked. The engine's own unit may
 * wait for this, so the engine is not waited for. */
void ww_manager_ready(struct ww_agent *a);
void ww_manager_reloading(struct ww_agent *a);
void ww_manager_stopping(struct ww_agent *a);
/* Is anything new for it? The end of a reload, or how the program is. */
void ww_manager_follow(struct ww_agent *a);
/* The program works: in the loop by a timer, and where the loop waits for many, for each. Cheap. */
void ww_manager_alive(struct ww_agent *a);

#endif
