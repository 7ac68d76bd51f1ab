/* A packet, judged by the rules of a world. */
#include <errno.h>

#include "core/lib/failure.h"
#include "core/lib/options.h"
#include "core/lib/world_internal.h"
#include "core/model/protocol.h"

_Static_assert(offsetof(struct whalewall_packet, reserved) + 7 == sizeof(struct whalewall_packet),
               "no padding at the end");
_Static_assert(offsetof(struct whalewall_verdict, reserved) + 7 == sizeof(struct whalewall_verdict),
               "no padding at the end");

static int read_protocol(const struct whalewall_packet *p, struct ww_flow *flow, struct ww_error *err)
{
    const struct ww_protocol *protocol = p->protocol ? ww_protocol_named(p->protocol) : NULL;
    if (!protocol || !protocol->in_rules)
        return ww_fail(err, -EINVAL, "'%.20s' is no protocol that rules name", p->protocol ? p->protocol : "");
    if (protocol->has_ports != (p->port != 0))
        return ww_fail(err, -EINVAL, protocol->has_ports ? "%s needs a port" : "%s has no ports", protocol->name);
    flow->proto = ww_protocol_in(protocol->number, flow->src.family);
    flow->question = ww_protocol_question(flow->proto);
    return 0;
}

static int read_address(const char *what, const char *text, struct ww_addr *ret_addr, struct ww_error *err)
{
    if (!text)
        return ww_fail(err, -EINVAL, "the packet has no %s", what);
    int rc = ww_addr_parse(text, ret_addr, err);
    return rc < 0 ? ww_context(err, "the packet's %s", what) : 0;
}

static int read_packet(const struct whalewall_packet *p, struct ww_flow *flow, struct ww_error *err)
{
    int rc = read_address("source", p->source, &flow->src, err);
    if (rc == 0)
        rc = read_address("destination", p->destination, &flow->dst, err);
    if (rc == 0)
        rc = read_address("dialled address", p->dialled ? p->dialled : p->destination, &flow->orig_dst, err);
    if (rc == 0 && (flow->src.family != flow->dst.family || flow->src.family != flow->orig_dst.family))
        rc = ww_fail(err, -EINVAL, "the packet's addresses are not all IPv4 or all IPv6");
    if (rc == 0)
        rc = read_protocol(p, flow, err);
    flow->sport = p->source_port;
    flow->dport = p->port;
    flow->orig_dport = p->dialled ? p->dialled_port : p->port;
    flow->from_host = p->from_host;
    flow->to_host = p->to_host;
    flow->orig_dst_host = p->dialled ? p->dialled_host : p->to_host;
    return rc;
}

static const char *reason_of(const struct whalewall_world *w, const struct ww_judgement *j, const struct ww_flow *flow)
{
    const struct ww_ban *ban = j->refused_by ? ww_offline_ban(w->offline, j->refused_by, flow) : NULL;
    return ban ? ban->reason : j->reason;
}

int whalewall_world_evaluate(struct whalewall_world *w, const struct whalewall_packet *packet,
                             struct whalewall_verdict *ret_verdict, struct whalewall_error *error)
{
    struct whalewall_packet p = {0};
    struct ww_flow flow = {0};
    struct ww_error err = {0};
    int rc = ww_options_take(&p, sizeof(p), packet, &err);
    if (rc == 0)
        rc = ww_options_reserved(p.reserved, sizeof(p.reserved), &err);
    if (rc == 0)
        rc = read_packet(&p, &flow, &err);
    if (rc == 0)
        rc = ww_lib_world_compile(w, &err);
    if (rc < 0)
        return ww_failure(error, &err);
    struct ww_judgement j = ww_flow_judge(w->stage.plan, &flow);
    const struct whalewall_verdict out = {
        .allowed = j.allowed,
        .reason = reason_of(w, &j, &flow),
        .sender = j.sender ? j.sender->origin : NULL,
        .receiver = j.receiver ? j.receiver->origin : NULL,
        .refused_by = j.refused_by ? j.refused_by->name : NULL,
    };
    return ww_options_give(ret_verdict, &out, sizeof(out), &err) < 0 ? ww_failure(error, &err) : 0;
}
