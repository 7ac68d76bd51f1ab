#include "core/kernel/portmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

struct spot {
    uint32_t bridge;
    struct ww_mac mac;
    uint8_t padding[2];
};

/* Who claims to be in a place. */
struct ww_portmap_place {
    UT_hash_handle hh;
    struct spot spot;
    int64_t left; /* when the last one went while others stayed, ww_clock_mono; 0: that never happened */
    struct ww_port *ports;
};

static struct ww_portmap_place *place_find(const struct ww_portmap *map, uint32_t bridge, const struct ww_mac *mac)
{
    struct ww_portmap_place *place = NULL;
    struct spot spot;
    memset(&spot, 0, sizeof(spot));
    spot.bridge = bridge;
    spot.mac = *mac;
    HASH_FIND(hh, map->places, &spot, sizeof(spot), place);
    return place;
}

static struct ww_portmap_place *place_make(struct ww_portmap *map, uint32_t bridge, const struct ww_mac *mac)
{
    struct ww_portmap_place *place = place_find(map, bridge, mac);
    if (place)
        return place;
    place = calloc(1, sizeof(*place));
    if (!place)
        return NULL;
    place->spot = (struct spot){.bridge = bridge, .mac = *mac};
    HASH_ADD(hh, map->places, spot, sizeof(place->spot), place);
    if (place->hh.tbl)
        return place;
    free(place);
    return NULL;
}

static struct ww_bridge *bridge_find(const struct ww_portmap *map, uint32_t index)
{
    struct ww_bridge *b = NULL;
    HASH_FIND(hh, map->bridges, &index, sizeof(index), b);
    return b;
}

static void note_change(struct ww_portmap *map, uint32_t bridge)
{
    struct ww_bridge *b = bridge_find(map, bridge);
    if (b)
        b->changed = true;
    map->changed = true;
}

static void leave(struct ww_portmap *map, struct ww_port *port)
{
    struct ww_portmap_place *place = ww_mac_is_zero(&port->mac) ? NULL : place_find(map, port->bridge, &port->mac);
    port->mac = (struct ww_mac){0};
    if (!place)
        return;
    note_change(map, port->bridge);
    struct ww_port **link = &place->ports;
    while (*link && *link != port)
        link = &(*link)->next;
    if (*link)
        *link = port->next;
    port->next = NULL;
    place->left = ww_clock_mono();
    if (place->ports)
        return;
    HASH_DEL(map->places, place);
    free(place);
}

int ww_portmap_place(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac)
{
    if (!memcmp(mac, &port->mac, sizeof(*mac)))
        return 0;
    leave(map, port);
    if (ww_mac_is_zero(mac))
        return 0;
    struct ww_portmap_place *place = place_make(map, port->bridge, mac);
    if (!place)
        return -ENOMEM;
    port->mac = *mac;
    port->next = place->ports;
    place->ports = port;
    note_change(map, port->bridge);
    return 0;
}

static struct ww_bridge *bridge_make(struct ww_portmap *map, uint32_t index)
{
    struct ww_bridge *b = bridge_find(map, index);
    if (b)
        return b;
    b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->index = index;
    HASH_ADD(hh, map->bridges, index, sizeof(b->index), b);
    if (b->hh.tbl)
        return b;
    free(b);
    return NULL;
}

static void bridge_unname(struct ww_portmap *map, struct ww_bridge *b)
{
    if (b->name[0])
        HASH_DELETE(named, map->by_name, b);
    b->name[0] = '\0';
    b->changed = true;
    map->changed = true;
}

int ww_portmap_put_bridge(struct ww_portmap *map, uint32_t index, const char *name)
{
    struct ww_bridge *b = bridge_make(map, index);
    if (!b)
        return -ENOMEM;
    b->round = map->round;
    if (!strncmp(b->name, name, sizeof(b->name)))
        return 0;
    bridge_unname(map, b);
    memset(b->name, 0, sizeof(b->name));
    strncpy(b->name, name, sizeof(b->name) - 1);
    HASH_ADD_KEYPTR(named, map->by_name, b->name, strlen(b->name), b);
    if (b->named.tbl)
        return 0;
    b->name[0] = '\0';
    return -ENOMEM;
}

static void bridge_remove(struct ww_portmap *map, struct ww_bridge *b)
{
    bridge_unname(map, b);
    HASH_DEL(map->bridges, b);
    free(b->own);
    free(b);
}

static struct ww_port *port_find(const struct ww_portmap *map, uint32_t index)
{
    struct ww_port *port = NULL;
    HASH_FIND(hh, map->ports, &index, sizeof(index), port);
    return port;
}

struct ww_port *ww_portmap_put_port(struct ww_portmap *map, uint32_t index)
{
    struct ww_port *port = port_find(map, index);
    if (port)
        return port;
    port = calloc(1, sizeof(*port));
    if (!port)
        return NULL;
    port->index = index;
    HASH_ADD(hh, map->ports, index, sizeof(port->index), port);
    if (port->hh.tbl)
        return port;
    free(port);
    return NULL;
}

static void port_remove(struct ww_portmap *map, struct ww_port *port)
{
    leave(map, port);
    HASH_DEL(map->ports, port);
    free(port);
}

void ww_portmap_remove_bridge(struct ww_portmap *map, uint32_t index)
{
    struct ww_bridge *b = bridge_find(map, index);
    if (b)
        bridge_remove(map, b);
}

void ww_portmap_remove_port(struct ww_portmap *map, uint32_t index)
{
    struct ww_port *port = port_find(map, index);
    if (port)
        port_remove(map, port);
}

void ww_portmap_remove_old(struct ww_portmap *map)
{
    struct ww_port *port;
    struct ww_port *next_port;
    struct ww_bridge *b;
    struct ww_bridge *next_bridge;
    HASH_ITER (hh, map->ports, port, next_port)
        if (port->round != map->round)
            port_remove(map, port);
    HASH_ITER (hh, map->bridges, b, next_bridge)
        if (b->round != map->round)
            bridge_remove(map, b);
}

void ww_portmap_done(struct ww_portmap *map)
{
    map->round++;
    ww_portmap_remove_old(map);
    *map = (struct ww_portmap){0};
}

uint32_t ww_portmap_find(const struct ww_portmap *map, const char *bridge, const struct ww_mac *mac, int64_t *ret_since)
{
    struct ww_bridge *b = NULL;
    HASH_FIND(named, map->by_name, bridge, strlen(bridge), b);
    const struct ww_portmap_place *place = b ? place_find(map, b->index, mac) : NULL;
    if (!place || place->ports->next)
        return 0;
    *ret_since = place->left > place->ports->since ? place->left : place->ports->since;
    return place->ports->index;
}

const struct ww_bridge *ww_portmap_bridge_named(const struct ww_portmap *map, const char *name)
{
    struct ww_bridge *b = NULL;
    HASH_FIND(named, map->by_name, name, strlen(name), b);
    return b;
}

const struct ww_bridge *ww_portmap_bridge(const struct ww_portmap *map, uint32_t index)
{
    return bridge_find(map, index);
}
