/*
 * Where the chains drop-… lead for an audited container: the same is counted and reported, and the packet passes. At
 * their ends what called the side that was judged goes on, with the other side or with what accepts.
 */
#include <netinet/in.h>

#include "core/kernel/base_ruleset/base_rules_internal.h"

/* clang-format off */
#define NO_ICMP {.kind = WW_T_IS, .field = WW_F_PROTO, .value = IPPROTO_ICMP, .negate = true}
#define IS_ICMP IS(WW_F_PROTO, IPPROTO_ICMP)
#define IS_ICMPV6 IS(WW_F_PROTO, IPPROTO_ICMPV6)
#define NO_ICMPV6 {.kind = WW_T_IS, .field = WW_F_PROTO, .value = IPPROTO_ICMPV6, .negate = true}

/*
 * What suggests rules must not miss a flow that comes seldom beside one that comes often: so each flow is reported by
 * itself, once in a while. What there is no room to report is counted, for the end that the key names. It is not kept in
 * mind either, so a container that has very many flows takes no room from others. ICMP has a checksum for a port, which
 * would make each packet a flow of its own: its type and code stand there.
 */
#define FLOWS(chain, flows, each, key, name) \
    {chain, V4, {NO_ICMP, SET(flows), RETURN}}, \
    {chain, V6, {NO_ICMPV6, SET(flows), RETURN}}, \
    {chain, V4, {IS_ICMP, TYPED(flows), RETURN}}, \
    {chain, V6, {IS_ICMPV6, TYPED(flows), RETURN}}, \
    {chain, V4, {NO_ICMP, FEW(each), FLOW(flows), REPORT_AUDIT(name), RETURN}}, \
    {chain, V6, {NO_ICMPV6, FEW(each), FLOW(flows), REPORT_AUDIT(name), RETURN}}, \
    {chain, V4, {IS_ICMP, FEW(each), TYPED_FLOW(flows), REPORT_AUDIT(name), RETURN}}, \
    {chain, V6, {IS_ICMPV6, FEW(each), TYPED_FLOW(flows), REPORT_AUDIT(name), RETURN}}, \
    {chain, EACH, {COUNT(WW_AUDIT_LOST, key)}}

const struct ww_row ww_audit_rows[] = {
    /* no rule allows it, so it does not win over Docker's own drops: chain mark-audited was before */
    {"audit-out", ALL, {UNMARKED}},
    {"audit-out", EACH, {COUNT(WW_AUDIT_OUT, AS_IS)}},
    FLOWS("audit-out", WW_AUDIT_SENT, WW_AUDIT_S, AS_IS, OUT),

    {"audit-in", ALL, {UNMARKED}},
    {"audit-in", EACH, {COUNT(WW_AUDIT_IN, AS_IS)}},
    FLOWS("audit-in", WW_AUDIT_GOT, WW_AUDIT_D, SWAPPED, IN),

    {"audit-host", EACH, {COUNT(WW_AUDIT_HOST, AS_IS)}},
    FLOWS("audit-host", WW_AUDIT_GOT, WW_AUDIT_D, SWAPPED, HOST),

    /* what is not reported is counted for the host's address: the port need not be at one */
    {"audit-port", EACH, {SET(WW_AUDITED_HP), COUNT(WW_AUDIT_PORT_HP, AS_IS)}},
    {"audit-port", EACH, {OUTSIDE(WW_AUDITED_HP, AS_IS), COUNT(WW_AUDIT_PORT_P, AS_IS)}},
    {"audit-port", EACH, {SET(WW_AUDIT_GOT), RETURN}},
    {"audit-port", EACH, {FEW(WW_AUDIT_D), FLOW(WW_AUDIT_GOT), REPORT_AUDIT(PORT), RETURN}},
    {"audit-port", EACH, {COUNT(WW_AUDIT_LOST, SWAPPED)}},

    /* of two audited ends the sender's was judged first */
    {"audit-invalid", ALL, {UNMARKED}},
    {"audit-invalid", EACH, {FROM_AUDITED, COUNT(WW_AUDIT_INVALID, AS_IS)}},
    {"audit-invalid", EACH, {FROM_AUDITED, SAMPLE(WW_SAMPLE_S, AS_IS), REPORT_AUDIT(INVALID)}},
    {"audit-invalid", EACH, {NOT_FROM_AUDITED, COUNT(WW_AUDIT_INVALID, SWAPPED)}},
    {"audit-invalid", EACH, {NOT_FROM_AUDITED, SAMPLE(WW_SAMPLE_D, AS_IS), REPORT_AUDIT(INVALID)}},

    {"audit-sender", ALL, {UNMARKED}},
    {"audit-sender", EACH, {COUNT(WW_AUDIT_CHAIN, BEGAN_BY)}},
    {"audit-sender", EACH, {SAMPLE(WW_SAMPLE_S, BEGAN_BY), REPORT_AUDIT(SENDER)}},

    {"audit-receiver", ALL, {UNMARKED}},
    {"audit-receiver", EACH, {COUNT(WW_AUDIT_CHAIN, ANSWERED_BY)}},
    {"audit-receiver", EACH, {SAMPLE(WW_SAMPLE_S, ANSWERED_BY), REPORT_AUDIT(RECEIVER)}},
};

/* What comes to chain mark was allowed, or is none of our business; but not what passes because of audit, which has its
 * mark from the beginning, and loses it where no rule allows it. */
const struct ww_row ww_mark_rows[] = {
    {"mark-audited", EACH, {FROM_AUDITED, MARKED}},
    {"mark-audited", EACH, {TO_AUDITED, MARKED}},
    {"mark", EACH, {FROM_AUDITED, RETURN}},
    {"mark", EACH, {TO_AUDITED, RETURN}},
    {"mark", EACH, {REPLY(WW_MANAGED), MARKED}},
    {"mark", EACH, {SET(WW_MANAGED), MARKED}},
};
/* clang-format on */

const size_t ww_audit_rows_count = sizeof(ww_audit_rows) / sizeof(ww_audit_rows[0]);
const size_t ww_mark_rows_count = sizeof(ww_mark_rows) / sizeof(ww_mark_rows[0]);
