/* The addresses of the host's own interfaces, with the interface: one address may be at two. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/bridge/portmap.h"

struct at {
    struct ww_addr addr;
    uint32_t index;
};

struct ww_host_address {
    UT_hash_handle hh;
    struct at at;
};

/* Padding counts in a key. */
static struct at at_make(uint32_t index, const struct ww_addr *addr)
{
    struct at at;
    memset(&at, 0, sizeof(at));
    at.addr.family = addr->family;
    memcpy(at.addr.bytes, addr->bytes, sizeof(at.addr.bytes));
    at.index = index;
    return at;
}

static void drop(struct ww_portmap *map, struct ww_host_address *h)
{
    HASH_DEL(map->hosts, h);
    free(h);
    map->hosts_changed = true;
}

static int add(struct ww_portmap *map, const struct at *at)
{
    struct ww_host_address *h = calloc(1, sizeof(*h));
    if (!h)
        return -ENOMEM;
    h->at = *at;
    HASH_ADD(hh, map->hosts, at, sizeof(h->at), h);
    if (!h->hh.tbl) {
        free(h);
        return -ENOMEM;
    }
    map->hosts_changed = true;
    return 0;
}

int ww_portmap_host_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there)
{
    struct ww_host_address *h = NULL;
    const struct at at = at_make(index, addr);
    if (ww_addr_is_link_local(addr) || ww_addr_is_loopback(addr))
        return 0;
    HASH_FIND(hh, map->hosts, &at, sizeof(at), h);
    if (h && !there)
        drop(map, h);
    return there && !h ? add(map, &at) : 0;
}

void ww_portmap_host_forget(struct ww_portmap *map)
{
    struct ww_host_address *h;
    struct ww_host_address *next;
    HASH_ITER (hh, map->hosts, h, next)
        drop(map, h);
}

int ww_portmap_each_host(const struct ww_portmap *map, int (*fn)(const struct ww_addr *addr, void *arg), void *arg)
{
    int rc = 0;
    for (const struct ww_host_address *h = map->hosts; h && rc == 0; h = h->hh.next)
        rc = fn(&h->at.addr, arg);
    return rc;
}
