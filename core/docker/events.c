/* What an event makes ask for, and how events that were lost are noticed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/docker/source_internal.h"

#define LATE_NS (2 * WW_NS_PER_S)           /* an event that took so long */
#define LATE_RESYNC_NS (500 * WW_NS_PER_MS) /* after it: when those behind it have come, too */

/* What happens in or around a container without changing anything that a firewall looks at. Some go on after a colon.
 */
static const char *const idle_actions[] = {
    "exec_create",    "exec_start", "exec_detach", "exec_die", "health_status", "attach",
    "detach",         "kill",       "resize",      "top",      "commit",        "archive-path",
    "extract-to-dir", "copy",       "export",      "oom",      "prune",
};

static bool event_is_idle(const char *action)
{
    size_t len = strcspn(action, ":");
    for (size_t i = 0; i < sizeof(idle_actions) / sizeof(idle_actions[0]); i++)
        if (strlen(idle_actions[i]) == len && memcmp(action, idle_actions[i], len) == 0)
            return true;
    return false;
}

static int event_ask_network(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    (void)e;
    ww_ask(arg, WW_ASK_NETWORK, n->id, false);
    return 0;
}

static int event_ask_gateway(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    (void)e;
    if (ww_network_is_overlay(n))
        ww_ask(arg, WW_ASK_NETWORK, WW_GATEWAY_NETWORK, false);
    return 0;
}

/* Its labels say at once whether it is managed; the inspect, which may have to wait for the start, says the rest. */
static int event_created(struct ww_source *s, const struct ww_event *event, const char *line, size_t len,
                         struct ww_error *err)
{
    struct ww_container *c = NULL;
    if (ww_world_container(s->world, event->id))
        return 0;
    int rc = ww_decode_created(line, len, &c, err);
    if (rc < 0)
        return rc;
    ww_listing_mark(s, c->id, false);
    ww_listing_ask_image(s, c);
    return ww_world_put_container(s->world, c, err);
}

static void event_container(struct ww_source *s, const struct ww_event *event)
{
    if (strcmp(event->action, "destroy") == 0) {
        ww_ask_drop(s, WW_ASK_CONTAINER, event->id);
        ww_world_remove_container(s->world, event->id);
        ww_listing_mark(s, event->id, true);
        return;
    }
    ww_ask(s, WW_ASK_CONTAINER, event->id, false);
    if (strcmp(event->action, "die") == 0)
        ww_world_each_endpoint(s->world, event->id, event_ask_network, s);
}

/*
 * Only the network says the address in time: while a container starts, its inspect blocks until the start is over. That
 * start brings an event of its own, so the container is asked for only if it is up (it was connected while running) or
 * unknown.
 */
static void event_network(struct ww_source *s, const struct ww_event *event)
{
    if (event->overlay) { /* whose containers get an endpoint there, of which no event tells, nor their own inspect */
        ww_ask(s, WW_ASK_NETWORK, WW_GATEWAY_NETWORK, false);
        ww_ask(s, WW_ASK_SERVICES, "", false); /* the engine may have joined a swarm that has some */
    }
    if (strcmp(event->action, "destroy") == 0) {
        ww_ask_drop(s, WW_ASK_NETWORK, event->id);
        ww_world_remove_network(s->world, event->id);
        ww_listing_mark(s, event->id, true);
        return;
    }
    ww_ask(s, WW_ASK_NETWORK, event->id, false);
    if (!event->container[0])
        return;
    /* Another network may have been its way out until now, or be it from now on. */
    ww_world_each_endpoint(s->world, event->container, event_ask_gateway, s);
    const struct ww_container *c = ww_world_container(s->world, event->container);
    if (!c || c->state == WW_RUNNING || c->state == WW_PAUSED)
        ww_ask(s, WW_ASK_CONTAINER, event->container, false);
}

/*
 * The engine throws events away for a client that takes none for a while (behind 1024 of them, after a tenth of a
 * second), and does not say so. Events that come late tell of such a while: ask for everything once more. Its clock may
 * differ from ours; what counts is how much longer an event took than others. After a step of a clock that is wrong
 * once.
 */
static void event_note_time(struct ww_source *s, int64_t time_ns)
{
    int64_t took = ww_clock_real() - time_ns;
    bool late = (s->has_took || s->host.socket) && took - s->took > LATE_NS; /* on this machine it is our clock */
    if (time_ns > s->since)
        s->since = time_ns;
    if (time_ns <= 0 || s->state != WW_SOURCE_SYNCED)
        return; /* what the engine repeats after a loss comes before the list */
    if (!s->has_took || took < s->took || late)
        s->took = took;
    s->has_took = true;
    if (late && !s->resync_due)
        s->resync_due = ww_clock_mono() + LATE_RESYNC_NS;
}

int ww_event_take(void *source, const char *line, size_t len, struct ww_error *err)
{
    struct ww_source *s = source;
    struct ww_event event;
    int rc = ww_decode_event(line, len, &event, err);
    if (rc < 0)
        return ww_context(err, "an event that cannot be read");
    if (event.type == WW_EVENT_SERVICE) { /* its time is by the clock of the swarm's leader */
        ww_ask(s, WW_ASK_SERVICES, "", false);
        return 0;
    }
    event_note_time(s, event.time_ns);
    if (!event.id[0] || event_is_idle(event.action))
        return 0;
    if (event.type == WW_EVENT_CONTAINER && strcmp(event.action, "create") == 0)
        rc = event_created(s, &event, line, len, err);
    if (rc < 0)
        return ww_context(err, "an event that cannot be read");
    if (event.type == WW_EVENT_CONTAINER)
        event_container(s, &event);
    else if (event.type == WW_EVENT_NETWORK)
        event_network(s, &event);
    return 0;
}
