#include "core/agent/explain_ways.h"

#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/explain_end.h"
#include "core/agent/explain_note.h"
#include "core/agent/explain_port.h"
#include "core/agent/explain_way.h"

static int judge_flow(struct ww_explaining *x, const struct ww_flow *flow, const char *network)
{
    struct ww_explain_way *way;
    int rc = ww_explaining_begin(x, flow, network, &way);
    return rc < 0 ? rc : ww_way_judge(x->agent, &x->asked, flow, way);
}

/* Straight from one place to another. */
static int judge_places(struct ww_explaining *x, const struct ww_place *from, const struct ww_place *to)
{
    bool shared = from->network && from->network == to->network;
    struct ww_flow flow = ww_explaining_flow(x, &from->addr, &to->addr);
    int rc = judge_flow(x, &flow, shared ? from->network->name : NULL);
    return rc < 0 || !shared ? rc : ww_explain_note_network(x, from->network, from->addr.family);
}

static bool can_meet(const struct ww_place *from, const struct ww_place *to)
{
    return from->addr.family == to->addr.family && (!from->network || !to->network || from->network == to->network);
}

/* All places that have a network, or an end without networks, in common; if there is none, by the first of a family. */
static int judge_pairs(struct ww_explaining *x, const struct ww_end *from, const struct ww_end *to)
{
    size_t before = x->out->n_ways;
    int rc = 0;
    for (size_t i = 0; i < from->n_places; i++)
        for (size_t k = 0; k < to->n_places && rc == 0; k++)
            if (can_meet(&from->places[i], &to->places[k]))
                rc = judge_places(x, &from->places[i], &to->places[k]);
    if (rc < 0 || x->out->n_ways > before)
        return rc;
    for (size_t i = 0; i < from->n_places; i++)
        for (size_t k = 0; k < to->n_places && rc == 0; k++)
            if (from->places[i].addr.family == to->places[k].addr.family)
                rc = judge_places(x, &from->places[i], &to->places[k]);
    return rc < 0 ? rc : ww_explain_note_apart(x);
}

/* A process of the host sends it straight to the container. */
static int from_host_to_container(struct ww_explaining *x)
{
    const struct ww_end *from = x->asked.from;
    const struct ww_end *to = x->asked.to;
    int rc = 0;
    for (size_t i = 0; i < to->n_places && rc == 0; i++) {
        const struct ww_place *place = &to->places[i];
        struct ww_addr src = {.family = place->addr.family};
        if (from->n_places)
            src = from->places[0].addr;
        else
            ww_end_host_addr(x->agent, place->network ? place->network->id : NULL, place->addr.family, &src);
        if (src.family != place->addr.family)
            continue;
        struct ww_flow flow = ww_explaining_flow(x, &src, &place->addr);
        flow.from_host = true;
        rc = judge_flow(x, &flow, place->network ? place->network->name : NULL);
    }
    return rc;
}

/* From outside to what the container publishes; to its own address, where it does not publish that port. */
static int from_outside_to_container(struct ww_explaining *x)
{
    size_t before = x->out->n_ways;
    int rc = ww_explain_published(x);
    if (rc < 0 || x->out->n_ways > before)
        return rc;
    rc = judge_pairs(x, x->asked.from, x->asked.to);
    return rc < 0 ? rc : ww_explain_note_unpublished(x);
}

static int find_ways(struct ww_explaining *x)
{
    enum ww_end_kind from = x->asked.from->kind;
    enum ww_end_kind to = x->asked.to->kind;
    if (to == WW_END_HOST)
        return ww_explain_to_host(x);
    if (from == WW_END_HOST)
        return to == WW_END_CONTAINER ? from_host_to_container(x) : ww_explain_note_host(x);
    if (from != WW_END_CONTAINER && to == WW_END_CONTAINER)
        return from_outside_to_container(x);
    return judge_pairs(x, x->asked.from, x->asked.to);
}

int ww_explain_ways(struct ww_explaining *x)
{
    const struct ww_end *from = x->asked.from;
    const struct ww_end *to = x->asked.to;
    bool same = from->kind == WW_END_CONTAINER && to->kind == from->kind && strcmp(from->head, to->head) == 0;
    int rc = same ? ww_explain_note_same(x) : find_ways(x);
    if (rc == 0)
        rc = ww_explain_note_ways(x);
    ww_explanation_sum_up(x->out);
    return rc;
}
