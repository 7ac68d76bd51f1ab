/* The conditions of one rule as statements of a chain. */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/lower/lower_internal.h"
#include "core/kernel/lower/pairing.h"
#include "core/model/protocol.h"

const struct ww_view ww_view_packet = {WW_F_SADDR, WW_F_DADDR, WW_F_PROTO, WW_F_SPORT, WW_F_DPORT, WW_F_NONE};
const struct ww_view ww_view_answer = {WW_F_DADDR, WW_F_SADDR, WW_F_PROTO, WW_F_DPORT, WW_F_SPORT, WW_F_NONE};
const struct ww_view ww_view_flow = {WW_F_FLOW_SADDR, WW_F_FLOW_DADDR, WW_F_FLOW_PROTO,
                                     WW_F_FLOW_SPORT, WW_F_FLOW_DPORT, WW_F_ORIG_DPORT};

/* One rule being turned into conditions. */
struct match {
    struct ww_lowering *l;
    const struct ww_rule *rule;
    enum ww_dir dir;
    const struct ww_view *view;
    struct ww_stmts *list;
};

/* Spans that grow up to a number known before. */
struct spans {
    struct ww_span *v;
    size_t n;
};

static struct spans spans_new(struct match *m, size_t cap)
{
    return (struct spans){.v = ww_arena_alloc(&m->l->out->arena, cap * sizeof(struct ww_span))};
}

static void add_span(struct spans *s, const void *lo, const void *hi, size_t len)
{
    if (!s->v)
        return;
    memcpy(s->v[s->n].lo, lo, len);
    memcpy(s->v[s->n].hi, hi, len);
    s->n++;
}

static void add_port_span(struct spans *s, uint16_t lo, uint16_t hi)
{
    uint8_t a[2] = {(uint8_t)(lo >> 8), (uint8_t)lo};
    uint8_t b[2] = {(uint8_t)(hi >> 8), (uint8_t)hi};
    add_span(s, a, b, 2);
}

static void add_in(struct ww_stmt *stmt, enum ww_field field, struct spans *s)
{
    uint8_t len = ww_field_info(field, stmt->family)->len;
    ww_stmt_add(stmt, (struct ww_term){
                          .kind = WW_T_IN, .field = field, .spans = s->v, .n_spans = ww_spans_merge(s->v, s->n, len)});
}

static void add_is(struct ww_stmt *stmt, enum ww_field field, uint32_t value)
{
    ww_stmt_add(stmt, (struct ww_term){.kind = WW_T_IS, .field = field, .value = value});
}

static void add_dnat(struct ww_stmt *stmt, bool not )
{
    ww_stmt_add(stmt,
                (struct ww_term){.kind = WW_T_BITS, .field = WW_F_CT_STATUS, .value = IPS_DST_NAT, .negate = not });
}

/* Restrict to the container's addresses that the rule is about. False: it has none of this family. */
static bool match_own(struct match *m, struct ww_stmt *stmt, enum ww_field field)
{
    const struct ww_addr *addr;
    struct spans own = spans_new(m, 2 * m->l->rs->n_endpoints);
    for (size_t i = 0; (addr = ww_ruleset_addr(m->l->rs, i)); i++)
        if (addr->family == stmt->family && ww_rule_owns(m->rule, addr))
            add_span(&own, addr->bytes, addr->bytes, sizeof(addr->bytes));
    if (!own.n)
        return false;
    if (m->rule->n_own)
        add_in(stmt, field, &own);
    return true;
}

/* Restrict to the peers. False: none is of this family. */
static bool match_peers(struct match *m, struct ww_stmt *stmt, enum ww_field field)
{
    if (m->rule->peer != WW_PEER_ADDRS)
        return true;
    struct spans peers = spans_new(m, m->rule->n_peers);
    for (size_t i = 0; i < m->rule->n_peers; i++) {
        const struct ww_addr_range *r = &m->rule->peers[i];
        if (r->lo.family == stmt->family)
            add_span(&peers, r->lo.bytes, r->hi.bytes, sizeof(r->lo.bytes));
    }
    if (!peers.n)
        return false;
    add_in(stmt, field, &peers);
    return true;
}

static void match_ports(struct match *m, struct ww_stmt *stmt, enum ww_field field, const struct ww_ports *ports,
                        size_t n)
{
    if (!n)
        return;
    struct spans s = spans_new(m, n);
    for (size_t i = 0; i < n; i++)
        add_port_span(&s, ports[i].lo, ports[i].hi);
    if (s.v)
        add_in(stmt, field, &s);
}

/* Of ICMP the one message that rules are about. Where others have a port connection tracking has its type and code. */
static void match_question(struct match *m, struct ww_stmt *stmt, uint8_t proto)
{
    const uint16_t question = ww_protocol_question(proto);
    if (!question)
        return;
    if (m->view->question != WW_F_NONE) {
        add_is(stmt, m->view->question, question);
        return;
    }
    add_is(stmt, proto == IPPROTO_ICMPV6 ? WW_F_ICMPV6_TYPE : WW_F_ICMP_TYPE, question >> 8);
    add_is(stmt, proto == IPPROTO_ICMPV6 ? WW_F_ICMPV6_CODE : WW_F_ICMP_CODE, question & 0xff);
}

/* The rule's own protocol and ports. */
static void match_service(struct match *m, struct ww_stmt *stmt, enum ww_field dport)
{
    const struct ww_rule *r = m->rule;
    const uint8_t proto = ww_protocol_in(r->proto, stmt->family);
    if (proto)
        add_is(stmt, m->view->proto, proto);
    match_question(m, stmt, proto);
    match_ports(m, stmt, m->view->sport, r->sports, r->n_sports);
    match_ports(m, stmt, dport, r->dports, r->n_dports);
}

static bool same_group(const struct ww_publish *a, const struct ww_publish *b, bool host_ports)
{
    return a->proto == b->proto && (!host_ports || ww_addr_cmp(&a->host, &b->host) == 0);
}

static bool proxied(const struct ww_rule *r, const struct ww_publish *p)
{
    return ww_rule_opens(r, p) && !ww_addr_is_loopback(&p->host);
}

/* Which published ports a statement is about, and whether by the host's port. */
struct published {
    bool host_ports;
    bool proxied_only;
};

static bool counts(const struct match *m, const struct published *what, int family, const struct ww_publish *p)
{
    if (what->host_ports)
        return p->hport && p->host.family == family && proxied(m->rule, p);
    if (what->proxied_only)
        return proxied(m->rule, p) && ww_rule_has_peer_family(m->rule, p->host.family);
    return ww_rule_opens(m->rule, p);
}

/* One statement for each protocol (and host address) that ports are published with; `stmt` has what they share. */
static void push_published(struct match *m, const struct ww_stmt *stmt, const struct published *what)
{
    const struct ww_ruleset *rs = m->l->rs;
    for (size_t i = 0; i < rs->n_published; i++) {
        const struct ww_publish *first = &rs->published[i];
        if (!counts(m, what, stmt->family, first))
            continue;
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || (counts(m, what, stmt->family, &rs->published[j]) &&
                            same_group(first, &rs->published[j], what->host_ports));
        struct spans ports = spans_new(m, rs->n_published);
        if (seen || !ports.v)
            continue;
        for (size_t j = i; j < rs->n_published; j++) {
            const struct ww_publish *p = &rs->published[j];
            uint16_t port = what->host_ports ? p->hport : p->cport;
            if (counts(m, what, stmt->family, p) && same_group(first, p, what->host_ports))
                add_port_span(&ports, port, port);
        }
        struct ww_stmt one = *stmt;
        struct spans host = spans_new(m, 1);
        add_span(&host, first->host.bytes, first->host.bytes, sizeof(first->host.bytes));
        if (what->host_ports && !ww_addr_is_any(&first->host))
            add_in(&one, m->view->dst, &host);
        add_is(&one, m->view->proto, first->proto);
        match_ports(m, &one, m->view->sport, m->rule->sports, what->proxied_only ? 0 : m->rule->n_sports);
        add_in(&one, m->view->dport, &ports);
        ww_lower_push(m->l, m->list, &one);
    }
}

/* What the container sends to the host: in the packet's direction to an address of the host, in replies from one. */
static void push_to_host(struct match *m, const struct ww_stmt *stmt)
{
    if (m->rule->peer != WW_PEER_HOST) {
        ww_lower_push(m->l, m->list, stmt);
        return;
    }
    struct ww_stmt to = *stmt;
    struct ww_stmt from = *stmt;
    bool flow = m->view == &ww_view_flow;
    if (flow)
        add_is(&to, WW_F_CT_DIRECTION, IP_CT_DIR_ORIGINAL);
    add_is(&to, WW_F_FIB_DADDR, RTN_LOCAL);
    ww_lower_push(m->l, m->list, &to);
    if (!flow)
        return;
    add_is(&from, WW_F_CT_DIRECTION, IP_CT_DIR_REPLY);
    add_is(&from, WW_F_FIB_SADDR, RTN_LOCAL);
    ww_lower_push(m->l, m->list, &from);
}

/* By where it leads to, and by the original destination. */
static void match_out(struct match *m, const struct ww_stmt *start)
{
    struct ww_stmt real = *start;
    struct ww_stmt orig_dst = *start;
    if (!match_own(m, &real, m->view->src) || !match_peers(m, &real, m->view->dst))
        return;
    match_service(m, &real, m->view->dport);
    push_to_host(m, &real);
    if (m->rule->peer == WW_PEER_ANY && !m->rule->n_dports)
        return;
    add_dnat(&orig_dst, false);
    match_own(m, &orig_dst, m->view->src);
    match_peers(m, &orig_dst, WW_F_ORIG_DADDR);
    if (m->rule->peer == WW_PEER_HOST)
        ww_stmt_add(&orig_dst, (struct ww_term){.kind = WW_T_SET, .set = WW_HOSTADDR, .orig_dst = true});
    match_service(m, &orig_dst, WW_F_ORIG_DPORT);
    ww_lower_push(m->l, m->list, &orig_dst);
}

static void match_in(struct match *m, struct ww_stmt stmt)
{
    static const struct published ports = {0};
    if (!match_own(m, &stmt, m->view->dst) || !match_peers(m, &stmt, m->view->src))
        return;
    if (m->rule->side != WW_INPUT) {
        push_published(m, &stmt, &ports);
        return;
    }
    match_service(m, &stmt, m->view->dport);
    ww_lower_push(m->l, m->list, &stmt);
}

static void match_pub(struct match *m, struct ww_stmt stmt)
{
    static const struct published ports = {.host_ports = true};
    if (match_peers(m, &stmt, m->view->src))
        push_published(m, &stmt, &ports);
}

void ww_lower_match(struct ww_lowering *l, const struct ww_rule *rule, enum ww_dir dir, const struct ww_view *view,
                    struct ww_stmts *list)
{
    struct match m = {.l = l, .rule = rule, .dir = dir, .view = view, .list = list};
    static const uint8_t families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < 2; i++) {
        struct ww_stmt stmt = {.family = families[i], .origin = rule->origin};
        if (dir == WW_DIR_OUT)
            match_out(&m, &stmt);
        else if (dir == WW_DIR_PUB)
            match_pub(&m, stmt);
        else
            match_in(&m, stmt);
    }
}

void ww_lower_match_proxy(struct ww_lowering *l, const struct ww_rule *rule, const struct ww_view *view,
                          struct ww_stmts *list)
{
    struct match m = {.l = l, .rule = rule, .dir = WW_DIR_HOST, .view = view, .list = list};
    static const struct published ports = {.proxied_only = true};
    static const uint8_t families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < 2; i++) {
        struct ww_stmt stmt = {.family = families[i], .origin = rule->origin};
        if (!match_own(&m, &stmt, view->dst))
            continue;
        add_dnat(&stmt, true);
        push_published(&m, &stmt, &ports);
    }
}
