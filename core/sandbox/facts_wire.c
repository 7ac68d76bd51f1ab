/* A new field of the facts is one line here, in the function of its struct. */
#include "core/sandbox/facts_wire.h"

#include <errno.h>
#include <stdlib.h>

#include "core/sandbox/wire.h"

/* The least that an item of each list takes: its strings' lengths, and what has always the same size. */
#define LEAST_NETWORK (5 * 4 + 1)
#define LEAST_ADDR 17
#define LEAST_ENDPOINT (LEAST_NETWORK + 2 * 17 + 6)
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

/* What only policies of the site read is not among it: they are not run in workers. */
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

void ww_facts_decoded_done(struct ww_facts *facts)
{
    for (size_t i = 0; i < facts->n_targets; i++)
        free((void *)facts->targets[i].published);
    free((void *)facts->published);
    ww_facts_done(facts);
}
