#include "core/agent/explain_way.h"

#include <errno.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/awaited.h"
#include "core/agent/drop_ban.h"
#include "core/agent/explain_end.h"
#include "core/agent/explain_hint.h"
#include "core/agent/faults.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"

struct judging {
    const struct ww_agent *agent;
    const struct ww_asked *asked;
    const struct ww_flow *flow;
    struct ww_explain_way *way;
};

/* Past WW_EXPLAIN_STEPS nothing is noted: no way has that many. */
static struct ww_explain_step *add_step(const struct judging *j, const char *at, const char *container)
{
    struct ww_explain_way *way = j->way;
    struct ww_explain_step *step = &way->steps[way->n_steps < WW_EXPLAIN_STEPS ? way->n_steps++ : WW_EXPLAIN_STEPS - 1];
    *step = (struct ww_explain_step){.at = at, .container = container, .passes = true};
    return step;
}

static void refuse(const struct judging *j, struct ww_explain_step *step, const char *text)
{
    step->passes = false;
    step->text = text;
    j->way->verdict = WW_EXPLAIN_REFUSED;
}

static bool is_always(const struct ww_fence *f, const struct ww_addr *addr)
{
    for (size_t i = 0; i < f->n_always; i++)
        if (ww_addr_cmp(&f->always[i], addr) == 0)
            return true;
    return false;
}

static const struct ww_known *find_known(const struct ww_fence *f, const struct ww_addr *addr)
{
    for (size_t i = 0; i < f->n_known; i++) {
        const struct ww_endpoint_addrs *e = &f->known[i].addrs;
        if (ww_addr_cmp(&e->ipv4, addr) == 0 || ww_addr_cmp(&e->ipv6, addr) == 0)
            return &f->known[i];
    }
    return NULL;
}

/* Does the guard of the address's network let it talk? */
static bool pass_guard(const struct judging *j, const struct ww_addr *addr)
{
    const struct ww_fence *f = ww_end_fence(j->agent, addr);
    const struct ww_known *known = f ? find_known(f, addr) : NULL;
    if (f && f->guarded && !known && !is_always(f, addr)) {
        refuse(j, add_step(j, "guard", NULL), "this end is not known on its guarded network (yet)");
        return false;
    }
    if (known && known->port == WW_PORT_NOWHERE) {
        const struct ww_container *c = ww_world_container(j->agent->world, known->container);
        refuse(j, add_step(j, "guard", c ? c->name : NULL), "closed, because its port of the bridge is not known");
        return false;
    }
    return true;
}

/* Why a container is quarantined: of several in one network namespace, what the first that is says. */
struct fault_search {
    const struct ww_agent *agent;
    const char *found;
};

static int take_fault(const struct ww_container *c, void *arg)
{
    struct fault_search *search = arg;
    const struct ww_managed_container *s = ww_managed_container_find(&search->agent->managed, c->id);
    search->found = s ? s->fault : NULL;
    return search->found != NULL;
}

static const char *fault_of(const struct ww_agent *a, const char *head)
{
    struct fault_search search = {.agent = a};
    const struct ww_managed_container *s = ww_managed_container_find(&a->managed, head);
    if (s && s->fault)
        return s->fault;
    ww_world_each_sharer(a->world, head, take_fault, &search);
    return search.found ? search.found : ww_faults_get(&a->faults, head);
}

static int add_hint(const struct judging *j, struct ww_explain_step *step, const struct ww_ruleset *rs, bool sender)
{
    struct ww_hint_about refusal = {.from = j->asked->from,
                                    .to = j->asked->to,
                                    .protocol = j->asked->protocol,
                                    .flow = j->flow,
                                    .network = j->way->network,
                                    .refuser = rs,
                                    .sender = sender,
                                    .sender_managed = ww_plan_by_addr(j->agent->applied, &j->flow->src) != NULL};
    struct ww_buf hint = {0};
    const struct ww_note *note = ww_awaited_first(j->agent, rs->id, sender);
    if (note)
        ww_buf_fmt(&hint, "%s%s: %s", *note->origin ? note->origin : "a rule may wait", *note->origin ? " waits" : "",
                   note->text);
    else
        ww_hint_write(&refusal, &hint);
    step->hint = ww_buf_ok(&hint) ? ww_buf_take(&hint) : NULL;
    ww_buf_done(&hint);
    return step->hint ? 0 : -ENOMEM;
}

/* Rules of this ruleset refuse it. What mends that is another thing each time. */
static int explain_refusal(const struct judging *j, struct ww_explain_step *step, const struct ww_ruleset *rs,
                           bool sender, const char *reason)
{
    const char *fault = rs->quarantined ? fault_of(j->agent, rs->id) : NULL;
    const struct ww_ban *ban = ww_drop_ban_of(&j->agent->managed, rs, j->flow);
    refuse(j, step, reason);
    if (rs->quarantined) {
        step->text = fault ? fault : reason;
        return 0;
    }
    if (ww_idset_has(&j->agent->deferred, rs->id)) {
        step->text = "closed at an address until the tracked flows of its former holder are gone";
        return 0;
    }
    if (ban) {
        step->rule = ban->rule.origin;
        step->text = ban->reason;
        return 0;
    }
    return add_hint(j, step, rs, sender);
}

/* Its rules refuse it, and it passes all the same. */
static int explain_audited(const struct judging *j, struct ww_explain_step *step, const struct ww_ruleset *rs,
                           bool sender)
{
    step->text = "no rule allows it, but the container is audited: nothing of it is dropped";
    return rs->quarantined ? 0 : add_hint(j, step, rs, sender);
}

static void explain_rule(const struct judging *j, struct ww_explain_step *step, const struct ww_rule *rule,
                         bool proxied)
{
    step->rule = rule->origin;
    step->text = rule->consent ? "allowed by the sender's rule, which names this container" : "allowed";
    if (proxied) {
        step->text = "allowed, as it cannot be told from what the userland proxy passes on";
        return;
    }
    if (rule->verdict.kind == WW_ACCEPT)
        return;
    step->text = rule->verdict.kind == WW_CHAIN ? "goes to a chain of the user's, which decides"
                                                : "goes to a queue, where another program decides";
    if (j->way->verdict == WW_EXPLAIN_ALLOWED)
        j->way->verdict = WW_EXPLAIN_UNKNOWN;
}

static int judge_rules(const struct judging *j)
{
    const struct ww_flow *flow = j->flow;
    const struct ww_plan *plan = j->agent->applied;
    const struct ww_ruleset *sender = flow->from_host ? NULL : ww_plan_by_addr(plan, &flow->src);
    const struct ww_ruleset *receiver = flow->to_host
                                            ? ww_plan_by_publish(plan, flow->proto, &flow->dst, flow->dport, NULL)
                                            : ww_plan_by_addr(plan, &flow->dst);
    struct ww_judgement verdict = ww_flow_judge(plan, flow);
    struct ww_explain_step *step;
    if (sender) {
        step = add_step(j, "sender", sender->name);
        if (!verdict.sender && !verdict.sender_audited)
            return explain_refusal(j, step, sender, true, verdict.reason);
        if (verdict.sender)
            explain_rule(j, step, verdict.sender, false);
        else if (explain_audited(j, step, sender, true) < 0)
            return -ENOMEM;
    }
    if (!receiver)
        return 0;
    step = add_step(j, "receiver", receiver->name);
    if (!verdict.receiver && !verdict.receiver_audited)
        return explain_refusal(j, step, receiver, false, verdict.reason);
    if (!verdict.receiver)
        return explain_audited(j, step, receiver, false);
    explain_rule(j, step, verdict.receiver, verdict.proxied);
    return 0;
}

int ww_way_judge(const struct ww_agent *a, const struct ww_asked *asked, const struct ww_flow *flow,
                 struct ww_explain_way *way)
{
    struct judging j = {.agent = a, .asked = asked, .flow = flow, .way = way};
    if (!flow->from_host && !pass_guard(&j, &flow->src))
        return 0;
    if (!flow->to_host && !pass_guard(&j, &flow->dst))
        return 0;
    return judge_rules(&j);
}
