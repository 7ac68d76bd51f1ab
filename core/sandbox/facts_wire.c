/* A new field of the facts is one line here, in the function of its struct. */
#include "core/sandbox/facts_wire.h"

#include <errno.h>
#include <stdlib.h>

#include "core/sandbox/wire.h"

/* The least that an item of each list takes: its strings' lengths, and what has always the same size. */
#define LEAST_NETWORK (5 * 4 + 1)
#define LEAST_LABEL (2 * 4)
#define LEAST_RANGE (2 * 17)
#define LEAST_ADDR 17
#define LEAST_ENDPOINT (LEAST_NETWORK + 2 * 17 + 6)
#define LEAST_OWN_LABEL (2 * 4 + 1)
#define LEAST_PUBLISHED (1 + 2 + 17 + 2)
#define LEAST_TARGET (5 * 4 + 2 * 4)

static void walk_network(struct ww_wire *w, struct ww_facts_network *n)
{
    ww_wire_text(w, &n->id);
    ww_wire_text(w, &n->name);
    ww_wire_text(w, &n->project);
    ww_wire_text(w, &n->compose_network);
    ww_wire_flag(w, &n->default_bridge);
    ww_wire_text(w, &n->unenforceable);
}

static void write_labels(struct ww_wire *w, const struct ww_labels *labels)
{
    void *none;
    ww_wire_list(w, labels->n, LEAST_LABEL, 0, &none);
    for (size_t i = 0; i < labels->n; i++) {
        const char *key = labels->items[i].key;
        const char *value = labels->items[i].value;
        ww_wire_text(w, &key);
        ww_wire_text(w, &value);
    }
}

/* The list is the caller's, the strings in it are borrowed. */
static const struct ww_labels *read_labels(struct ww_wire *w)
{
    void *room;
    struct ww_labels labels = {0};
    labels.n = ww_wire_list(w, 0, LEAST_LABEL, sizeof(*labels.items), &room);
    labels.items = room;
    for (size_t i = 0; i < labels.n; i++) {
        const char *key;
        const char *value;
        ww_wire_text(w, &key);
        ww_wire_text(w, &value);
        labels.items[i] = (struct ww_label){.key = (char *)key, .value = (char *)value};
    }
    const struct ww_labels *kept = ww_wire_keep(w, &labels, sizeof(labels));
    if (!kept)
        free(room);
    return kept;
}

/* They are the world's, and constant, when they are written. */
static void walk_network_labels(struct ww_wire *w, struct ww_facts_network *n)
{
    bool there = n->labels != NULL;
    ww_wire_flag(w, &there);
    if (!w->out)
        n->labels = there ? read_labels(w) : NULL;
    else if (n->labels)
        write_labels(w, n->labels);
}

static void walk_subnets(struct ww_wire *w, struct ww_facts_network *n)
{
    void *room;
    n->n_subnets = ww_wire_list(w, n->n_subnets, LEAST_RANGE, sizeof(*n->subnets), &room);
    for (size_t i = 0; i < n->n_subnets; i++) {
        struct ww_subnet subnet = w->out ? n->subnets[i] : (struct ww_subnet){0};
        ww_wire_addr(w, &subnet.range.lo);
        ww_wire_addr(w, &subnet.range.hi);
        if (!w->out)
            ((struct ww_subnet *)room)[i] = subnet;
    }
    n->subnets = w->out ? n->subnets : room;
}

/* What policies of the site read of the networks that the container itself is on. */
static void walk_read_networks(struct ww_wire *w, struct ww_facts *f)
{
    for (size_t i = 0; i < f->n_endpoints; i++) {
        struct ww_facts_network n = f->endpoints[i].network;
        walk_network_labels(w, &n);
        walk_subnets(w, &n);
        if (!w->out)
            f->endpoints[i].network = n;
    }
}

static void walk_labels(struct ww_wire *w, struct ww_facts *f)
{
    void *room;
    f->n_labels = ww_wire_list(w, f->n_labels, LEAST_OWN_LABEL, sizeof(*f->labels), &room);
    f->labels = w->out ? f->labels : room;
    for (size_t i = 0; i < f->n_labels; i++) {
        ww_wire_text(w, &f->labels[i].key);
        ww_wire_text(w, &f->labels[i].value);
        ww_wire_flag(w, &f->labels[i].from_image);
    }
}

/* For policies of the site; without any it is one number. */
static void walk_read(struct ww_wire *w, struct ww_facts *f)
{
    uint32_t reads = f->reads;
    ww_wire_bytes(w, &reads, sizeof(reads));
    f->reads = reads;
    if (!reads)
        return;
    ww_wire_flag(w, &f->opted_in);
    ww_wire_text(w, &f->image);
    walk_labels(w, f);
    walk_read_networks(w, f);
}

static void walk_endpoint(struct ww_wire *w, struct ww_facts_endpoint *e)
{
    walk_network(w, &e->network);
    ww_wire_addr(w, &e->addrs.ipv4);
    ww_wire_addr(w, &e->addrs.ipv6);
    ww_wire_bytes(w, e->addrs.mac.bytes, sizeof(e->addrs.mac.bytes));
}

static void walk_publish(struct ww_wire *w, struct ww_publish *p)
{
    ww_wire_bytes(w, &p->proto, sizeof(p->proto));
    ww_wire_u16(w, &p->cport);
    ww_wire_addr(w, &p->host);
    ww_wire_u16(w, &p->hport);
}

static void walk_endpoints(struct ww_wire *w, struct ww_facts_endpoint **list, size_t *n)
{
    void *room;
    *n = ww_wire_list(w, *n, LEAST_ENDPOINT, sizeof(**list), &room);
    *list = w->out ? *list : room;
    for (size_t i = 0; i < *n; i++)
        walk_endpoint(w, &(*list)[i]);
}

/* They are the world's, and constant, when they are written. */
static void walk_published(struct ww_wire *w, const struct ww_publish **list, size_t *n)
{
    void *room;
    *n = ww_wire_list(w, *n, LEAST_PUBLISHED, sizeof(**list), &room);
    for (size_t i = 0; i < *n; i++) {
        struct ww_publish p = w->out ? (*list)[i] : (struct ww_publish){0};
        walk_publish(w, &p);
        if (!w->out)
            ((struct ww_publish *)room)[i] = p;
    }
    *list = w->out ? *list : room;
}

static void walk_networks(struct ww_wire *w, struct ww_facts *f)
{
    void *room;
    f->n_networks = ww_wire_list(w, f->n_networks, LEAST_NETWORK, sizeof(*f->networks), &room);
    f->networks = w->out ? f->networks : room;
    for (size_t i = 0; i < f->n_networks; i++)
        walk_network(w, &f->networks[i]);
}

static void walk_target(struct ww_wire *w, struct ww_facts_target *t)
{
    ww_wire_text(w, &t->id);
    ww_wire_text(w, &t->name);
    ww_wire_text(w, &t->project);
    ww_wire_text(w, &t->service);
    ww_wire_text(w, &t->swarm_service);
    walk_endpoints(w, &t->endpoints, &t->n_endpoints);
    walk_published(w, &t->published, &t->n_published);
}

static void walk_targets(struct ww_wire *w, struct ww_facts *f)
{
    void *room;
    f->n_targets = ww_wire_list(w, f->n_targets, LEAST_TARGET, sizeof(*f->targets), &room);
    f->targets = w->out ? f->targets : room;
    for (size_t i = 0; i < f->n_targets; i++)
        walk_target(w, &f->targets[i]);
}

static void walk_broadcasts(struct ww_wire *w, struct ww_facts *f)
{
    void *room;
    f->n_broadcasts = ww_wire_list(w, f->n_broadcasts, LEAST_ADDR, sizeof(*f->broadcasts), &room);
    f->broadcasts = w->out ? f->broadcasts : room;
    for (size_t i = 0; i < f->n_broadcasts; i++)
        ww_wire_addr(w, &f->broadcasts[i]);
}

static void walk_facts(struct ww_wire *w, struct ww_facts *f)
{
    ww_wire_text(w, &f->id);
    ww_wire_text(w, &f->name);
    ww_wire_text(w, &f->project);
    ww_wire_text(w, &f->service);
    ww_wire_text(w, &f->label_rules);
    ww_wire_flag(w, &f->rules_from_image);
    walk_endpoints(w, &f->endpoints, &f->n_endpoints);
    walk_broadcasts(w, f);
    walk_published(w, &f->published, &f->n_published);
    walk_networks(w, f);
    walk_targets(w, f);
    walk_read(w, f);
}

void ww_facts_encode(const struct ww_facts *facts, struct ww_buf *out)
{
    struct ww_wire w = {.out = out};
    struct ww_facts same = *facts; /* a wire that writes changes nothing */
    walk_facts(&w, &same);
}

int ww_facts_decode(const char *bytes, size_t n, struct ww_facts *ret_facts, struct ww_error *err)
{
    struct ww_wire w = {.at = bytes, .end = bytes + n};
    struct ww_facts facts = {0};
    walk_facts(&w, &facts);
    int rc = ww_wire_end(&w);
    if (rc == 0 && !facts.id)
        rc = -EINVAL;
    if (rc < 0) {
        ww_facts_decoded_done(&facts);
        return ww_fail(err, rc, rc == -ENOMEM ? "out of memory for a container's facts" : "not a container's facts");
    }
    *ret_facts = facts;
    return 0;
}

/* What was made for it here; the strings are borrowed. */
static void network_done(struct ww_facts_network *n)
{
    if (n->labels)
        free(n->labels->items);
    free((void *)n->labels);
    free((void *)n->subnets);
}

void ww_facts_decoded_done(struct ww_facts *facts)
{
    for (size_t i = 0; i < facts->n_targets; i++)
        free((void *)facts->targets[i].published);
    for (size_t i = 0; i < facts->n_endpoints; i++)
        network_done(&facts->endpoints[i].network);
    free((void *)facts->published);
    ww_facts_done(facts);
}
