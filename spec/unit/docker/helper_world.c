#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "helper_fake.h"

static const char *text_or_none(const char *text)
{
    return text ? text : "-";
}

static void publish_text(struct ww_buf *out, const struct ww_publish *p)
{
    char host[WW_ADDR_TEXT];
    ww_buf_fmt(out, " %d/%d@%s:%d", p->cport, p->proto, ww_addr_text(&p->host, host), p->hport);
}

void container_write(const struct ww_container *c, struct ww_buf *out)
{
    ww_buf_fmt(out,
               "container %.12s %s image=%.20s state=%d mode=%s enabled=%s rules=%s\n project=%s service=%s swarm=%s\n",
               c->id, text_or_none(c->name), text_or_none(c->image_id), (int)c->state, text_or_none(c->network_mode),
               text_or_none(c->label_enabled), text_or_none(c->label_rules), text_or_none(c->project),
               text_or_none(c->service), text_or_none(c->swarm_service));
    ww_buf_str(out, " networks:");
    for (size_t i = 0; i < c->n_networks; i++)
        ww_buf_fmt(out, " %s", c->networks[i]);
    ww_buf_str(out, "\n published:");
    for (size_t i = 0; i < c->n_published; i++)
        publish_text(out, &c->published[i]);
    ww_buf_str(out, "\n");
}

static int container_text(const struct ww_container *c, void *arg)
{
    container_write(c, arg);
    return 0;
}

void network_write(const struct ww_network *n, struct ww_buf *out)
{
    char a[WW_RANGE_TEXT];
    char b[WW_ADDR_TEXT];
    char m[WW_MAC_TEXT];
    ww_buf_fmt(out, "network %.12s %s driver=%s project=%s compose=%s guard=%s bridge=%s default=%d internal=%d\n",
               n->id, text_or_none(n->name), text_or_none(n->driver), text_or_none(n->project),
               text_or_none(n->compose_network), text_or_none(n->guard), text_or_none(n->bridge), n->default_bridge,
               n->internal);
    for (size_t i = 0; i < n->n_subnets; i++)
        ww_buf_fmt(out, " subnet %s %s\n", ww_addr_range_text(&n->subnets[i].range, a),
                   ww_addr_text(&n->subnets[i].gateway, b));
    for (size_t i = 0; i < n->n_endpoints; i++) {
        const struct ww_endpoint *e = &n->endpoints[i];
        ww_buf_fmt(out, " endpoint %.12s %s", e->container_id, ww_addr_text(&e->addrs.ipv4, b));
        ww_buf_fmt(out, " %s %s\n", ww_addr_text(&e->addrs.ipv6, b), ww_mac_text(&e->addrs.mac, m));
    }
}

static int network_text(const struct ww_network *n, void *arg)
{
    network_write(n, arg);
    return 0;
}

char *world_text(const struct ww_world *w)
{
    struct ww_buf out = {0};
    ww_world_each_container(w, container_text, &out);
    ww_world_each_network(w, network_text, &out);
    assert_true(ww_buf_ok(&out));
    return ww_buf_take(&out);
}
