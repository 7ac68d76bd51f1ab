#include "core/agent/seen_view.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/host_fence.h"
#include "core/model/protocol.h"

/* The container that has an address, and the network on which it has it: one that `own` is on, too, for another one may
 * have the same subnet. */
struct holder {
    const struct ww_addr *addr;
    const char *own;
    const char *id;
    const struct ww_network *network;
};

static int look_for_holder(const struct ww_network *n, void *arg)
{
    struct holder *h = arg;
    for (size_t i = 0; i < n->n_endpoints && !h->id; i++) {
        const struct ww_endpoint_addrs *e = &n->endpoints[i].addrs;
        if ((ww_addr_cmp(&e->ipv4, h->addr) && ww_addr_cmp(&e->ipv6, h->addr)) || !ww_network_endpoint(n, h->own))
            continue;
        h->id = n->endpoints[i].container_id;
        h->network = n;
    }
    return h->id != NULL;
}

/* Labels can be any text: how long the first one is says where the second begins. */
void ww_seen_subject(const struct ww_container *c, struct ww_buf *out)
{
    if (c->service && c->project)
        ww_buf_fmt(out, "compose %zu %s %s", strlen(c->project), c->project, c->service);
    else if (c->swarm_service)
        ww_buf_fmt(out, "swarm %s", c->swarm_service);
    else
        ww_buf_fmt(out, "name %s", c->name);
}

/* As a rule of `of` calls it: within a project by the service. */
static const char *name_for(const struct ww_container *of, const struct ww_container *c)
{
    bool same = of->project && c->project && strcmp(of->project, c->project) == 0;
    if (same && c->service)
        return c->service;
    return c->swarm_service ? c->swarm_service : c->name;
}

static const char *network_name_for(const struct ww_container *of, const struct ww_network *n)
{
    bool same = of->project && n->project && strcmp(of->project, n->project) == 0;
    return same && n->compose_network ? n->compose_network : n->name;
}

/* The other end by its name, if it is a container on a network of this one's. */
static bool name_peer(const struct ww_agent *a, const struct ww_ruleset *own, const struct ww_addr *addr,
                      struct ww_seen_view *v)
{
    struct holder h = {.addr = addr, .own = own->id};
    if (addr->family)
        ww_world_each_network(a->world, look_for_holder, &h);
    v->peer = h.id ? ww_world_container(a->world, h.id) : NULL;
    if (!v->peer)
        return false;
    v->seen.peer = WW_SEEN_CONTAINER;
    v->seen.network = network_name_for(v->container, h.network);
    v->seen.name = name_for(v->container, v->peer);
    return v->seen.network && v->seen.name;
}

/* Behind destination NAT the original one is what the sender's rules are about, but that the host's port leads to a
 * container which they can name. Others than the engine translate, too: then it is not the host that was dialled. */
static void view_output(const struct ww_agent *a, const struct ww_ruleset *own, const struct ww_drop *drop,
                        struct ww_seen_view *v)
{
    bool translated = drop->orig_dst.family && ww_addr_cmp(&drop->orig_dst, &drop->dst) != 0;
    v->seen.side = WW_SEEN_OUTPUT;
    v->seen.addr = drop->dst;
    if (name_peer(a, own, &drop->dst, v))
        return;
    bool host = translated ? ww_host_fence_has(a, &drop->orig_dst) : !drop->bridge_port && !drop->out;
    v->seen.peer = host ? WW_SEEN_HOST : WW_SEEN_ADDRESS;
    if (translated)
        v->seen.addr = drop->orig_dst;
    if (translated && drop->orig_dport)
        v->seen.port = drop->orig_dport;
}

static bool is_published(const struct ww_ruleset *own, uint8_t proto, uint16_t cport)
{
    for (size_t i = 0; i < own->n_published; i++)
        if (own->published[i].proto == proto && own->published[i].cport == cport)
            return true;
    return false;
}

/* Two can be published at one port of different addresses. */
static uint16_t container_port(const struct ww_agent *a, const struct ww_drop *drop)
{
    const struct ww_publish *publish = NULL;
    (void)ww_plan_by_publish(a->applied, drop->proto, &drop->dst, drop->dport, &publish);
    return publish ? publish->cport : 0;
}

static void view_inbound(const struct ww_agent *a, const struct ww_ruleset *own, const struct ww_drop *drop,
                         struct ww_seen_view *v)
{
    bool local = drop->reason == WW_REASON_HOST || (drop->reason == WW_REASON_PORT && drop->in == WW_LOOPBACK_INDEX);
    v->seen.addr = drop->src;
    if (drop->reason == WW_REASON_PORT)
        v->seen.port = container_port(a, drop);
    bool published = is_published(own, drop->proto, v->seen.port);
    if (local) {
        v->seen.side = published ? WW_SEEN_LOCALHOST : WW_SEEN_INPUT;
        v->seen.peer = WW_SEEN_HOST;
        return;
    }
    v->seen.side = WW_SEEN_INPUT;
    if (name_peer(a, own, &drop->src, v))
        return;
    v->seen.side = published ? WW_SEEN_EXTERNAL : WW_SEEN_INPUT;
    v->seen.peer = WW_SEEN_ADDRESS;
}

/* Errors, and what else is no question, no rule is about. */
static bool is_question(const struct ww_drop *drop)
{
    return !drop->has_icmp || drop->icmp_type == (drop->src.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
}

static const struct ww_ruleset *own_of(const struct ww_agent *a, const struct ww_drop *drop)
{
    if (drop->reason == WW_REASON_PORT)
        return ww_plan_by_publish(a->applied, drop->proto, &drop->dst, drop->dport, NULL);
    return ww_plan_by_addr(a->applied, drop->reason == WW_REASON_OUT ? &drop->src : &drop->dst);
}

const struct ww_container *ww_seen_container(const struct ww_agent *a, const struct ww_drop *drop)
{
    const struct ww_ruleset *own = drop->reason > WW_REASON_PORT ? NULL : own_of(a, drop);
    const struct ww_container *c = own ? ww_world_container(a->world, own->id) : NULL;
    return c && c->name && is_question(drop) ? c : NULL;
}

bool ww_seen_view(const struct ww_agent *a, const struct ww_drop *drop, struct ww_seen_view *ret_view)
{
    struct ww_seen_view v = {.seen = {.proto = drop->proto, .port = drop->has_ports ? drop->dport : 0}};
    v.container = ww_seen_container(a, drop);
    if (!v.container)
        return false;
    const struct ww_ruleset *own = own_of(a, drop);
    if (drop->proto == IPPROTO_ICMPV6)
        v.seen.proto = IPPROTO_ICMP;
    v.seen.audited = drop->audited;
    if (drop->reason == WW_REASON_OUT)
        view_output(a, own, drop, &v);
    else
        view_inbound(a, own, drop, &v);
    *ret_view = v;
    return true;
}
