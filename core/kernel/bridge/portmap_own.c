/* What the bridges are themselves: their MACs and addresses, which belong to no container behind a port of theirs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/bridge/portmap.h"

static struct ww_bridge *find_bridge(const struct ww_portmap *map, uint32_t index)
{
    struct ww_bridge *b = NULL;
    HASH_FIND(hh, map->bridges, &index, sizeof(index), b);
    return b;
}

static void note_change(struct ww_portmap *map, struct ww_bridge *b)
{
    b->changed = true;
    map->changed = true;
}

void ww_portmap_own_mac(struct ww_portmap *map, uint32_t index, const struct ww_mac *mac)
{
    struct ww_bridge *b = find_bridge(map, index);
    if (!b || !memcmp(&b->mac, mac, sizeof(*mac)))
        return;
    b->mac = *mac;
    note_change(map, b);
}

static size_t place_of(const struct ww_bridge *b, const struct ww_addr *addr)
{
    size_t i = 0;
    while (i < b->n_own && ww_addr_cmp(&b->own[i], addr) != 0)
        i++;
    return i;
}

int ww_portmap_own_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there)
{
    struct ww_bridge *b = find_bridge(map, index);
    if (!b)
        return 0;
    size_t at = place_of(b, addr);
    if (there == (at < b->n_own))
        return 0;
    note_change(map, b);
    if (!there) {
        b->own[at] = b->own[--b->n_own];
        return 0;
    }
    struct ww_addr *grown = reallocarray(b->own, b->n_own + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    b->own = grown;
    b->own[b->n_own++] = *addr;
    return 0;
}

void ww_portmap_own_forget(struct ww_portmap *map)
{
    for (struct ww_bridge *b = map->bridges; b; b = b->hh.next) {
        if (b->n_own)
            note_change(map, b);
        b->n_own = 0;
    }
}
