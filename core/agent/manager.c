#include "core/agent/manager.h"

#include <stdio.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

void ww_manager_open(struct ww_agent *a, const struct ww_notify_options *options)
{
    ww_notify_open(options, &a->manager.notify);
}

void ww_manager_close(struct ww_agent *a)
{
    ww_notify_close(&a->manager.notify);
}

/* How it is, in a line for people. */
static void write_status(const struct ww_agent *a, char *text, size_t size)
{
    static const char *const engine[] = {"does not answer", "is being read", "is followed"};
    const unsigned n = (unsigned)ww_plan_count(a->applied);
    snprintf(text, size, "STATUS=%u %s rules in force; the engine %s%s", n,
             n == 1 ? "container has" : "containers have", engine[ww_source_state(a->source)],
             a->reconciling.failures ? "; the kernel refuses changes" : "");
}

static void tell_status(struct ww_agent *a)
{
    struct ww_manager *m = &a->manager;
    char status[sizeof(m->status)];
    write_status(a, status, sizeof(status));
    if (strcmp(status, m->status) != 0 && ww_notify_send(&m->notify, status))
        memcpy(m->status, status, sizeof(status));
}

void ww_manager_ready(struct ww_agent *a)
{
    struct ww_manager *m = &a->manager;
    if (!m->notify.len)
        return;
    ww_notify_send(&m->notify, "READY=1");
    tell_status(a);
    if (m->notify.watchdog_ms)
        ww_timers_repeat(a->timers, WW_TIMER_WATCHDOG, (m->notify.watchdog_ms + 2) / 3);
}

void ww_manager_reloading(struct ww_agent *a)
{
    char text[64];
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(ww_clock_mono() / 1000));
    a->manager.reloading = ww_notify_send(&a->manager.notify, text);
}

void ww_manager_stopping(struct ww_agent *a)
{
    ww_notify_send(&a->manager.notify, "STOPPING=1");
}

/* New policies wait for the engine's list, which may never come: they are no reason to be reloading for ever. */
void ww_manager_follow(struct ww_agent *a)
{
    struct ww_manager *m = &a->manager;
    if (!m->notify.len)
        return;
    if (m->reloading && (!a->site.next.ops || ww_source_state(a->source) == WW_SOURCE_AWAY))
        m->reloading = !ww_notify_send(&m->notify, "READY=1");
    tell_status(a);
}

void ww_manager_alive(struct ww_agent *a)
{
    struct ww_manager *m = &a->manager;
    int64_t now = m->notify.watchdog_ms ? ww_clock_mono() : 0;
    if (!m->notify.watchdog_ms || now - m->alive < m->notify.watchdog_ms * WW_NS_PER_MS / 4)
        return;
    m->alive = now;
    ww_notify_send(&m->notify, "WATCHDOG=1");
}
