#include "core/agent/explain_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/explain_end.h"
#include "core/agent/explain_ways.h"
#include "core/model/protocol.h"

#define WORK 500000   /* rules and containers that are looked at for one question: some ten milliseconds */
#define WORK_LEAST 50 /* of one part, whatever there is */

/* The first ports of the parts into which all ports are cut. */
struct cuts {
    uint32_t *at;
    size_t n;
    const struct ww_protocol *protocol;
    int rc;
};

static void cut(struct cuts *cuts, uint32_t port)
{
    if (cuts->rc < 0 || port > UINT16_MAX)
        return;
    uint32_t *at = cuts->n & (cuts->n - 1) ? cuts->at : reallocarray(cuts->at, cuts->n ? 2 * cuts->n : 1, sizeof(*at));
    if (!at) {
        cuts->rc = -ENOMEM;
        return;
    }
    cuts->at = at;
    at[cuts->n++] = port;
}

static void cut_range(struct cuts *cuts, uint32_t first, uint32_t last)
{
    cut(cuts, first);
    cut(cuts, last + 1);
}

/* May the rule be about the other end? In doubt it may. */
static bool may_concern(const struct ww_rule *rule, const struct ww_end *other)
{
    if (rule->peer != WW_PEER_ADDRS || !other->n_places)
        return true;
    for (size_t i = 0; i < rule->n_peers; i++)
        for (size_t k = 0; k < other->n_places; k++)
            if (ww_addr_range_contains(&rule->peers[i], &other->places[k].addr))
                return true;
    return false;
}

static void cut_rules(struct cuts *cuts, const struct ww_ruleset *rs, const struct ww_end *other)
{
    for (size_t i = 0; rs && i < rs->n_rules; i++) {
        const struct ww_rule *rule = &rs->rules[i];
        bool concerns = (!rule->proto || rule->proto == cuts->protocol->number) && may_concern(rule, other);
        for (size_t k = 0; concerns && k < rule->n_dports; k++)
            cut_range(cuts, rule->dports[k].lo, rule->dports[k].hi);
    }
}

/* Each port of the host leads somewhere else. */
static int cut_host_ports(const struct ww_container *c, void *arg)
{
    struct cuts *cuts = arg;
    for (size_t i = 0; i < c->n_published; i++)
        if (c->published[i].hport && c->published[i].proto == cuts->protocol->number)
            cut_range(cuts, c->published[i].hport, c->published[i].hport);
    return cuts->rc;
}

static int cut_ports(const struct ww_container *c, void *arg)
{
    struct cuts *cuts = arg;
    for (size_t i = 0; i < c->n_published; i++)
        if (c->published[i].proto == cuts->protocol->number)
            cut_range(cuts, c->published[i].cport, c->published[i].cport);
    return cuts->rc;
}

static int by_port(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int find_cuts(const struct ww_explaining *x, struct cuts *cuts)
{
    const struct ww_end *from = x->asked.from;
    const struct ww_end *to = x->asked.to;
    const struct ww_container *home = to->head ? ww_world_container(x->agent->world, to->head) : NULL;
    size_t n = 0;
    cut(cuts, cuts->protocol->has_ports ? 1 : 0);
    if (!cuts->protocol->has_ports)
        return cuts->rc;
    cut_rules(cuts, from->rs, to);
    cut_rules(cuts, to->rs, from);
    if (to->kind == WW_END_HOST)
        ww_world_each_container(x->agent->world, cut_host_ports, cuts);
    if (home) {
        cut_ports(home, cuts);
        ww_world_each_sharer(x->agent->world, to->head, cut_ports, cuts);
    }
    if (cuts->rc < 0)
        return cuts->rc;
    qsort(cuts->at, cuts->n, sizeof(*cuts->at), by_port);
    for (size_t i = 0; i < cuts->n; i++)
        if (cuts->at[i] && (!n || cuts->at[n - 1] != cuts->at[i]))
            cuts->at[n++] = cuts->at[i];
    cuts->n = n;
    return 0;
}

static size_t rules_of(const struct ww_end *end)
{
    return end->rs ? end->rs->n_rules : 0;
}

/* How much one part makes the loop look at. */
static size_t work_of(const struct ww_explaining *x)
{
    bool host = x->asked.to->kind == WW_END_HOST;
    size_t ways = x->asked.to->n_places + x->asked.from->n_places + 1;
    return (WORK_LEAST + rules_of(x->asked.from) + rules_of(x->asked.to) +
            (host ? ww_world_count(x->agent->world) : 0)) *
           ways;
}

static int add_range(struct ww_explanation *all, const struct ww_protocol *protocol, uint16_t first, uint16_t last,
                     enum ww_explain_verdict verdict)
{
    struct ww_explain_range *before = all->n_ranges ? &all->ranges[all->n_ranges - 1] : NULL;
    if (before && before->protocol == protocol->name && before->verdict == verdict && before->last + 1 == first) {
        before->last = last;
        return 0;
    }
    return ww_explanation_add_range(all, protocol->name, first, last, verdict);
}

static int take_notes(struct ww_explanation *all, const struct ww_explanation *one)
{
    int rc = 0;
    for (size_t i = 0; i < one->n_notes && rc == 0; i++)
        rc = ww_explanation_note(all, "%s", one->notes[i]);
    return rc;
}

/* One part of the ports: as its first one is judged. `refused` collects what is said of those that do not pass. */
static int judge_part(const struct ww_explaining *x, const struct ww_protocol *protocol, uint32_t first, uint32_t last,
                      struct ww_explanation *refused)
{
    struct ww_explanation one = {0};
    struct ww_explaining part = {.agent = x->agent, .asked = x->asked, .out = &one};
    part.asked.protocol = protocol;
    part.asked.port = (uint16_t)first;
    int rc = ww_explain_ways(&part);
    bool passes = one.verdict != WW_EXPLAIN_REFUSED;
    if (rc == 0)
        rc = take_notes(passes ? x->out : refused, &one);
    if (rc == 0 && passes)
        rc = add_range(x->out, protocol, (uint16_t)first, (uint16_t)last, one.verdict);
    else if (rc == 0)
        x->out->some_refused = true;
    ww_explanation_done(&one);
    return rc;
}

static int judge_protocol(const struct ww_explaining *x, struct cuts *cuts, size_t *work,
                          struct ww_explanation *refused, struct ww_error *err)
{
    int rc = find_cuts(x, cuts);
    if (rc < 0)
        return rc;
    *work += cuts->n * work_of(x);
    if (*work > WORK)
        return ww_fail(err, -EINVAL,
                       "rules and published ports name too many ports between '%.60s' and '%.60s' to go through all of "
                       "them; ask for one, as tcp/443",
                       x->asked.from->text, x->asked.to->text);
    for (size_t i = 0; i < cuts->n && rc == 0; i++) {
        uint32_t last = !cuts->at[i] ? 0 : i + 1 < cuts->n ? cuts->at[i + 1] - 1 : UINT16_MAX;
        rc = judge_part(x, cuts->protocol, cuts->at[i], last, refused);
    }
    return rc;
}

int ww_explain_all(struct ww_explaining *x, struct ww_error *err)
{
    struct ww_explanation refused = {0};
    size_t work = 0;
    size_t n;
    int rc = 0;
    const struct ww_protocol *protocols = ww_protocols(&n);
    x->out->all = true;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct cuts cuts = {.protocol = &protocols[i]};
        if (protocols[i].in_rules)
            rc = judge_protocol(x, &cuts, &work, &refused, err);
        free(cuts.at);
    }
    if (rc == 0 && !x->out->n_ranges)
        rc = take_notes(x->out, &refused);
    ww_explanation_sum_up_ranges(x->out);
    ww_explanation_done(&refused);
    return rc;
}
