#include "core/agent/explain_note.h"

#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/model/protocol.h"

#define CLIENT_PORT 40000 /* of those that Linux gives to clients; no rule of a service names it by chance */

struct ww_flow ww_explaining_flow(const struct ww_explaining *x, const struct ww_addr *src, const struct ww_addr *dst)
{
    const struct ww_protocol *p = x->asked.protocol;
    uint8_t proto = ww_protocol_in(p->number, src->family);
    return (struct ww_flow){.proto = proto,
                            .question = ww_protocol_question(proto),
                            .src = *src,
                            .sport = p->has_ports ? CLIENT_PORT : 0,
                            .dst = *dst,
                            .dport = x->asked.port,
                            .orig_dst = *dst,
                            .orig_dport = x->asked.port};
}

int ww_explaining_begin(struct ww_explaining *x, const struct ww_flow *flow, const char *network,
                        struct ww_explain_way **ret_way)
{
    struct ww_explain_way *way;
    int rc = ww_explanation_add_way(x->out, &way);
    if (rc < 0)
        return rc;
    way->network = network;
    way->source = flow->src;
    way->destination = flow->dst;
    way->port = flow->dport;
    way->dialled = flow->orig_dst;
    way->dialled_port = flow->orig_dport;
    *ret_way = way;
    return 0;
}

static bool is_changing(const struct ww_agent *a, const struct ww_end *end)
{
    const struct ww_ruleset *wanted = end->head ? ww_plan_get(a->desired, end->head) : NULL;
    if (!wanted || !end->rs)
        return wanted != end->rs;
    return strcmp(wanted->hash, end->rs->hash) != 0;
}

static int note_end(struct ww_explaining *x, const struct ww_end *end)
{
    const char *name = end->container && end->container->name ? end->container->name : end->text;
    int rc = 0;
    if (end->alike > 1)
        rc = ww_explanation_note(
            x->out, "%zu containers go by '%s': this is about '%s'; write another one's name in full to ask about it",
            end->alike, end->text, name);
    if (rc == 0 && end->container && end->kind == WW_END_CONTAINER && strcmp(end->head, end->container->id) != 0)
        rc = ww_explanation_note(x->out, "'%s' shares the network of container %.12s: rules of both are in force there",
                                 name, end->head);
    if (rc == 0 && end->kind == WW_END_HOST && end->container)
        rc = ww_explanation_note(x->out, "'%s' is on the host's network: it is the host, and nothing of it is enforced",
                                 name);
    if (rc == 0 && end->kind == WW_END_CONTAINER && !end->n_places)
        rc = ww_explanation_note(x->out, "'%s' has no address: it does not run, or is on no network", name);
    if (rc == 0 && end->kind == WW_END_CONTAINER && is_changing(x->agent, end))
        rc = ww_explanation_note(x->out, "the rules of '%s' are just changing: this is what is in force now", name);
    return rc;
}

int ww_explain_note_ends(struct ww_explaining *x)
{
    int rc = note_end(x, x->asked.from);
    if (rc == 0)
        rc = note_end(x, x->asked.to);
    if (rc == 0 && !x->agent->ready)
        rc = ww_explanation_note(x->out, "the engine's first list is not in force yet: this is what is in force now");
    return rc;
}

/* What was judged last never comes to be judged. */
static void set_unfiltered(struct ww_explaining *x)
{
    struct ww_explain_way *way = &x->out->ways[x->out->n_ways - 1];
    for (size_t i = 0; i < way->n_steps; i++)
        free(way->steps[i].hint);
    way->n_steps = 0;
    way->verdict = WW_EXPLAIN_UNFILTERED;
}

int ww_explain_note_network(struct ww_explaining *x, const struct ww_network *n, int family)
{
    bool filtered = ww_network_is_enforceable(n);
    if (filtered && (!x->agent->sees_bridged || x->agent->sees_bridged(x->agent->kernel, family)))
        return 0;
    set_unfiltered(x);
    if (filtered)
        return ww_explanation_note(x->out, "the kernel does not show IPv%d between containers of one bridge",
                                   family == AF_INET ? 4 : 6);
    return ww_explanation_note(x->out, "network '%s' has the driver %s: its packets do not pass the host's firewall",
                               n->name, n->driver);
}

int ww_explain_note_apart(struct ww_explaining *x)
{
    if (!x->out->n_ways)
        return ww_explanation_note(x->out, "they have no addresses of one family: nothing leads from one to the other");
    return ww_explanation_note(x->out, "they have no network in common: Docker itself drops what goes from one of its "
                                       "networks to another, whatever is said here");
}

int ww_explain_note_unpublished(struct ww_explaining *x)
{
    return ww_explanation_note(x->out,
                               "no port of the host leads there: from outside it needs a route to the container's "
                               "address, and Docker 28 and newer drop that themselves");
}

int ww_explain_note_proxy(struct ww_explaining *x)
{
    return ww_explanation_note(x->out, "which of these ways it takes depends on the engine's userland proxy");
}

/* What passes here may still be stopped, and where nothing of ours decided it is all that decides. */
int ww_explain_note_ways(struct ww_explaining *x)
{
    int rc = 0;
    for (size_t i = 0; i < x->out->n_ways && rc == 0; i++) {
        const struct ww_explain_way *way = &x->out->ways[i];
        if (way->verdict == WW_EXPLAIN_ALLOWED)
            rc = ww_explanation_note(x->out, way->n_steps
                                                 ? "other firewalls of the host, and Docker's own rules, may drop "
                                                   "what is allowed here"
                                                 : "where no end is managed whalewall decides nothing: Docker "
                                                   "and the host's own firewall do");
    }
    return rc;
}

static int add_unfiltered(struct ww_explaining *x)
{
    struct ww_explain_way *way;
    int rc = ww_explanation_add_way(x->out, &way);
    if (rc == 0)
        way->verdict = WW_EXPLAIN_UNFILTERED;
    return rc;
}

int ww_explain_note_same(struct ww_explaining *x)
{
    int rc = add_unfiltered(x);
    return rc < 0
               ? rc
               : ww_explanation_note(x->out, "both are in one network namespace: what they say to each other does not "
                                             "pass the host's firewall");
}

int ww_explain_note_host(struct ww_explaining *x)
{
    int rc = add_unfiltered(x);
    return rc < 0 ? rc : ww_explanation_note(x->out, "no container is at an end of it");
}
