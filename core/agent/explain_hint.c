#include "core/agent/explain_hint.h"

#include <string.h>

static const struct ww_network *network_of(const struct ww_end *end, const char *name)
{
    for (size_t i = 0; i < end->n_places; i++)
        if (end->places[i].network && end->places[i].network->name && strcmp(end->places[i].network->name, name) == 0)
            return end->places[i].network;
    return NULL;
}

/* Within one compose project as its files have it: names of containers and networks are made of these. */
static void write_names(const struct ww_container *own, const struct ww_end *peer, const char *network,
                        struct ww_buf *out)
{
    const struct ww_container *c = peer->container;
    const struct ww_network *n = network_of(peer, network);
    const char *project = own ? own->project : NULL;
    const char *name = c && c->name ? c->name : "";
    if (c && project && c->project && c->service && strcmp(c->project, project) == 0) {
        bool known = n && n->project && n->compose_network && strcmp(n->project, project) == 0;
        network = known ? n->compose_network : network;
        name = c->service;
    }
    ww_buf_fmt(out, "network: %s, container: %s, ", network, name);
}

static void write_peer(const struct ww_end *own, const struct ww_end *peer, const struct ww_addr *addr, bool host,
                       const char *network, struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    if (host)
        ww_buf_str(out, "host: true, ");
    else if (peer->kind == WW_END_CONTAINER && network)
        write_names(own->container, peer, network, out);
    else if (peer->kind == WW_END_CONTAINER || peer->kind == WW_END_ADDRESS)
        ww_buf_fmt(out, "ips: [\"%s\"], ", ww_addr_text(addr, text));
}

static void write_rule(const char *side, const struct ww_hint_about *r, const struct ww_end *peer,
                       const struct ww_addr *addr, bool host, uint16_t port, struct ww_buf *out)
{
    ww_buf_fmt(out, "%s: [{", side);
    write_peer(peer == r->to ? r->from : r->to, peer, addr, host, r->network, out);
    ww_buf_fmt(out, "proto: %s", r->protocol->name);
    if (r->protocol->has_ports)
        ww_buf_fmt(out, ", dst_ports: [%u]", port);
    ww_buf_str(out, "}]");
}

static bool is_published(const struct ww_ruleset *rs, const struct ww_flow *flow)
{
    for (size_t i = 0; i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        if (p->proto == flow->proto && (flow->to_host ? p->hport : p->cport) == flow->dport)
            return true;
    }
    return false;
}

static void write_sender(const struct ww_hint_about *r, struct ww_buf *out)
{
    const struct ww_flow *f = r->flow;
    bool host = f->to_host || f->orig_dst_host;
    write_rule("output", r, r->to, &f->orig_dst, host, f->orig_dport, out);
}

static void write_receiver(const struct ww_hint_about *r, struct ww_buf *out)
{
    const struct ww_flow *f = r->flow;
    bool container = r->from->kind == WW_END_CONTAINER;
    if (is_published(r->refuser, f) && (f->from_host || !container || !r->network))
        ww_buf_fmt(out, "mapped_ports: {%s: {allow: true}}", f->from_host ? "localhost" : "external");
    else
        write_rule("input", r, r->from, &f->src, f->from_host, f->dport, out);
}

void ww_hint_write(const struct ww_hint_about *r, struct ww_buf *out)
{
    /* A rule of the sender that names the receiver opens it there, too. */
    bool consent = !r->sender && r->sender_managed && r->network && r->to->kind == WW_END_CONTAINER;
    ww_buf_fmt(out, "in whalewall.rules of %s: ", consent ? r->from->container->name : r->refuser->name);
    if (r->sender || consent)
        write_sender(r, out);
    else
        write_receiver(r, out);
}
