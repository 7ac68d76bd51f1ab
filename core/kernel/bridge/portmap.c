#include "core/kernel/bridge/portmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

struct spot {
    uint32_t bridge;
    uint32_t trait;
    uint8_t value[WW_OWNER];
};

/* Of which ports the same is true. */
struct ww_portmap_place {
    UT_hash_handle hh;
    struct spot spot;
    int64_t left; /* when the last one went while another stayed, ww_clock_mono; 0: that never happened */
    struct ww_port *ports;
};

static struct spot spot_make(uint32_t bridge, enum ww_trait trait, const void *value, size_t len)
{
    struct spot spot;
    memset(&spot, 0, sizeof(spot));
    spot.bridge = bridge;
    spot.trait = trait;
    memcpy(spot.value, value, len);
    return spot;
}

/* Where the port is by this trait; false: nowhere. */
static bool spot_of(const struct ww_port *port, enum ww_trait trait, struct spot *ret_spot)
{
    if (trait == WW_BY_MAC && !ww_mac_is_zero(&port->mac))
        *ret_spot = spot_make(port->bridge, trait, &port->mac, sizeof(port->mac));
    else if (trait == WW_BY_NETNS && port->netns >= 0)
        *ret_spot = spot_make(port->bridge, trait, &port->netns, sizeof(port->netns));
    else if (trait == WW_BY_OWNER && port->proof)
        *ret_spot = spot_make(port->bridge, trait, port->owner, WW_OWNER);
    else
        return false;
    return true;
}

static struct ww_portmap_place *place_find(const struct ww_portmap *map, const struct spot *spot)
{
    struct ww_portmap_place *place = NULL;
    HASH_FIND(hh, map->places, spot, sizeof(*spot), place);
    return place;
}

static struct ww_portmap_place *place_make(struct ww_portmap *map, const struct spot *spot)
{
    struct ww_portmap_place *place = place_find(map, spot);
    if (place)
        return place;
    place = calloc(1, sizeof(*place));
    if (!place)
        return NULL;
    place->spot = *spot;
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

/* Which container a port is of, the callers find out from the rest. */
static void note_change(struct ww_portmap *map, uint32_t bridge, enum ww_trait trait)
{
    struct ww_bridge *b = trait == WW_BY_OWNER ? NULL : bridge_find(map, bridge);
    if (!b)
        return;
    b->changed = true;
    map->changed = true;
}

static void leave(struct ww_portmap *map, struct ww_port *port, enum ww_trait trait)
{
    struct spot spot;
    struct ww_portmap_place *place = spot_of(port, trait, &spot) ? place_find(map, &spot) : NULL;
    if (!place)
        return;
    note_change(map, port->bridge, trait);
    struct ww_port **link = &place->ports;
    while (*link && *link != port)
        link = &(*link)->next[trait];
    if (*link)
        *link = port->next[trait];
    port->next[trait] = NULL;
    place->left = ww_clock_mono();
    if (place->ports)
        return;
    HASH_DEL(map->places, place);
    free(place);
}

static int enter_port(struct ww_portmap *map, struct ww_port *port, enum ww_trait trait)
{
    struct spot spot;
    if (!spot_of(port, trait, &spot))
        return 0;
    struct ww_portmap_place *place = place_make(map, &spot);
    if (!place)
        return -ENOMEM;
    port->next[trait] = place->ports;
    place->ports = port;
    note_change(map, port->bridge, trait);
    return 0;
}

int ww_portmap_set_mac(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac)
{
    if (!memcmp(mac, &port->mac, sizeof(*mac)))
        return 0;
    leave(map, port, WW_BY_MAC);
    port->mac = *mac;
    int rc = enter_port(map, port, WW_BY_MAC);
    if (rc < 0)
        port->mac = (struct ww_mac){0};
    return rc;
}

void ww_portmap_set_own_mac(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac)
{
    if (!memcmp(mac, &port->own_mac, sizeof(*mac)))
        return;
    port->own_mac = *mac;
    note_change(map, port->bridge, WW_BY_MAC);
}

int ww_portmap_set_netns(struct ww_portmap *map, struct ww_port *port, int32_t netns)
{
    if (netns == port->netns)
        return 0;
    leave(map, port, WW_BY_NETNS);
    port->netns = netns;
    int rc = enter_port(map, port, WW_BY_NETNS);
    if (rc < 0)
        port->netns = -1;
    return rc;
}

int ww_portmap_set_owner(struct ww_portmap *map, struct ww_port *port, const char *id, enum ww_proof proof)
{
    if (proof && port->proof && !strncmp(id, port->owner, WW_OWNER)) {
        port->proof = proof;
        return 0;
    }
    leave(map, port, WW_BY_OWNER);
    memset(port->owner, 0, sizeof(port->owner));
    memcpy(port->owner, id, strnlen(id, WW_OWNER));
    port->proof = proof;
    int rc = enter_port(map, port, WW_BY_OWNER);
    if (rc < 0)
        port->proof = WW_PROOF_NONE;
    return rc;
}

void ww_portmap_clear(struct ww_portmap *map, struct ww_port *port)
{
    for (int trait = 0; trait < WW_TRAITS; trait++)
        leave(map, port, (enum ww_trait)trait);
    port->mac = (struct ww_mac){0};
    port->netns = -1;
    port->proof = WW_PROOF_NONE;
    port->managed = false;
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
    b->since = ww_clock_mono();
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

struct ww_port *ww_portmap_port(const struct ww_portmap *map, uint32_t index)
{
    struct ww_port *port = NULL;
    HASH_FIND(hh, map->ports, &index, sizeof(index), port);
    return port;
}

struct ww_port *ww_portmap_put_port(struct ww_portmap *map, uint32_t index)
{
    struct ww_port *port = ww_portmap_port(map, index);
    if (port)
        return port;
    port = calloc(1, sizeof(*port));
    if (!port)
        return NULL;
    port->index = index;
    port->netns = -1;
    HASH_ADD(hh, map->ports, index, sizeof(port->index), port);
    if (port->hh.tbl)
        return port;
    free(port);
    return NULL;
}

static void port_remove(struct ww_portmap *map, struct ww_port *port)
{
    ww_portmap_clear(map, port);
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
    struct ww_port *port = ww_portmap_port(map, index);
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
    ww_portmap_host_forget(map);
    *map = (struct ww_portmap){0};
}

static const struct ww_portmap_place *find_place(const struct ww_portmap *map, const char *bridge, enum ww_trait trait,
                                                 const void *value, size_t len)
{
    struct ww_bridge *b = NULL;
    HASH_FIND(named, map->by_name, bridge, strlen(bridge), b);
    if (!b)
        return NULL;
    struct spot spot = spot_make(b->index, trait, value, len);
    return place_find(map, &spot);
}

const struct ww_port *ww_portmap_with_mac(const struct ww_portmap *map, const char *bridge, const struct ww_mac *mac,
                                          int64_t *ret_left)
{
    const struct ww_portmap_place *place = find_place(map, bridge, WW_BY_MAC, mac, sizeof(*mac));
    *ret_left = place ? place->left : 0;
    return place ? place->ports : NULL;
}

const struct ww_port *ww_portmap_in_netns(const struct ww_portmap *map, const char *bridge, int32_t netns)
{
    const struct ww_portmap_place *place = find_place(map, bridge, WW_BY_NETNS, &netns, sizeof(netns));
    return place ? place->ports : NULL;
}

const struct ww_port *ww_portmap_of(const struct ww_portmap *map, const char *bridge, const char *id)
{
    const struct ww_portmap_place *place = find_place(map, bridge, WW_BY_OWNER, id, strnlen(id, WW_OWNER));
    return place ? place->ports : NULL;
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
