/* What is in force, as JSON. docs/control.md describes every field, and a test holds the two together. */
#include "core/control/enforced.h"

#include <errno.h>
#include <stdlib.h>

#include "core/control/writer.h"
#include "core/ir/text.h"
#include "core/model/protocol.h"

int ww_enforced_add_network(struct ww_enforced *e, const struct ww_network *network)
{
    const struct ww_network **networks =
        reallocarray(e->networks, e->n_networks + 1, sizeof(const struct ww_network *));
    if (!networks)
        return -ENOMEM;
    e->networks = networks;
    networks[e->n_networks++] = network;
    return 0;
}

int ww_enforced_add_container(struct ww_enforced *e, struct ww_enforced_container **ret_container)
{
    struct ww_enforced_container *containers = reallocarray(e->containers, e->n_containers + 1, sizeof(*containers));
    if (!containers)
        return -ENOMEM;
    e->containers = containers;
    *ret_container = &containers[e->n_containers++];
    **ret_container = (struct ww_enforced_container){0};
    return 0;
}

int ww_enforced_add_endpoint(struct ww_enforced_container *c, const struct ww_enforced_endpoint *endpoint)
{
    struct ww_enforced_endpoint *endpoints = reallocarray(c->endpoints, c->n_endpoints + 1, sizeof(*endpoints));
    if (!endpoints)
        return -ENOMEM;
    c->endpoints = endpoints;
    endpoints[c->n_endpoints++] = *endpoint;
    return 0;
}

void ww_enforced_done(struct ww_enforced *e)
{
    for (size_t i = 0; i < e->n_containers; i++)
        free(e->containers[i].endpoints);
    free(e->containers);
    free(e->networks);
    *e = (struct ww_enforced){0};
}

static void write_addr(struct ww_writer *w, const char *key, const struct ww_addr *addr)
{
    char text[WW_ADDR_TEXT];
    ww_write_text(w, key, addr->family ? ww_addr_text(addr, text) : NULL);
}

static void write_network(struct ww_writer *w, const struct ww_network *n)
{
    char text[WW_RANGE_TEXT];
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "id", n->id);
    ww_write_text(w, "name", n->name);
    ww_write_text(w, "driver", n->driver);
    ww_write_bool(w, "default_bridge", n->default_bridge);
    ww_write_text(w, "project", n->project);
    ww_write_text(w, "compose_name", n->compose_network);
    ww_write_open(w, "subnets", '[');
    for (size_t i = 0; i < n->n_subnets; i++)
        ww_write_text(w, NULL, ww_addr_range_text(&n->subnets[i].range, text));
    ww_write_close(w, ']');
    ww_write_close(w, '}');
}

static void write_endpoints(struct ww_writer *w, const struct ww_enforced_container *c)
{
    ww_write_open(w, "endpoints", '[');
    for (size_t i = 0; i < c->n_endpoints; i++) {
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "network", c->endpoints[i].network->name);
        write_addr(w, "ipv4", &c->endpoints[i].addrs->ipv4);
        write_addr(w, "ipv6", &c->endpoints[i].addrs->ipv6);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_published(struct ww_writer *w, const struct ww_container *c)
{
    char proto[WW_PROTOCOL_TEXT];
    ww_write_open(w, "published", '[');
    for (size_t i = 0; i < c->n_published; i++) {
        const struct ww_publish *p = &c->published[i];
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "protocol", ww_protocol_text(p->proto, proto));
        write_addr(w, "host", &p->host);
        ww_write_number(w, "host_port", p->hport);
        ww_write_number(w, "port", p->cport);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_ruleset(struct ww_writer *w, const struct ww_ruleset *rules)
{
    struct ww_buf text = {0};
    if (rules)
        ww_ruleset_write(rules, &text);
    if (!ww_buf_ok(&text))
        w->out->failed = true;
    ww_write_text(w, "ruleset", rules ? text.data : NULL);
    ww_buf_done(&text);
}

static void write_container(struct ww_writer *w, const struct ww_enforced_container *e)
{
    const struct ww_container *c = e->container;
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "id", c->id);
    ww_write_text(w, "name", c->name);
    ww_write_text(w, "project", c->project);
    ww_write_text(w, "service", c->service);
    ww_write_text(w, "image", c->image);
    ww_write_text(w, "network_mode", c->network_mode);
    ww_write_text(w, "home", e->home);
    ww_write_bool(w, "running", ww_container_is_up(c));
    ww_write_bool(w, "managed", e->managed);
    ww_write_text(w, "fault", e->fault);
    ww_write_text(w, "enabled_label", c->label_enabled);
    ww_write_text(w, "rules_label", e->image_ignored ? NULL : c->label_rules);
    write_endpoints(w, e);
    write_published(w, c);
    write_ruleset(w, e->rules);
    ww_write_close(w, '}');
}

void ww_enforced_write(const struct ww_enforced *e, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_ENFORCED_FORMAT);
    ww_write_text(&w, "next", e->next);
    ww_write_open(&w, "networks", '[');
    for (size_t i = 0; i < e->n_networks; i++)
        write_network(&w, e->networks[i]);
    ww_write_close(&w, ']');
    ww_write_open(&w, "containers", '[');
    for (size_t i = 0; i < e->n_containers; i++)
        write_container(&w, &e->containers[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
