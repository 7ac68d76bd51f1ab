#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/lowering.h"

/* A key that begins with the port, and may go on with a MAC and with an address. */
static void put_at(struct ww_lowering *l, enum ww_stem stem, const struct ww_known *k, const struct ww_mac *mac,
                   const struct ww_addr *addr)
{
    struct ww_key key = {0};
    if (addr && !addr->family)
        return;
    ww_key_add(&key, &k->port, sizeof(k->port));
    if (mac)
        ww_key_add(&key, mac->bytes, sizeof(mac->bytes));
    if (addr)
        ww_key_addr(&key, addr);
    ww_lower_put(l, stem, addr ? addr->family : 0, &key, NULL, NULL);
}

static void put_addr(struct ww_lowering *l, enum ww_stem stem, const struct ww_addr *addr)
{
    struct ww_key key = {0};
    ww_key_addr(&key, addr);
    ww_lower_put(l, stem, addr->family, &key, NULL, NULL);
}

/* A frame of its own: its MAC, and behind it the type that goes with the address. A tag would stand there. */
static void put_from(struct ww_lowering *l, const struct ww_known *k, const struct ww_addr *addr)
{
    uint16_t type = addr->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP;
    uint8_t sender[sizeof(k->addrs.mac.bytes) + sizeof(type)];
    struct ww_key key = {0};
    if (!addr->family)
        return;
    memcpy(sender, k->addrs.mac.bytes, sizeof(k->addrs.mac.bytes));
    sender[sizeof(sender) - 2] = (uint8_t)(type >> 8);
    sender[sizeof(sender) - 1] = (uint8_t)type;
    ww_key_add(&key, &k->port, sizeof(k->port));
    ww_key_add(&key, sender, sizeof(sender));
    ww_key_addr(&key, addr);
    ww_lower_put(l, WW_FROM, addr->family, &key, NULL, NULL);
}

/* An address of the endpoint's own: it is at this port, and nowhere else; or nowhere at all. */
static void put_own(struct ww_lowering *l, const struct ww_known *k, const struct ww_addr *addr, bool sends)
{
    if (!addr->family)
        return;
    put_addr(l, WW_HELD, addr);
    if (k->port == WW_PORT_NOWHERE)
        return;
    put_at(l, WW_TO, k, NULL, addr);
    if (sends)
        put_from(l, k, addr);
    if (!k->managed)
        put_addr(l, WW_LENT, addr);
}

static void put_port(struct ww_lowering *l, const struct ww_known *k)
{
    struct ww_key port = {0};
    ww_key_add(&port, &k->port, sizeof(k->port));
    ww_lower_put(l, WW_PORT, 0, &port, ww_arena_fmt(&l->out->arena, "%.12s", k->container), NULL);
    if (!k->managed)
        ww_lower_put(l, WW_FREE_PORT, 0, &port, NULL, NULL);
}

static void put_taken(struct ww_lowering *l, const struct ww_known *k)
{
    struct ww_key mac = {0};
    ww_key_add(&mac, k->addrs.mac.bytes, sizeof(k->addrs.mac.bytes));
    ww_lower_put(l, WW_TAKEN, 0, &mac, NULL, NULL);
}

/*
 * A link-local source is for neighbour discovery only: a managed endpoint sends nothing else from it. In ARP it may
 * name any address of its container, as in packets.
 */
static void put_sources(struct ww_lowering *l, const struct ww_known *k)
{
    for (size_t i = 0; i < k->n_sources; i++) {
        put_from(l, k, &k->sources[i]);
        if (k->sources[i].family == AF_INET && ww_addr_cmp(&k->sources[i], &k->addrs.ipv4) != 0)
            put_at(l, WW_SAYS, k, &k->addrs.mac, &k->sources[i]);
    }
}

void ww_lower_bind(struct ww_lowering *l, const struct ww_fence *f, const struct ww_known *k)
{
    if (!k->port || ww_mac_is_zero(&k->addrs.mac) || !(k->managed || f->guarded))
        return;
    struct ww_addr link_local = ww_mac_link_local(&k->addrs.mac);
    put_own(l, k, &k->addrs.ipv4, true);
    put_own(l, k, &k->addrs.ipv6, true);
    put_own(l, k, &link_local, !k->managed);
    if (k->managed)
        put_taken(l, k);
    if (k->port == WW_PORT_NOWHERE)
        return;
    put_port(l, k);
    put_at(l, WW_SEAT, k, &k->addrs.mac, NULL);
    if (f->guarded)
        put_at(l, WW_FENCED, k, NULL, NULL);
    if (k->managed)
        put_sources(l, k);
}
