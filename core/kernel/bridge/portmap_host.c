/*
 * The addresses of the host's own interfaces, with the interface: one address may be at two. And those that follow from
 * them: a subnet's broadcast address belongs to each of the host's addresses there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/bridge/portmap.h"

struct at {
    struct ww_addr addr;
    struct ww_addr of; /* the interface's own address that it follows from: it, or another */
    uint32_t index;
};

struct ww_host_address {
    UT_hash_handle hh;
    struct at at;
};

static void addr_set(struct ww_addr *to, const struct ww_addr *addr)
{
    to->family = addr->family;
    memcpy(to->bytes, addr->bytes, sizeof(to->bytes));
}

/* Padding counts in a key. */
static struct at at_make(uint32_t index, const struct ww_addr *addr, const struct ww_addr *of)
{
    struct at at;
    memset(&at, 0, sizeof(at));
    addr_set(&at.addr, addr);
    addr_set(&at.of, of);
    at.index = index;
    return at;
}

static void drop(struct ww_portmap *map, struct ww_host_address *h)
{
    HASH_DEL(map->hosts, h);
    free(h);
    map->hosts_changed = true;
}

static int add_host_address(struct ww_portmap *map, const struct at *at)
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

static int put_host_address(struct ww_portmap *map, const struct at *at, bool there)
{
    struct ww_host_address *h = NULL;
    HASH_FIND(hh, map->hosts, at, sizeof(*at), h);
    if (h && !there)
        drop(map, h);
    return there && !h ? add_host_address(map, at) : 0;
}

int ww_portmap_host_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there)
{
    const struct at at = at_make(index, addr, addr);
    return ww_addr_is_link_local(addr) || ww_addr_is_loopback(addr) ? 0 : put_host_address(map, &at, there);
}

int ww_portmap_host_shared(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, const struct ww_addr *of,
                           bool there)
{
    const struct at at = at_make(index, addr, of);
    return ww_addr_cmp(addr, of) == 0 || ww_addr_is_loopback(of) ? 0 : put_host_address(map, &at, there);
}

void ww_portmap_host_forget(struct ww_portmap *map)
{
    struct ww_host_address *h;
    struct ww_host_address *next;
    HASH_ITER (hh, map->hosts, h, next)
        drop(map, h);
}

static int each(const struct ww_portmap *map, bool shared, int (*fn)(const struct ww_addr *addr, void *arg), void *arg)
{
    int rc = 0;
    for (const struct ww_host_address *h = map->hosts; h && rc == 0; h = h->hh.next)
        if ((ww_addr_cmp(&h->at.addr, &h->at.of) != 0) == shared)
            rc = fn(&h->at.addr, arg);
    return rc;
}

int ww_portmap_each_host(const struct ww_portmap *map, int (*fn)(const struct ww_addr *addr, void *arg), void *arg)
{
    return each(map, false, fn, arg);
}

int ww_portmap_each_shared(const struct ww_portmap *map, int (*fn)(const struct ww_addr *addr, void *arg), void *arg)
{
    return each(map, true, fn, arg);
}
