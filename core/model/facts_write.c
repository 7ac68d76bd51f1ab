/* The text form of facts, whose hash is the key of the cache. */
#include <inttypes.h>
#include <string.h>

#include "core/model/facts.h"

/* " 3:web"; " -" for NULL. The length makes it unambiguous whatever the text holds. */
static void write_text(struct ww_buf *out, const char *text)
{
    if (!text) {
        ww_buf_str(out, " -");
        return;
    }
    ww_buf_fmt(out, " %zu:", strlen(text));
    ww_buf_str(out, text);
}

static void write_network(struct ww_buf *out, const struct ww_facts_network *n)
{
    write_text(out, n->id);
    write_text(out, n->name);
    write_text(out, n->project);
    write_text(out, n->compose_network);
    ww_buf_str(out, n->default_bridge ? " default-bridge" : " other");
    if (n->unenforceable)
        write_text(out, n->unenforceable);
    char range[WW_RANGE_TEXT];
    for (size_t i = 0; i < n->n_subnets; i++)
        ww_buf_fmt(out, " %s", ww_addr_range_text(&n->subnets[i].range, range));
    for (size_t i = 0; n->labels && i < n->labels->n; i++) {
        write_text(out, n->labels->items[i].key);
        write_text(out, n->labels->items[i].value);
    }
}

static void write_endpoints(struct ww_buf *out, const struct ww_facts_endpoint *endpoints, size_t n)
{
    char addr[WW_ADDR_TEXT];
    char mac[WW_MAC_TEXT];
    for (size_t i = 0; i < n; i++) {
        ww_buf_str(out, "endpoint");
        write_network(out, &endpoints[i].network);
        ww_buf_fmt(out, " %s", ww_addr_text(&endpoints[i].addrs.ipv4, addr));
        ww_buf_fmt(out, " %s", ww_addr_text(&endpoints[i].addrs.ipv6, addr));
        ww_buf_fmt(out, " %s\n", ww_mac_text(&endpoints[i].addrs.mac, mac));
    }
}

static void write_broadcasts(struct ww_buf *out, const struct ww_facts *facts)
{
    char addr[WW_ADDR_TEXT];
    for (size_t i = 0; i < facts->n_broadcasts; i++)
        ww_buf_fmt(out, "broadcast %s\n", ww_addr_text(&facts->broadcasts[i], addr));
}

static void write_published(struct ww_buf *out, const struct ww_publish *published, size_t n)
{
    char addr[WW_ADDR_TEXT];
    for (size_t i = 0; i < n; i++)
        ww_buf_fmt(out, "published %u %" PRIu16 " %s %" PRIu16 "\n", published[i].proto, published[i].cport,
                   ww_addr_text(&published[i].host, addr), published[i].hport);
}

/* Nothing where there are no site policies: what was remembered without them holds then. */
static void write_read(const struct ww_facts *facts, struct ww_buf *out)
{
    if (!facts->reads)
        return;
    ww_buf_fmt(out, "read %u %s", facts->reads, facts->opted_in ? "in" : "out");
    write_text(out, facts->image);
    ww_buf_str(out, "\n");
    for (size_t i = 0; i < facts->n_labels; i++) {
        ww_buf_str(out, facts->labels[i].from_image ? "image-label" : "label");
        write_text(out, facts->labels[i].key);
        write_text(out, facts->labels[i].value);
        ww_buf_str(out, "\n");
    }
}

void ww_facts_write(const struct ww_facts *facts, struct ww_buf *out)
{
    ww_buf_str(out, "container");
    write_text(out, facts->id);
    write_text(out, facts->name);
    write_text(out, facts->project);
    write_text(out, facts->service);
    write_text(out, facts->label_rules);
    ww_buf_str(out, facts->rules_from_image ? " from-image\n" : " own\n");
    write_endpoints(out, facts->endpoints, facts->n_endpoints);
    write_broadcasts(out, facts);
    write_published(out, facts->published, facts->n_published);
    write_read(facts, out);
    for (size_t i = 0; i < facts->n_networks; i++) {
        ww_buf_str(out, "network");
        write_network(out, &facts->networks[i]);
        ww_buf_str(out, "\n");
    }
    for (size_t i = 0; i < facts->n_targets; i++) {
        const struct ww_facts_target *t = &facts->targets[i];
        ww_buf_str(out, "target");
        write_text(out, t->id);
        write_text(out, t->name);
        write_text(out, t->project);
        write_text(out, t->service);
        write_text(out, t->swarm_service);
        ww_buf_str(out, "\n");
        write_endpoints(out, t->endpoints, t->n_endpoints);
        write_published(out, t->published, t->n_published);
    }
}
