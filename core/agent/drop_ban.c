#include "core/agent/drop_ban.h"

#include <string.h>

/* The packet as the first of a flow; one that began earlier meets the same rules. */
static struct ww_flow flow_of(const struct ww_drop *drop)
{
    bool led = drop->orig_dst.family != 0;
    struct ww_flow flow = {
        .proto = drop->proto,
        .src = drop->src,
        .sport = drop->sport,
        .dst = drop->dst,
        .dport = drop->dport,
        .orig_dst = led ? drop->orig_dst : drop->dst,
        .orig_dport = led && drop->orig_dport ? drop->orig_dport : drop->dport,
        .from_host = drop->reason == WW_REASON_HOST,
        .to_host = drop->reason == WW_REASON_PORT,
    };
    if (drop->has_icmp)
        flow.question = (uint16_t)(drop->icmp_type << 8 | drop->icmp_code);
    return flow;
}

static const struct ww_ban *ban_of(const struct ww_managed_container *s, const struct ww_ruleset *rs,
                                   const struct ww_flow *flow)
{
    for (size_t i = 0; i < s->compiled.n_bans; i++)
        if (ww_flow_matches(rs, &s->compiled.bans[i].rule, flow))
            return &s->compiled.bans[i];
    return NULL;
}

const struct ww_ban *ww_drop_ban_of(const struct ww_managed_containers *managed, const struct ww_ruleset *rs,
                                    const struct ww_flow *flow)
{
    const struct ww_ban *found = NULL;
    for (const struct ww_managed_container *s = managed->by_id; s && !found; s = s->hh.next)
        if (strcmp(s->head ? s->head : s->id, rs->id) == 0)
            found = ban_of(s, rs, flow);
    return found;
}

const struct ww_ban *ww_drop_ban(const struct ww_managed_containers *managed, const struct ww_drop_view *view,
                                 const struct ww_drop *drop)
{
    struct ww_flow flow = flow_of(drop);
    bool by_rules = drop->reason == WW_REASON_OUT || drop->reason == WW_REASON_IN || drop->reason == WW_REASON_HOST ||
                    drop->reason == WW_REASON_PORT;
    if (!by_rules || !view->rs || view->rs->quarantined)
        return NULL;
    return ww_drop_ban_of(managed, view->rs, &flow);
}
