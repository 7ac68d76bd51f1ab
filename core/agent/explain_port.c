#include "core/agent/explain_port.h"

#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/explain_end.h"
#include "core/agent/explain_note.h"
#include "core/agent/explain_way.h"
#include "core/model/protocol.h"

/* A published port that is dialled, and how. */
struct dialling {
    struct ww_explaining *x;
    const struct ww_place *from; /* NULL: the host itself */
    struct ww_addr host;         /* what is dialled */
    const struct ww_publish *publish;
    size_t found;
};

static struct ww_flow dialled_flow(const struct dialling *d, const struct ww_addr *dst, uint16_t port)
{
    struct ww_flow flow = ww_explaining_flow(d->x, d->from ? &d->from->addr : &d->host, dst);
    flow.from_host = !d->from;
    flow.dport = port;
    flow.orig_dst = d->host;
    flow.orig_dport = d->publish ? d->publish->hport : d->x->asked.port;
    flow.orig_dst_host = true;
    return flow;
}

/* Destination NAT leads to the container. */
static int judge_translated(struct dialling *d, const struct ww_network *n, const struct ww_addr *addr)
{
    struct ww_flow flow = dialled_flow(d, addr, d->publish->cport);
    struct ww_explain_way *way;
    bool shared = d->from && d->from->network == n;
    int rc = ww_explaining_begin(d->x, &flow, shared ? n->name : NULL, &way);
    if (rc < 0)
        return rc;
    way->through = "host port";
    return ww_way_judge(d->x->agent, &d->x->asked, &flow, way);
}

/* The userland proxy takes it, and calls the container from the host. */
static int judge_proxied(struct dialling *d, const struct ww_network *n, const struct ww_addr *addr)
{
    struct ww_flow first = dialled_flow(d, &d->host, d->publish->hport);
    struct ww_addr own = {.family = addr->family};
    struct ww_explain_way *way;
    first.to_host = true;
    int rc = ww_explaining_begin(d->x, &first, NULL, &way);
    if (rc < 0)
        return rc;
    way->through = "userland proxy";
    rc = ww_way_judge(d->x->agent, &d->x->asked, &first, way);
    if (rc < 0 || way->verdict == WW_EXPLAIN_REFUSED)
        return rc;
    ww_end_host_addr(d->x->agent, n->id, addr->family, &own);
    struct ww_flow second = ww_explaining_flow(d->x, &own, addr);
    second.from_host = true;
    second.dport = second.orig_dport = d->publish->cport;
    return ww_way_judge(d->x->agent, &d->x->asked, &second, way);
}

/*
 * The proxy calls whatever family the container has; translation keeps it. Which of them an engine does depends on how
 * it is set up for IPv6, and within one bridge: then both are judged.
 */
static int lead_to(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct dialling *d = arg;
    const struct ww_addr *same = d->host.family == AF_INET ? &e->addrs.ipv4 : &e->addrs.ipv6;
    const struct ww_addr *any = e->addrs.ipv4.family ? &e->addrs.ipv4 : &e->addrs.ipv6;
    bool loopback = ww_addr_is_loopback(&d->host);
    bool either = d->host.family == AF_INET6 || (d->from && d->from->network == n);
    int rc = 0;
    if (n->internal || !ww_network_is_enforceable(n)) /* to one on an overlay the engine leads by docker_gwbridge */
        return 0;
    if (same->family && !loopback)
        rc = judge_translated(d, n, same);
    if (rc < 0 || (same->family && !loopback && !either) || !any->family)
        return rc;
    if (either && same->family && !loopback)
        rc = ww_explain_note_proxy(d->x);
    return rc < 0 ? rc : judge_proxied(d, n, same->family ? same : any);
}

static int lead(struct dialling *d, const struct ww_container *c, const struct ww_publish *p)
{
    const char *head = ww_world_home(d->x->agent->world, c->id);
    d->found++;
    d->publish = p;
    return ww_world_each_endpoint(d->x->agent->world, head ? head : c->id, lead_to, d);
}

/* Does the container publish what is dialled? */
static int take_publisher(const struct ww_container *c, void *arg)
{
    struct dialling *d = arg;
    int rc = 0;
    for (size_t i = 0; i < c->n_published && ww_container_is_up(c) && rc == 0; i++) {
        const struct ww_publish *p = &c->published[i];
        bool there =
            ww_addr_cmp(&p->host, &d->host) == 0 || (p->host.family == d->host.family && ww_addr_is_any(&p->host));
        if (there && p->hport == d->x->asked.port && p->proto == d->x->asked.protocol->number)
            rc = lead(d, c, p);
    }
    return rc;
}

static int judge_host_itself(struct dialling *d)
{
    struct ww_flow flow;
    struct ww_explain_way *way;
    d->publish = NULL;
    flow = dialled_flow(d, &d->host, d->x->asked.port);
    flow.to_host = true;
    int rc = ww_explaining_begin(d->x, &flow, d->from->network ? d->from->network->name : NULL, &way);
    return rc < 0 ? rc : ww_way_judge(d->x->agent, &d->x->asked, &flow, way);
}

static int dial(struct ww_explaining *x, const struct ww_place *from, const struct ww_addr *host)
{
    struct dialling d = {.x = x, .from = from, .host = *host};
    int rc = x->asked.port ? ww_world_each_container(x->agent->world, take_publisher, &d) : 0;
    return rc < 0 || d.found || !from ? rc : judge_host_itself(&d);
}

/* From the place, to what the host is called there. */
static int dial_from(struct ww_explaining *x, const struct ww_place *from)
{
    const struct ww_end *to = x->asked.to;
    struct ww_addr host;
    if (to->named_address)
        return to->places[0].addr.family == from->addr.family ? dial(x, from, &to->places[0].addr) : 0;
    if (!ww_end_host_addr(x->agent, from->network ? from->network->id : NULL, from->addr.family, &host))
        return 0;
    return dial(x, from, &host);
}

/* The host calls itself: by the address that is asked for; else by loopback, and by its own. */
static int dial_from_host(struct ww_explaining *x)
{
    const struct ww_end *to = x->asked.to;
    const char *const loopback[] = {"127.0.0.1", "::1"};
    struct ww_addr host;
    int rc = 0;
    if (to->named_address)
        return dial(x, NULL, &to->places[0].addr);
    for (size_t i = 0; i < 2 && rc == 0; i++)
        if (ww_addr_parse(loopback[i], &host, NULL) == 0)
            rc = dial(x, NULL, &host);
    for (size_t i = 0; i < 2 && rc == 0; i++)
        if (ww_end_host_addr(x->agent, NULL, i ? AF_INET6 : AF_INET, &host))
            rc = dial(x, NULL, &host);
    return rc;
}

int ww_explain_to_host(struct ww_explaining *x)
{
    const struct ww_end *from = x->asked.from;
    int rc = 0;
    if (from->kind == WW_END_HOST)
        rc = dial_from_host(x);
    if (from->kind == WW_END_HOST)
        return rc < 0 || x->out->n_ways ? rc : ww_explain_note_host(x);
    for (size_t i = 0; i < from->n_places && rc == 0; i++)
        rc = dial_from(x, &from->places[i]);
    return rc;
}

static int dial_published(struct ww_explaining *x, const struct ww_container *c, const struct ww_publish *p)
{
    const struct ww_end *from = x->asked.from;
    struct dialling d = {.x = x, .host = p->host};
    int rc = 0;
    if (ww_addr_is_any(&p->host) && !ww_end_host_addr(x->agent, NULL, p->host.family, &d.host))
        return 0;
    for (size_t i = 0; i < from->n_places && rc == 0; i++) {
        d.from = &from->places[i];
        if (d.from->addr.family == p->host.family)
            rc = lead(&d, c, p);
    }
    return rc;
}

/* Of each container that has these addresses. */
static int take_published(const struct ww_container *c, void *arg)
{
    struct ww_explaining *x = arg;
    int rc = 0;
    for (size_t i = 0; i < c->n_published && rc == 0; i++) {
        const struct ww_publish *p = &c->published[i];
        if (p->hport && p->cport == x->asked.port && p->proto == x->asked.protocol->number &&
            !ww_addr_is_loopback(&p->host))
            rc = dial_published(x, c, p);
    }
    return rc;
}

int ww_explain_published(struct ww_explaining *x)
{
    const struct ww_container *home = ww_world_container(x->agent->world, x->asked.to->head);
    int rc = home && x->asked.port ? take_published(home, x) : 0;
    return rc < 0 || !x->asked.port ? rc : ww_world_each_sharer(x->agent->world, x->asked.to->head, take_published, x);
}
