/* What is to be done again later: a timer is set by its name, and the table in loop.c says what it does. */
#ifndef WW_AGENT_TIMERS_H
#define WW_AGENT_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

struct uv_loop_s;
struct ww_agent;

enum ww_timer {
    WW_TIMER_SOURCE,        /* the engine's source waits no longer */
    WW_TIMER_CT_SCAN,       /* go on with the scans of conntrack */
    WW_TIMER_PORT_BINDINGS, /* containers without a bridge port, and bridges that are new */
    WW_TIMER_WAITS,         /* rules that have waited for so long that the log is to say so */
    WW_TIMER_RETRY,         /* reconcile again */
    WW_TIMER_FAULTS,        /* quarantined containers whose fault may be mended in the kernel by now */
    WW_TIMER_REPAIR,        /* undo what other programs changed */
    WW_TIMER_WATCH,         /* try again to watch nftables */
    WW_TIMER_GUARD_LEASE,   /* the default bridges' guard ends */
    WW_TIMER_DOCKER_USER,   /* has anything changed in DOCKER-USER? */
    WW_TIMER_READER,        /* have a process made that reads the next label */
    WW_TIMER_WATCHDOG,      /* the service manager wants to hear of us */
    WW_TIMERS,
};

typedef void (*ww_timer_fn)(struct ww_agent *a);

struct ww_timers;

/* fns: what each does. Not freed before the loop is closed. -ENOMEM. */
int ww_timers_new(struct uv_loop_s *uv, struct ww_agent *a, const ww_timer_fn fns[static WW_TIMERS],
                  struct ww_timers **ret_timers, struct ww_error *err);
void ww_timers_free(struct ww_timers *timers);

/* After `ms`, and not before. */
void ww_timers_set(struct ww_timers *timers, enum ww_timer which, int64_t ms);
/* After `ms`, or when it is set to, if that is sooner. */
void ww_timers_sooner(struct ww_timers *timers, enum ww_timer which, int64_t ms);
/* Every `ms`. A no-op where it is set. */
void ww_timers_repeat(struct ww_timers *timers, enum ww_timer which, int64_t ms);
/* At this moment of ww_clock_mono(); 0: never. */
void ww_timers_until(struct ww_timers *timers, enum ww_timer which, int64_t end);
void ww_timers_stop(struct ww_timers *timers, enum ww_timer which);
bool ww_timers_is_set(const struct ww_timers *timers, enum ww_timer which);

#endif
