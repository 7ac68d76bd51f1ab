#include "core/kernel/conntrack_judge.h"

#include <stddef.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/text.h"

struct ww_flow ww_case_flow(const struct ww_case *c, const struct ww_tracked *tracked)
{
    return (struct ww_flow){
        .proto = tracked->orig.proto,
        .src = tracked->orig.src,
        .sport = tracked->orig.sport,
        .dst = tracked->reply.src,
        .dport = tracked->reply.sport,
        .dialled = tracked->orig.dst,
        .dialled_port = tracked->orig.dport,
        .from_host = ww_hostaddr_has(c->hosts, &tracked->orig.src),
        .to_host = ww_hostaddr_has(c->hosts, &tracked->reply.src),
    };
}

bool ww_case_concerns(const struct ww_case *c, const struct ww_tracked *tracked)
{
    if (ww_scope_find(c->scope, &tracked->orig.src) || ww_scope_find(c->scope, &tracked->reply.src) ||
        ww_scope_find(c->scope, &tracked->reply.dst))
        return true;
    return ww_scope_has_port(c->scope, tracked->orig.proto, tracked->orig.dport) &&
           ww_hostaddr_has(c->hosts, &tracked->reply.src);
}

/* Was it a managed address, and is nobody's now? The gateway's and the host's own never are. */
static bool is_abandoned(const struct ww_case *c, const struct ww_addr *addr)
{
    return ww_scope_find(c->scope, addr) && !ww_plan_by_addr(c->plan, addr) && !ww_hostaddr_has(c->hosts, addr);
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

/* Was the flow under another chain or queue than now, on this side? */
static bool verdict_changed(const struct ww_change *change, bool sender, const struct ww_flow *flow,
                            const struct ww_rule *now)
{
    if (!change)
        return false;
    const struct ww_rule *before = deciding_rule(change->from, sender, flow);
    if (!has_verdict(before) && !has_verdict(now))
        return false;
    return !before || !now || !same_rule(before, now);
}

bool ww_case_dooms(const struct ww_case *c, const struct ww_tracked *tracked)
{
    if (is_abandoned(c, &tracked->orig.src) || is_abandoned(c, &tracked->reply.src) ||
        is_abandoned(c, &tracked->reply.dst))
        return true;
    struct ww_flow flow = ww_case_flow(c, tracked);
    struct ww_judgement j = ww_flow_judge(c->plan, &flow);
    if (!j.allowed)
        return true;
    return verdict_changed(ww_scope_find(c->scope, &flow.src), true, &flow, j.sender) ||
           verdict_changed(ww_scope_find(c->scope, &flow.dst), false, &flow, j.receiver);
}
