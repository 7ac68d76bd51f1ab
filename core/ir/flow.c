#include "core/ir/flow.h"

#include "core/model/protocol.h"

static bool ports_contain(const struct ww_ports *ports, size_t n, uint16_t port)
{
    for (size_t i = 0; i < n; i++) {
        if (ports[i].lo <= port && port <= ports[i].hi)
            return true;
    }
    return n == 0;
}

/* Is it an address of an endpoint, not one that only follows from its MAC? That one is for neighbour discovery only. */
static bool is_endpoint_addr(const struct ww_ruleset *rs, const struct ww_addr *addr)
{
    for (size_t i = 0; i < rs->n_endpoints; i++) {
        const struct ww_endpoint_addrs *e = &rs->endpoints[i];
        if (ww_addr_cmp(&e->ipv4, addr) == 0 || ww_addr_cmp(&e->ipv6, addr) == 0)
            return true;
    }
    return false;
}

static bool own_contains(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_addr *addr)
{
    if (!is_endpoint_addr(rs, addr))
        return false;
    for (size_t i = 0; i < rule->n_own; i++) {
        if (ww_addr_cmp(&rule->own[i], addr) == 0)
            return true;
    }
    return rule->n_own == 0;
}

/* Is the rule about any address that the ruleset has? Behind the userland proxy no rule sees which one it will be. */
static bool own_intersects(const struct ww_ruleset *rs, const struct ww_rule *rule)
{
    for (size_t i = 0; i < rule->n_own; i++) {
        if (is_endpoint_addr(rs, &rule->own[i]))
            return true;
    }
    return rule->n_own == 0;
}

static bool peers_contain(const struct ww_rule *rule, const struct ww_addr *addr)
{
    for (size_t i = 0; i < rule->n_peers; i++) {
        if (ww_addr_range_contains(&rule->peers[i], addr))
            return true;
    }
    return false;
}

static bool proto_matches(const struct ww_rule *rule, const struct ww_flow *flow)
{
    if (rule->proto == 0)
        return true;
    return ww_protocol_in(rule->proto, flow->src.family) == flow->proto &&
           ww_protocol_question(flow->proto) == flow->question;
}

/* Output: the peer and the port of one pair, of the original destination or of the endpoint. */
static bool output_pair_matches(const struct ww_rule *rule, const struct ww_addr *addr, uint16_t port)
{
    if (rule->peer == WW_PEER_ADDRS && !peers_contain(rule, addr))
        return false;
    return ports_contain(rule->dports, rule->n_dports, port);
}

static bool output_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    if (flow->from_host || !own_contains(rs, rule, &flow->src))
        return false;
    if (!proto_matches(rule, flow) || !ports_contain(rule->sports, rule->n_sports, flow->sport))
        return false;
    if (rule->peer == WW_PEER_HOST)
        return (flow->to_host && output_pair_matches(rule, &flow->dst, flow->dport)) ||
               (flow->orig_dst_host && output_pair_matches(rule, &flow->orig_dst, flow->orig_dport));
    return output_pair_matches(rule, &flow->dst, flow->dport) ||
           output_pair_matches(rule, &flow->orig_dst, flow->orig_dport);
}

/* What a flow to the host's own address leads to, if the ruleset publishes it there; else NULL. */
static const struct ww_publish *published_at_host(const struct ww_ruleset *rs, const struct ww_flow *flow)
{
    const struct ww_publish *found = NULL;
    for (size_t i = 0; i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        if (!p->hport || p->proto != flow->proto || p->hport != flow->dport)
            continue;
        if (ww_addr_cmp(&p->host, &flow->dst) == 0)
            return p;
        if (!found && p->host.family == flow->dst.family && ww_addr_is_any(&p->host))
            found = p;
    }
    return found;
}

/* Is the container's port published? outside: on an address that not only the host can reach. */
static bool port_is_published(const struct ww_ruleset *rs, uint8_t proto, uint16_t cport, bool outside)
{
    for (size_t i = 0; i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        if (p->proto == proto && p->cport == cport && !(outside && ww_addr_is_loopback(&p->host)))
            return true;
    }
    return false;
}

static bool localhost_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    if (!flow->from_host)
        return false;
    if (flow->to_host)
        return published_at_host(rs, flow) && own_intersects(rs, rule);
    return own_contains(rs, rule, &flow->dst) && port_is_published(rs, flow->proto, flow->dport, false);
}

static bool external_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    if (flow->from_host || (rule->peer == WW_PEER_ADDRS && !peers_contain(rule, &flow->src)))
        return false;
    if (flow->to_host) {
        const struct ww_publish *p = published_at_host(rs, flow);
        return p && !ww_addr_is_loopback(&p->host) && own_intersects(rs, rule);
    }
    return own_contains(rs, rule, &flow->dst) && port_is_published(rs, flow->proto, flow->dport, true);
}

/*
 * The host's own way to a published host port is open or closed whatever address and port it calls from: a list of
 * either does not open it.
 */
static bool input_peer_matches(const struct ww_rule *rule, const struct ww_flow *flow)
{
    if (flow->from_host && flow->to_host && (rule->peer == WW_PEER_ADDRS || rule->n_sports))
        return false;
    if (rule->peer == WW_PEER_HOST)
        return flow->from_host;
    return rule->peer == WW_PEER_ANY || peers_contain(rule, &flow->src);
}

static bool input_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    const struct ww_publish *p = flow->to_host ? published_at_host(rs, flow) : NULL;
    if (flow->to_host ? !p || !own_intersects(rs, rule) : !own_contains(rs, rule, &flow->dst))
        return false;
    if (!proto_matches(rule, flow) || !input_peer_matches(rule, flow))
        return false;
    return ports_contain(rule->sports, rule->n_sports, flow->sport) &&
           ports_contain(rule->dports, rule->n_dports, p ? p->cport : flow->dport);
}

bool ww_flow_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    switch (rule->side) {
    case WW_LOCALHOST:
        return localhost_matches(rs, rule, flow);
    case WW_EXTERNAL:
        return external_matches(rs, rule, flow);
    case WW_INPUT:
        return input_matches(rs, rule, flow);
    case WW_OUTPUT:
        return output_matches(rs, rule, flow);
    }
    return false;
}

/* The first rule of the sender's side that matches. */
static const struct ww_rule *first_output(const struct ww_ruleset *rs, const struct ww_flow *flow)
{
    for (size_t i = 0; i < rs->n_rules; i++) {
        if (rs->rules[i].side == WW_OUTPUT && ww_flow_matches(rs, &rs->rules[i], flow))
            return &rs->rules[i];
    }
    return NULL;
}

/* May some client use the rule to reach this published port from outside? A client has the family of the host's
 * address.
 */
static bool opens_outside(const struct ww_rule *rule, const struct ww_publish *p)
{
    bool family = rule->peer == WW_PEER_ANY;
    for (size_t i = 0; i < rule->n_peers && !family; i++)
        family = rule->peers[i].lo.family == p->host.family;
    if (ww_addr_is_loopback(&p->host) || !family)
        return false;
    if (rule->side == WW_EXTERNAL)
        return true;
    return rule->side == WW_INPUT && (rule->proto == 0 || rule->proto == p->proto) &&
           ports_contain(rule->dports, rule->n_dports, p->cport);
}

/*
 * Docker's userland proxy connects from the host to the container's port on behalf of clients, which were judged at the
 * host's port. Such a connection is not translated and cannot be told from the host's own, so it passes wherever the
 * rule lets other senders in.
 */
static bool lets_proxy_in(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow)
{
    bool translated = ww_addr_cmp(&flow->orig_dst, &flow->dst) != 0 || flow->orig_dport != flow->dport;
    if (!flow->from_host || flow->to_host || translated || !own_contains(rs, rule, &flow->dst))
        return false;
    for (size_t i = 0; i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        if (p->proto == flow->proto && p->cport == flow->dport && opens_outside(rule, p))
            return true;
    }
    return false;
}

/* The first rule of the receiver's side that matches, or that lets the userland proxy in. */
static const struct ww_rule *first_inbound(const struct ww_ruleset *rs, const struct ww_flow *flow, bool *ret_proxied)
{
    for (size_t i = 0; i < rs->n_rules; i++) {
        const struct ww_rule *rule = &rs->rules[i];
        if (rule->side == WW_OUTPUT)
            continue;
        bool matches = ww_flow_matches(rs, rule, flow);
        if (!matches && !lets_proxy_in(rs, rule, flow))
            continue;
        *ret_proxied = !matches;
        return rule;
    }
    return NULL;
}

/* Why the sender does not let it out, NULL if it does. */
static const char *judge_sender(const struct ww_ruleset *rs, const struct ww_flow *flow, struct ww_judgement *j)
{
    if (rs->quarantined)
        return "the sender is quarantined";
    if (!is_endpoint_addr(rs, &flow->src))
        return "a managed container may not send from a link-local address";
    j->sender = first_output(rs, flow);
    return j->sender ? NULL : "no output rule of the sender matches";
}

/* Why the receiver does not let it in, NULL if it does. */
static const char *judge_receiver(const struct ww_ruleset *rs, const struct ww_flow *flow, struct ww_judgement *j)
{
    if (rs->quarantined)
        return "the receiver is quarantined";
    j->receiver = first_inbound(rs, flow, &j->proxied);
    if (j->receiver)
        return NULL;
    if (flow->to_host)
        return flow->from_host ? "the published port is not open to the host"
                               : "the published port is not open to the sender";
    return flow->from_host ? "no rule of the receiver allows it from the host" : "no rule of the receiver allows it";
}

/* The ruleset that has the address it goes to, or that publishes the host's port. NULL: none. */
static const struct ww_ruleset *find_receiver(const struct ww_plan *plan, const struct ww_flow *flow)
{
    if (flow->to_host)
        return ww_plan_by_publish(plan, flow->proto, &flow->dst, flow->dport, NULL);
    return ww_plan_by_addr(plan, &flow->dst);
}

struct ww_judgement ww_flow_judge(const struct ww_plan *plan, const struct ww_flow *flow)
{
    struct ww_judgement j = {0};
    const struct ww_ruleset *sender = flow->from_host ? NULL : ww_plan_by_addr(plan, &flow->src);
    const struct ww_ruleset *receiver = find_receiver(plan, flow);
    if (sender)
        j.reason = judge_sender(sender, flow, &j);
    if (j.reason && sender->audited) {
        j.sender_audited = j.reason;
        j.reason = NULL;
    }
    if (j.reason) {
        j.refused_by = sender;
        return j;
    }
    if (receiver)
        j.reason = judge_receiver(receiver, flow, &j);
    if (j.reason && receiver->audited) {
        j.receiver_audited = j.reason;
        j.reason = NULL;
    }
    if (j.reason) {
        j.refused_by = receiver;
        return j;
    }
    j.allowed = true;
    j.reason = j.sender_audited || j.receiver_audited ? "no rule allows it, but it is audited"
               : sender || receiver                   ? "a rule allows it"
                                                      : "no side is managed";
    return j;
}
