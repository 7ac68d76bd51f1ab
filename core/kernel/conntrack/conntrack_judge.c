#include "core/kernel/conntrack/conntrack_judge.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/text.h"

struct ww_flow ww_case_flow(const struct ww_case *c, const struct ww_tracked *tracked)
{
    return (struct ww_flow){
        .proto = tracked->orig.proto,
        .question = tracked->orig.question,
        .src = tracked->orig.src,
        .sport = tracked->orig.sport,
        .dst = tracked->reply.src,
        .dport = tracked->reply.sport,
        .orig_dst = tracked->orig.dst,
        .orig_dport = tracked->orig.dport,
        .from_host = ww_hostaddr_takes(c->hosts, &tracked->orig.src),
        .to_host = ww_hostaddr_takes(c->hosts, &tracked->reply.src),
        .orig_dst_host = ww_hostaddr_has(c->hosts, &tracked->orig.dst),
    };
}

bool ww_case_concerns(const struct ww_case *c, const struct ww_tracked *tracked)
{
    if (ww_affected_has(c->affected, &tracked->orig.src) || ww_affected_has(c->affected, &tracked->reply.src) ||
        ww_affected_has(c->affected, &tracked->reply.dst))
        return true;
    if (ww_affected_has_port(c->affected, tracked->orig.proto, tracked->orig.sport) &&
        ww_hostaddr_takes(c->hosts, &tracked->orig.src))
        return true;
    return ww_affected_has_port(c->affected, tracked->orig.proto, tracked->orig.dport) &&
           ww_hostaddr_takes(c->hosts, &tracked->reply.src);
}

/*
 * Did the userland proxy begin it, with an answer that was of no flow (chain `stale`)? Then the client is at its other
 * end, and *flow becomes what the client's question would be. A TCP answer begins nothing.
 */
static bool turn_answer(const struct ww_case *c, struct ww_flow *flow)
{
    const struct ww_flow f = *flow;
    if (f.proto == IPPROTO_TCP || !f.from_host || !ww_plan_by_publish(c->plan, f.proto, &f.src, f.sport, NULL))
        return false;
    *flow = (struct ww_flow){.proto = f.proto,
                             .src = f.orig_dst,
                             .sport = f.orig_dport,
                             .dst = f.src,
                             .dport = f.sport,
                             .orig_dst = f.src,
                             .orig_dport = f.sport,
                             .from_host = f.to_host,
                             .to_host = true,
                             .orig_dst_host = true};
    return true;
}

/* Was it a managed address, and is now no container's? The gateway's and the host's own never are. */
static bool is_abandoned(const struct ww_case *c, const struct ww_addr *addr)
{
    return ww_affected_has(c->affected, addr) && !ww_plan_by_addr(c->plan, addr) && !ww_hostaddr_has(c->hosts, addr);
}

/* The first rule of one side (the sender's: output) that matches, as it was; NULL if none did. */
static const struct ww_rule *deciding_rule(const struct ww_ruleset *rs, bool sender, const struct ww_flow *flow)
{
    for (size_t i = 0; rs && i < rs->n_rules; i++)
        if ((rs->rules[i].side == WW_OUTPUT) == sender && ww_flow_matches(rs, &rs->rules[i], flow))
            return &rs->rules[i];
    return NULL;
}

static bool has_verdict(const struct ww_rule *rule)
{
    return rule && rule->verdict.kind != WW_ACCEPT;
}

static bool same_rule(const struct ww_rule *a, const struct ww_rule *b)
{
    struct ww_buf x = {0}, y = {0};
    ww_rule_write(a, &x);
    ww_rule_write(b, &y);
    bool same = ww_buf_ok(&x) && ww_buf_ok(&y) && x.len == y.len && !memcmp(x.data, y.data, x.len);
    ww_buf_done(&x);
    ww_buf_done(&y);
    return same;
}

static int compare_id(const void *key, const void *item)
{
    const struct ww_ruleset *rs = key;
    const struct ww_change *change = item;
    return strcmp(rs->id, change->to ? change->to->id : change->from->id);
}

static const struct ww_change *change_of(const struct ww_case *c, const struct ww_ruleset *rs)
{
    if (!rs || !c->diff->n)
        return NULL;
    return bsearch(rs, c->diff->changes, c->diff->n, sizeof(*c->diff->changes), compare_id);
}

/*
 * Which rule with a chain or queue decided is noted in the label by a hash of the rule and its place among the others.
 * rs: whose rule `now` is; `before` is looked for in what it was.
 */
static bool verdict_changed(const struct ww_case *c, const struct ww_ruleset *rs, bool sender,
                            const struct ww_tracked *tracked, const struct ww_rule *now)
{
    const struct ww_change *change = change_of(c, rs);
    bool noted = tracked->noted[!sender];
    if (!change || (!noted && !has_verdict(now)))
        return false;
    if (!noted)
        return true;
    struct ww_flow flow = ww_case_flow(c, tracked);
    const struct ww_rule *before = deciding_rule(change->from, sender, &flow);
    if (!has_verdict(before))
        return false; /* then it was noted by what holds now */
    return !now || before - change->from->rules != now - rs->rules || !same_rule(before, now);
}

bool ww_case_dooms(const struct ww_case *c, const struct ww_tracked *tracked)
{
    if (c->all || is_abandoned(c, &tracked->orig.src) || is_abandoned(c, &tracked->reply.src) ||
        is_abandoned(c, &tracked->reply.dst))
        return true;
    struct ww_flow flow = ww_case_flow(c, tracked);
    bool turned = turn_answer(c, &flow);
    struct ww_judgement j = ww_flow_judge(c->plan, &flow);
    if (!j.allowed || turned)
        return !j.allowed;
    const struct ww_ruleset *sender = ww_plan_by_addr(c->plan, &flow.src);
    const struct ww_ruleset *receiver = flow.to_host
                                            ? ww_plan_by_publish(c->plan, flow.proto, &flow.dst, flow.dport, NULL)
                                            : ww_plan_by_addr(c->plan, &flow.dst);
    return verdict_changed(c, sender, true, tracked, j.sender) ||
           verdict_changed(c, receiver, false, tracked, j.proxied ? NULL : j.receiver);
}
