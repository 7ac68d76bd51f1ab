/* Rules that wait for what they name. The containers of a stack start one after the other, so it is told
 * only where it lasts: the status has it at once. */
#include "core/agent/waits.h"

#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/managed_container.h"
#include "core/agent/report.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

#define PATIENCE_NS (10 * WW_NS_PER_S)

static bool waits(const struct ww_agent *a, const struct ww_managed_container *s)
{
    const struct ww_container *c = ww_world_container(a->world, s->id);
    if (!c || (c->state != WW_RUNNING && c->state != WW_PAUSED))
        return false;
    for (size_t i = 0; i < s->compiled.n_notes; i++)
        if (s->compiled.notes[i].waiting)
            return true;
    return false;
}

static int64_t ms_left(const struct ww_managed_container *s, int64_t now)
{
    int64_t left = s->waits_since + PATIENCE_NS - now;
    return left > 0 ? left / WW_NS_PER_MS + 1 : 0;
}

void ww_waits_note(struct ww_agent *a, struct ww_managed_container *s)
{
    int64_t now = ww_clock_mono();
    if (!waits(a, s)) {
        s->waits_since = 0;
        s->waits_told = false;
        return;
    }
    if (!s->waits_since)
        s->waits_since = now;
    if (!s->waits_told)
        ww_timers_sooner(a->timers, WW_TIMER_WAITS, ms_left(s, now));
}

void ww_waits_look(struct ww_agent *a)
{
    int64_t now = ww_clock_mono();
    for (struct ww_managed_container *s = a->managed.by_id; s; s = s->hh.next) {
        if (!s->waits_since || s->waits_told)
            continue;
        if (ms_left(s, now) > 0) {
            ww_timers_sooner(a->timers, WW_TIMER_WAITS, ms_left(s, now));
            continue;
        }
        s->waits_told = true;
        ww_report_waits(a, s);
    }
}
