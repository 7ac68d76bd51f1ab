/* Which container a dropped packet is of, what its other end is, and why it was dropped, in words that say what to do.
 */
#include "core/agent/drop_view.h"

#include <string.h>

#include "core/model/addr.h"

struct by_mac {
    const struct ww_mac *mac;
    const struct ww_ruleset *found;
};

static int has_mac(struct ww_ruleset *rs, void *arg)
{
    struct by_mac *by = arg;
    for (size_t i = 0; i < rs->n_endpoints; i++)
        if (!memcmp(&rs->endpoints[i].mac, by->mac, sizeof(*by->mac)))
            by->found = rs;
    return by->found != NULL;
}

const struct ww_ruleset *ww_drop_ruleset_by_mac(const struct ww_plan *plan, const struct ww_mac *mac)
{
    struct by_mac by = {.mac = mac};
    if (!ww_mac_is_zero(mac))
        ww_plan_each(plan, has_mac, &by);
    return by.found;
}

struct by_addr {
    const struct ww_addr *addr;
    const char *found; /* container id */
};

static int has_addr(const struct ww_network *n, void *arg)
{
    struct by_addr *by = arg;
    for (size_t i = 0; i < n->n_endpoints; i++) {
        const struct ww_endpoint_addrs *e = &n->endpoints[i].addrs;
        struct ww_addr link_local = ww_mac_link_local(&e->mac);
        if (!ww_addr_cmp(&e->ipv4, by->addr) || !ww_addr_cmp(&e->ipv6, by->addr) ||
            (!ww_mac_is_zero(&e->mac) && !ww_addr_cmp(&link_local, by->addr)))
            by->found = n->endpoints[i].container_id;
    }
    return by->found != NULL;
}

/* The plan knows the managed containers at once, the world the rest. */
static const char *peer_name(const struct ww_plan *plan, const struct ww_world *world, const struct ww_addr *addr)
{
    const struct ww_ruleset *rs = ww_plan_by_addr(plan, addr);
    if (rs)
        return rs->name;
    struct by_addr by = {.addr = addr};
    if (addr->family)
        ww_world_each_network(world, has_addr, &by);
    const struct ww_container *c = by.found ? ww_world_container(world, by.found) : NULL;
    return c ? c->name : NULL;
}

/* The sender's if it is managed; but an audited one drops nothing. */
static void find_first_judge(const struct ww_plan *plan, const struct ww_drop *drop, struct ww_drop_view *v)
{
    const struct ww_ruleset *sender = ww_plan_by_addr(plan, &drop->src);
    const struct ww_ruleset *receiver = ww_plan_by_addr(plan, &drop->dst);
    bool receivers = !sender || (drop->reason == WW_REASON_INVALID && !drop->audited && sender->audited && receiver);
    v->rs = receivers ? receiver : sender;
    v->out = !receivers;
}

static void find_container(const struct ww_plan *plan, const struct ww_ruleset *behind, const struct ww_drop *drop,
                           struct ww_drop_view *v)
{
    switch (drop->reason) {
    case WW_REASON_SPOOF:
        v->rs = behind ? behind : ww_drop_ruleset_by_mac(plan, &drop->mac);
        v->out = true;
        break;
    case WW_REASON_LINK: /* its addresses are whatever the sender likes */
        v->rs = behind;
        v->out = true;
        break;
    case WW_REASON_BRIDGE: /* its destination is no container's address */
        v->rs = behind;
        break;
    case WW_REASON_PORT:
        v->rs = ww_plan_by_publish(plan, drop->proto, &drop->dst, drop->dport, NULL);
        break;
    case WW_REASON_STALE:
        v->rs = ww_plan_by_publish(plan, drop->proto, &drop->src, drop->sport, NULL);
        v->out = true;
        break;
    case WW_REASON_IN:
    case WW_REASON_HOST:
        v->rs = ww_plan_by_addr(plan, &drop->dst);
        break;
    default:
        find_first_judge(plan, drop, v);
        break;
    }
}

static const char *why_port(const struct ww_drop *drop)
{
    if (drop->in == WW_LOOPBACK_INDEX)
        return "the host may not use this published port: mapped_ports.localhost of the container does not allow it";
    return "this client may not use the published port: neither mapped_ports.external nor an input rule of the "
           "container allows it";
}

static const char *why_spoof(const struct ww_drop *drop, const struct ww_ruleset *rs)
{
    if (drop->has_icmp && rs && ww_ruleset_has_addr(rs, &drop->src))
        return "an ICMP error about a flow that is not the container's own";
    return "the container sent it from an address that is not its own";
}

static bool is_group(const struct ww_addr *a)
{
    return a->family == AF_INET6 ? a->bytes[0] == 0xff : a->bytes[0] >= 224;
}

static const char *why_bridge(const struct ww_drop *drop)
{
    if (is_group(&drop->dst))
        return "broadcast and multicast do not come to a managed container, and no rule can allow them";
    return "it is not for an address of this container, or of a protocol that does not come to a managed one: no rule "
           "can allow it";
}

static const char *why(const struct ww_drop *drop, const struct ww_ruleset *rs)
{
    static const char stale[] =
        "it comes from the published port but answers nothing: its flow was removed, has ended, "
        "or was idle for longer than the kernel tracks it";
    static const char invalid[] =
        "it belongs to no tracked flow and cannot begin one: its flow was removed, has ended, "
        "or was idle for longer than the kernel tracks it; connect again, and let the application send keep-alives "
        "where connections are idle for long";
    static const char link[] = "the frame went past the bridge, said to be another's (in its MAC, or as a neighbour), "
                               "or has IPv6 options for each hop";
    static const char *const texts[WW_REASONS] = {
        [WW_REASON_OUT] = "no output rule of this container allows it",
        [WW_REASON_IN] = "neither an input rule nor mapped_ports.external of this container allows it",
        [WW_REASON_HOST] =
            "the host may not: neither mapped_ports.localhost nor an input rule of this container allows it",
        [WW_REASON_STALE] = stale,
        [WW_REASON_FORGED] = "another sender used this container's address",
        [WW_REASON_INVALID] = invalid,
        [WW_REASON_GUARD] = "the other end is not known on its guarded network (yet)",
        [WW_REASON_LINK] = link,
        [WW_REASON_CHAIN] = "the rule's chain returned it, and no later rule allows it",
    };
    bool by_rules = drop->reason <= WW_REASON_PORT;
    if (rs && rs->quarantined && by_rules)
        return "the container is quarantined: nothing is allowed until its rules are mended";
    if (drop->reason == WW_REASON_PORT)
        return why_port(drop);
    if (drop->reason == WW_REASON_BRIDGE)
        return why_bridge(drop);
    return drop->reason == WW_REASON_SPOOF ? why_spoof(drop, rs) : texts[drop->reason];
}

void ww_drop_view(const struct ww_plan *plan, const struct ww_world *world, const struct ww_ruleset *behind,
                  const struct ww_drop *drop, struct ww_drop_view *ret_view)
{
    struct ww_drop_view v = {0};
    find_container(plan, behind, drop, &v);
    v.own = v.out ? &drop->src : &drop->dst;
    v.peer = v.out ? &drop->dst : &drop->src;
    v.peer_name = peer_name(plan, world, v.peer);
    if (!v.peer_name && !drop->bridge_port && (v.out ? !drop->out : !drop->in || drop->in == WW_LOOPBACK_INDEX))
        v.peer_name = "host"; /* it was never to leave, or never came in */
    if (drop->has_ports)
        v.port = drop->reason == WW_REASON_STALE ? drop->sport : drop->dport;
    v.why = why(drop, v.rs);
    *ret_view = v;
}
