/* A ruleset's addresses, published ports, and the rules that exact elements can say. */
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/lower/lower_internal.h"
#include "core/kernel/lower/pairing.h"
#include "core/model/protocol.h"

/* What one element says, before it is put in the order of a set's key. */
struct atom {
    const struct ww_mac *mac;
    const struct ww_addr *src;
    const struct ww_addr *dst;
    uint8_t proto;
    uint16_t port;
    unsigned width; /* of the CIDR that a peer is */
};

static void put_atom(struct ww_lowering *l, enum ww_stem stem, int family, const struct atom *a, const char *value,
                     const char *origin)
{
    struct ww_key key = {0};
    uint8_t port[2] = {(uint8_t)(a->port >> 8), (uint8_t)a->port};
    uint8_t width[2] = {0, (uint8_t)a->width};
    const struct ww_schema *schema = ww_set_schema(2 * stem);
    for (unsigned i = 0; i < ww_set_fields(2 * stem); i++) {
        if (schema->key[i] == WW_F_SADDR)
            ww_key_addr(&key, a->src);
        else if (schema->key[i] == WW_F_DADDR)
            ww_key_addr(&key, a->dst);
        else if (schema->key[i] == WW_F_PROTO)
            ww_key_add(&key, &a->proto, 1);
        else if (schema->key[i] == WW_F_DPORT)
            ww_key_add(&key, port, 2);
        else if (schema->key[i] == WW_F_WIDTH)
            ww_key_add(&key, width, 2);
        else
            ww_key_add(&key, a->mac->bytes, sizeof(a->mac->bytes));
    }
    ww_lower_put(l, stem, family, &key, value, origin);
}

static void put_address(struct ww_lowering *l, const struct ww_addr *addr, const struct ww_mac *mac)
{
    if (!addr->family)
        return;
    struct atom a = {.mac = mac, .src = addr, .dst = addr};
    put_atom(l, WW_MANAGED, addr->family, &a, l->comment, NULL);
    if (l->rs->audited)
        put_atom(l, WW_AUDITED, addr->family, &a, NULL, NULL);
    if (ww_mac_is_zero(mac) || l->rs->audited)
        return;
    put_atom(l, WW_BOUND, addr->family, &a, NULL, NULL);
}

static void put_sender(struct ww_lowering *l, const struct ww_mac *mac, const struct ww_addr *addr)
{
    struct atom a = {.mac = mac, .src = addr};
    if (addr->family && !ww_mac_is_zero(mac))
        put_atom(l, WW_ENDPOINT, addr->family, &a, NULL, NULL);
}

/*
 * A container on several networks answers through the one that its routes say, with the address that it was asked at:
 * each of its interfaces may send from all of its addresses.
 */
static void put_senders(struct ww_lowering *l, const struct ww_mac *mac)
{
    for (size_t i = 0; i < l->rs->n_endpoints; i++) {
        put_sender(l, mac, &l->rs->endpoints[i].ipv4);
        put_sender(l, mac, &l->rs->endpoints[i].ipv6);
    }
}

/*
 * A link-local address is for neighbour discovery only. It is not judged as other addresses are, for it means
 * something on its own bridge only: an endpoint with the same MAC may have it on another. An audited container's
 * packets are not dropped for what address they come from, like those of a container that is not managed.
 */
static void put_endpoint(struct ww_lowering *l, const struct ww_endpoint_addrs *e)
{
    put_address(l, &e->ipv4, &e->mac);
    put_address(l, &e->ipv6, &e->mac);
    if (ww_mac_is_zero(&e->mac))
        return;
    struct ww_addr link_local = ww_mac_link_local(&e->mac);
    struct atom a = {.mac = &e->mac, .dst = &link_local};
    put_senders(l, &e->mac);
    if (l->rs->audited)
        return;
    put_atom(l, WW_MACS, 0, &a, NULL, NULL);
    put_atom(l, WW_LOCAL, AF_INET6, &a, NULL, NULL);
}

/* A peer: one address, or a CIDR. */
struct peer {
    struct ww_addr addr;
    unsigned width;
    bool network;
};

/* The set for one host address, or that for all of them. */
static void put_published(struct ww_lowering *l, enum ww_stem all, enum ww_stem one, const struct ww_publish *p,
                          const struct peer *src, const char *origin)
{
    if (!p->hport)
        return; /* not known yet */
    struct atom a = {.src = src ? &src->addr : NULL,
                     .dst = &p->host,
                     .proto = p->proto,
                     .port = p->hport,
                     .width = src ? src->width : 0};
    put_atom(l, ww_addr_is_any(&p->host) ? all : one, p->host.family, &a, NULL, origin);
}

void ww_lower_base(struct ww_lowering *l)
{
    for (size_t i = 0; i < l->rs->n_endpoints; i++)
        put_endpoint(l, &l->rs->endpoints[i]);
    for (size_t i = 0; i < l->rs->n_published; i++)
        put_published(l, WW_PUB_P, WW_PUB_HP, &l->rs->published[i], NULL, NULL);
    for (size_t i = 0; l->rs->audited && i < l->rs->n_published; i++)
        put_published(l, WW_AUDITED_P, WW_AUDITED_HP, &l->rs->published[i], NULL, NULL);
}

/* ICMP has the type and code of its question for a port: an element with them is about nothing else. */
static enum ww_stem stem_of(const struct ww_rule *r)
{
    bool service = r->n_dports || r->proto;
    bool list = r->peer == WW_PEER_ADDRS;
    bool host = r->peer == WW_PEER_HOST;
    switch (r->side) {
    case WW_LOCALHOST:
        return WW_HOST_DP;
    case WW_EXTERNAL:
        return list ? WW_EXT_DSP : WW_EXT_DP;
    case WW_INPUT:
        if (service)
            return list ? WW_IN_DSP : host ? WW_HOST_DP : WW_IN_DP;
        return list ? WW_IN_DS : WW_HOST_D;
    case WW_OUTPUT:
        break;
    }
    if (service)
        return list ? WW_OUT_SDP : host ? WW_OUT_H : WW_OUT_SP;
    return list ? WW_OUT_SD : WW_OUT_HA;
}

/* The next peer of this family in the list: each single address, each prefix of the others. False: there is none. */
struct walk {
    const struct ww_rule *rule;
    int family;
    size_t i;
    struct ww_addr_range rest; /* of the one before i */
};

static bool next_peer(struct walk *walk, struct peer *ret_peer)
{
    while (!walk->rest.lo.family) {
        if (walk->i == walk->rule->n_peers)
            return false;
        const struct ww_addr_range *range = &walk->rule->peers[walk->i++];
        if (range->lo.family == walk->family)
            walk->rest = *range;
    }
    ww_addr_range_take(&walk->rest, &ret_peer->addr, &ret_peer->width);
    ret_peer->network = ret_peer->width < 8 * ww_addr_size(&ret_peer->addr);
    return true;
}

/* A CIDR is in two sets: the one that is asked first says that there is any for the container. */
static void put_cidr(struct ww_lowering *l, const struct ww_rule *r, int family, const struct atom *a)
{
    bool service = r->side == WW_EXTERNAL || r->n_dports || r->proto;
    bool out = r->side == WW_OUTPUT;
    enum ww_stem stem = r->side == WW_EXTERNAL ? WW_EXT_DNP : service ? WW_IN_DNP : WW_IN_DN;
    if (out)
        stem = service ? WW_OUT_SNP : WW_OUT_SN;
    put_atom(l, stem, family, a, NULL, r->origin);
    put_atom(l, out ? WW_OUT_N : WW_IN_N, family, a, NULL, r->origin);
}

/* With one of the container's addresses and one service: an element for each peer of the same family. */
static void put_peers(struct ww_lowering *l, const struct ww_rule *r, const struct ww_addr *own, uint8_t proto,
                      uint16_t port)
{
    struct peer peer;
    struct walk walk = {.rule = r, .family = own->family};
    struct atom a = {.proto = proto, .port = port};
    *(r->side == WW_OUTPUT ? &a.src : &a.dst) = own;
    *(r->side == WW_OUTPUT ? &a.dst : &a.src) = &peer.addr;
    if (r->peer != WW_PEER_ADDRS)
        put_atom(l, stem_of(r), own->family, &a, NULL, r->origin);
    while (next_peer(&walk, &peer)) {
        a.width = peer.width;
        if (peer.network)
            put_cidr(l, r, own->family, &a);
        else
            put_atom(l, stem_of(r), own->family, &a, NULL, r->origin);
    }
}

static void put_services(struct ww_lowering *l, const struct ww_rule *r, const struct ww_addr *own)
{
    if (r->side == WW_LOCALHOST || r->side == WW_EXTERNAL) {
        for (size_t i = 0; i < l->rs->n_published; i++)
            if (ww_rule_opens(r, &l->rs->published[i]))
                put_peers(l, r, own, l->rs->published[i].proto, l->rs->published[i].cport);
        return;
    }
    uint8_t proto = ww_protocol_in(r->proto, own->family);
    if (!r->n_dports)
        put_peers(l, r, own, proto, ww_protocol_question(proto));
    for (size_t i = 0; i < r->n_dports; i++)
        put_peers(l, r, own, r->proto, r->dports[i].lo);
}

typedef void (*own_fn)(struct ww_lowering *l, const struct ww_rule *r, const struct ww_addr *own);

static void each_own(struct ww_lowering *l, const struct ww_rule *r, own_fn fn)
{
    const struct ww_addr *addr;
    for (size_t i = 0; (addr = ww_ruleset_addr(l->rs, i)); i++)
        if (addr->family && ww_rule_owns(r, addr))
            fn(l, r, addr);
}

/* The proxy's way from the host to the container, for every port that some client may reach through it. */
static void put_proxy(struct ww_lowering *l, const struct ww_rule *r, const struct ww_addr *own)
{
    for (size_t i = 0; i < l->rs->n_published; i++) {
        const struct ww_publish *p = &l->rs->published[i];
        struct atom a = {.dst = own, .proto = p->proto, .port = p->cport};
        if (ww_rule_opens(r, p) && !ww_addr_is_loopback(&p->host) && ww_rule_has_peer_family(r, p->host.family))
            put_atom(l, WW_HOSTX_DP, own->family, &a, NULL, r->origin);
    }
}

static void put_client_peers(struct ww_lowering *l, const struct ww_rule *r, const struct ww_publish *p)
{
    struct peer peer;
    struct walk walk = {.rule = r, .family = p->host.family};
    while (next_peer(&walk, &peer)) {
        put_published(l, peer.network ? WW_PUBX_NP : WW_PUBX_SP, peer.network ? WW_PUBX_HNP : WW_PUBX_SHP, p, &peer,
                      r->origin);
        if (peer.network)
            put_published(l, WW_PUBX_N, WW_PUBX_N, p, NULL, r->origin);
    }
}

/* The client's way to the proxy: the host's port, and the client's own address, whatever the container's family is. */
static void put_clients(struct ww_lowering *l, const struct ww_rule *r)
{
    for (size_t i = 0; i < l->rs->n_published; i++) {
        const struct ww_publish *p = &l->rs->published[i];
        if (!ww_rule_opens(r, p) || ww_addr_is_loopback(&p->host))
            continue;
        if (r->peer != WW_PEER_ADDRS)
            put_published(l, WW_PUBX_P, WW_PUBX_HP, p, NULL, r->origin);
        put_client_peers(l, r, p);
    }
}

/* The host's own way to the proxy. What it may reach there is judged again between the proxy and the container. */
static void put_local(struct ww_lowering *l, const struct ww_rule *r)
{
    if (r->side != WW_LOCALHOST && (r->side != WW_INPUT || r->peer == WW_PEER_ADDRS || r->n_sports))
        return;
    for (size_t i = 0; i < l->rs->n_published; i++)
        if (ww_rule_opens(r, &l->rs->published[i]))
            put_published(l, WW_PUBL_P, WW_PUBL_HP, &l->rs->published[i], NULL, r->origin);
}

static enum ww_dir main_dir(const struct ww_rule *r)
{
    if (r->side == WW_OUTPUT)
        return WW_DIR_OUT;
    return ww_rule_applies(r, WW_DIR_IN) ? WW_DIR_IN : WW_DIR_HOST;
}

void ww_lower_rule_elements(struct ww_lowering *l, size_t i)
{
    const struct ww_rule *r = &l->rs->rules[i];
    if (!ww_rule_owns_any(l->rs, r))
        return;
    if (!ww_lower_in_chain(l, i, main_dir(r)))
        each_own(l, r, put_services);
    if (ww_rule_for_proxy(r) && !ww_lower_in_chain(l, i, WW_DIR_PUB))
        put_clients(l, r);
    if (ww_rule_for_proxy(r) && !ww_lower_proxy_in_chain(l->rs, i))
        each_own(l, r, put_proxy);
    put_local(l, r);
}
