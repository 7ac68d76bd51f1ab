/* Endpoints bound to their bridge port: elements of the sets of table bridge. */
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/lower/lower_internal.h"

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

/* IPv6 has it in neighbour discovery as well: as what is asked for, or told. */
static void put_target(struct ww_lowering *l, enum ww_stem stem, const struct ww_addr *addr)
{
    struct ww_key key = {0};
    if (addr->family != AF_INET6)
        return;
    ww_key_addr(&key, addr);
    ww_lower_put(l, stem, 0, &key, NULL, NULL);
}

/* Only an endpoint that may use it at its port, and the bridge itself. */
static void put_held(struct ww_lowering *l, const struct ww_addr *addr)
{
    put_addr(l, WW_HELD, addr);
    put_target(l, WW_HELD_ND, addr);
}

static void put_target_at(struct ww_lowering *l, const struct ww_known *k, const struct ww_addr *addr)
{
    struct ww_key key = {0};
    if (addr->family != AF_INET6)
        return;
    ww_key_add(&key, &k->port, sizeof(k->port));
    ww_key_addr(&key, addr);
    ww_lower_put(l, WW_TARGET, 0, &key, NULL, NULL);
}

/*
 * An address of the endpoint's own: it is at this port, and (exclusive) nowhere else; or nowhere at all. Where no
 * endpoint is managed or guarded it may move as it likes.
 */
static void put_own(struct ww_lowering *l, const struct ww_known *k, const struct ww_addr *addr, bool exclusive)
{
    bool link_local = ww_addr_is_link_local(addr);
    if (!addr->family)
        return;
    if (exclusive)
        put_held(l, addr);
    if (k->port == WW_PORT_NOWHERE)
        return;
    put_at(l, WW_TO, k, NULL, addr);
    if (!k->managed || !link_local)
        put_from(l, k, addr);
    if (k->managed || !exclusive)
        put_target_at(l, k, addr);
    if (!k->managed && exclusive) {
        put_addr(l, WW_LENT, addr);
        put_target(l, WW_LENT_ND, addr);
    }
}

/* The first 12 digits of the container's id: what is read back at the next start (core/kernel/bound.c). */
static const char *owner_of(struct ww_lowering *l, const struct ww_known *k)
{
    size_t len = strcspn(k->container, " ");
    return ww_arena_fmt(&l->out->arena, "%.*s", len < 12 ? (int)len : 12, k->container);
}

static void put_port(struct ww_lowering *l, const struct ww_known *k, bool exclusive)
{
    struct ww_key port = {0};
    ww_key_add(&port, &k->port, sizeof(k->port));
    ww_lower_put(l, WW_PORT, 0, &port, owner_of(l, k), NULL);
    if (!k->managed)
        ww_lower_put(l, WW_FREE_PORT, 0, &port, NULL, NULL);
    if (!exclusive)
        ww_lower_put(l, WW_LOOSE_PORT, 0, &port, NULL, NULL);
}

static void put_mac(struct ww_lowering *l, enum ww_stem stem, const struct ww_mac *mac)
{
    struct ww_key key = {0};
    if (ww_mac_is_zero(mac))
        return;
    ww_key_add(&key, mac->bytes, sizeof(mac->bytes));
    ww_lower_put(l, stem, 0, &key, NULL, NULL);
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

/* Through its port's device itself the host sends a managed endpoint nothing: what the bridge sends is looked at. */
static void put_managed(struct ww_lowering *l, const struct ww_known *k)
{
    struct ww_key port = {0};
    ww_key_add(&port, &k->port, sizeof(k->port));
    ww_lower_put(l, WW_WIRE, 0, &port, NULL, NULL);
    put_at(l, WW_ND_MAC, k, &k->addrs.mac, NULL);
    put_sources(l, k);
}

/* It has no address to send from or to get anything at. */
static void put_leftover(struct ww_lowering *l, const struct ww_known *k, bool fenced)
{
    put_port(l, k, true);
    put_mac(l, WW_PORT_MAC, &k->port_mac);
    put_at(l, fenced ? WW_FENCED : WW_WALLED, k, NULL, NULL);
    put_at(l, WW_WIRE, k, NULL, NULL);
}

void ww_lower_bind(struct ww_lowering *l, const struct ww_known *k, bool exclusive, bool fenced)
{
    if (ww_known_is_leftover(k))
        put_leftover(l, k, fenced);
    if (!k->port || ww_mac_is_zero(&k->addrs.mac) || (!exclusive && k->port == WW_PORT_NOWHERE))
        return;
    struct ww_addr link_local = ww_mac_link_local(&k->addrs.mac);
    put_own(l, k, &k->addrs.ipv4, exclusive);
    put_own(l, k, &k->addrs.ipv6, exclusive);
    put_own(l, k, &link_local, exclusive);
    put_mac(l, WW_MAC_KNOWN, &k->addrs.mac);
    if (exclusive)
        put_mac(l, k->managed ? WW_TAKEN : WW_MAC_LENT, &k->addrs.mac);
    if (fenced)
        put_mac(l, WW_MAC_FENCED, &k->addrs.mac);
    if (k->port == WW_PORT_NOWHERE)
        return;
    put_port(l, k, exclusive);
    put_mac(l, WW_PORT_MAC, &k->port_mac);
    put_at(l, WW_SEAT, k, &k->addrs.mac, NULL);
    if (exclusive)
        put_at(l, fenced ? WW_FENCED : WW_WALLED, k, NULL, NULL);
    if (k->managed)
        put_managed(l, k);
}

void ww_lower_own(struct ww_lowering *l, const struct ww_fence *f)
{
    put_mac(l, WW_MAC_LENT, &f->own_mac);
    for (size_t i = 0; i < f->n_own; i++) {
        put_held(l, &f->own[i]);
        put_addr(l, WW_GATE, &f->own[i]);
    }
}

/*
 * Of whichever interface: what comes from behind a port in the host's name would begin, or answer in, a flow of its. So
 * would what comes from a broadcast or anycast address that the host takes as its own.
 */
void ww_lower_host(struct ww_lowering *l, const struct ww_fence *f)
{
    for (size_t i = 0; i < f->n_own; i++)
        put_addr(l, WW_OURS, &f->own[i]);
    for (size_t i = 0; i < f->n_always; i++)
        put_addr(l, WW_OURS, &f->always[i]);
}

/* Where nothing needs its bridge to be held: of its addresses these are not among the host's, for each link has its
 * own. */
void ww_lower_own_link(struct ww_lowering *l, const struct ww_fence *f)
{
    for (size_t i = 0; i < f->n_own; i++)
        if (ww_addr_is_link_local(&f->own[i]))
            put_addr(l, WW_OURS, &f->own[i]);
}
