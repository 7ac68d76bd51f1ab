#include "core/agent/apart.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/idset.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"

/* How long a bridge must have been there without a word of the engine's: it makes the bridge before it tells of it. */
#define SETTLED_MS 10000
#define ID_ROOM (sizeof("bridge:") + IFNAMSIZ)

static void id_of(const char *bridge, char id[static ID_ROOM])
{
    snprintf(id, ID_ROOM, "bridge:%s", bridge);
}

static int has_bridge(const struct ww_network *n, void *arg)
{
    return ww_network_is_bridge(n) && strcmp(n->bridge, arg) == 0;
}

static bool is_engines(const struct ww_agent *a, const char *bridge)
{
    return ww_world_each_network(a->world, has_bridge, (void *)(uintptr_t)bridge) != 0;
}

void ww_apart_drop(struct ww_agent *a, const char *id)
{
    struct ww_error err = {0};
    if (!ww_fences_get(a->fences, id))
        return;
    ww_fences_remove(a->fences, id);
    if (ww_idset_add(&a->unfenced, id, &err) < 0)
        a->resync = true;
}

void ww_apart_leave(struct ww_agent *a, const char *bridge)
{
    char id[ID_ROOM];
    id_of(bridge, id);
    ww_apart_drop(a, id);
}

static int add_port_addresses(const struct ww_portmap *map, const struct ww_bridge *b, struct ww_fence *f)
{
    int rc = 0;
    for (const struct ww_port *port = map->ports; port && rc == 0; port = port->hh.next) {
        char text[16];
        struct ww_known k = {.container = text, .port = port->index};
        if (port->bridge != b->index)
            continue;
        snprintf(text, sizeof(text), "%u", port->index);
        rc = ww_fence_add_bystander(f, &k);
    }
    return rc;
}

int ww_apart_desire(struct ww_agent *a, struct ww_fence *f, struct ww_error *err)
{
    const struct ww_fence *before = ww_fences_get(a->fences, f->id);
    int rc = ww_fence_seal(f, err);
    if (rc < 0 || (before && strcmp(before->hash, f->hash) == 0))
        return rc;
    rc = ww_idset_add(&a->unfenced, f->id, err);
    return rc < 0 ? rc : ww_fences_set(a->fences, f, err);
}

/* Without memory it is as it was: its members are strangers, and have none of our addresses. */
static void put_fence(struct ww_agent *a, const struct ww_portmap *map, const struct ww_bridge *b, const char *id)
{
    struct ww_error err = {0};
    struct ww_fence *f = ww_fence_new(id, b->name, b->name);
    if (!f)
        return;
    f->apart = true;
    if (add_port_addresses(map, b, f) == 0)
        (void)ww_apart_desire(a, f, &err);
    ww_fence_unref(f);
}

/* Only while the engine says what is its: a word that is late must not make one of its networks a bridge apart. */
static void look_at_bridge(struct ww_agent *a, const struct ww_portmap *map, const struct ww_bridge *b)
{
    char id[ID_ROOM];
    int64_t left = b->since + SETTLED_MS * WW_NS_PER_MS - ww_clock_mono();
    id_of(b->name, id);
    if (!a->guard.bystanders || is_engines(a, b->name)) {
        ww_apart_drop(a, id);
        return;
    }
    if (left > 0)
        ww_timers_sooner(a->timers, WW_TIMER_PORT_BINDINGS, left / WW_NS_PER_MS + 1);
    else if (ww_source_state(a->source) == WW_SOURCE_SYNCED || ww_fences_get(a->fences, id))
        put_fence(a, map, b, id);
}

struct finding {
    const struct ww_portmap *map;
    char gone[ID_ROOM];
};

static int find_gone(struct ww_fence *f, void *arg)
{
    struct finding *find = arg;
    if (!f->apart || ww_portmap_bridge_named(find->map, f->bridge))
        return 0;
    snprintf(find->gone, sizeof(find->gone), "%s", f->id);
    return 1;
}

void ww_apart_look(struct ww_agent *a)
{
    if (!a->ports)
        return;
    struct finding find = {.map = ww_ports_map(a->ports)};
    while (ww_fences_each(a->fences, find_gone, &find))
        ww_apart_drop(a, find.gone);
    for (const struct ww_bridge *b = find.map->bridges; b; b = b->hh.next)
        if (b->name[0])
            look_at_bridge(a, find.map, b);
}
