#include "core/kernel/base_ruleset/base_rules.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "core/kernel/base_ruleset/base_rules_internal.h"
#include "core/kernel/base_ruleset/numbers.h"
#include "core/model/addr.h"
#include "core/model/protocol.h"

static const struct ww_span unspecified[] = {{{0}, {0}}};
static const struct ww_span veth[] = {{{'v', 'e', 't', 'h'}, {'v', 'e', 't', 'h'}}};

/* clang-format off */

static const struct ww_row rows[] = {
    {"forward", ALL, {STATE(ESTABLISHED), ACCEPT}},
    {"forward", EACH, {REPLY(WW_PUB_HP), JUMP("host-source")}},
    {"forward", EACH, {REPLY(WW_PUB_P), JUMP("host-source")}},
    /* with the addresses of ours, perhaps: they mean something else there */
    {"forward", ALL, {SET(WW_APART), ACCEPT}},
    {"forward", ALL, {JUMP("first")}},
    {"forward", ALL, {SET(WW_GUARDED), JUMP("guard")}},
    {"forward", ALL, {VMAP(WW_FENCE_C)}},
    {"forward", ALL, {JUMP("spoof")}},
    {"forward", EACH, {REPLY(WW_MANAGED), JUMP("out")}},
    {"forward", ALL, {GOTO("recv")}},

    /* past the bridge and its hooks, from whatever address: before it can join a flow */
    {"input", ALL, {RESERVED, GOTO("drop-link")}},
    {"input", ALL, {STATE(ESTABLISHED), ACCEPT}},
    {"input", ALL, {IS(WW_F_IIF, WW_LOOPBACK_INDEX), IS(WW_F_PROTO, IPPROTO_TCP), RST, STATE(RELATED), ACCEPT}},
    {"input", EACH, {REPLY(WW_PUB_HP), JUMP("host-source")}},
    {"input", EACH, {REPLY(WW_PUB_P), JUMP("host-source")}},
    {"input", ALL, {JUMP("first")}},
    {"input", ALL, {SET(WW_GUARDED), JUMP("guard")}},
    {"input", ALL, {JUMP("spoof")}},
    {"input", EACH, {REPLY(WW_MANAGED), JUMP("outh")}},
    {"input", ALL, {GOTO("tohost")}},

    {"output", ALL, {STATE(ESTABLISHED), ACCEPT}},
    {"output", ALL, {SET(WW_WIRE), DROP}},
    /* the kernel quotes a packet with an unknown option to any address it names, before any hook has seen the packet */
    {"output", V6, {STATE(INVALID), ICMPV6(ICMP6_PARAM_PROB), IS(WW_F_ICMPV6_CODE, ICMP6_PARAMPROB_OPTION), DROP}},
    {"output", V6, {STATE(INVALID), IS(WW_F_PROTO, IPPROTO_ICMPV6), SPAN(WW_F_QUOTED_TO, unspecified), DROP}},
    {"output", V4, {STATE(INVALID), IS(WW_F_PROTO, IPPROTO_ICMP), IS(WW_F_ICMP_TYPE, ICMP_PARAMETERPROB), DROP}},
    /* chain drop-reset's, in the name of the other end: related to a flow that is not begun */
    {"output", ALL, {IS(WW_F_PROTO, IPPROTO_TCP), RST, STATE(RELATED), GOTO("send-reset")}},
    {"output", ALL, {JUMP("first")}},
    {"output", ALL, {VMAP(WW_FENCE_C)}},
    {"output", EACH, {SET(WW_MANAGED), GOTO("fromhost")}},
    {"output", EACH, {REPLY(WW_PUB_P), GOTO("stale")}},
    {"output", EACH, {REPLY(WW_PUB_HP), GOTO("stale")}},

    {"send-reset", ALL, {VMAP(WW_FENCE_C)}},
    {"send-reset", ALL, {ACCEPT}},

    /* from a published port in the host's name, but not from the host: what is sent to that port would be an answer */
    {"host-source", ALL, {IS(WW_F_IIF, WW_LOOPBACK_INDEX), RETURN}},
    {"host-source", ALL, {IS(WW_F_FIB_SADDR, RTN_LOCAL), GOTO("drop-link")}},
    {"host-source", V4, {IS(WW_F_FIB_SADDR, RTN_BROADCAST), GOTO("drop-link")}},
    {"host-source", V6, {IS(WW_F_FIB_SADDR, RTN_ANYCAST), GOTO("drop-link")}},

    {"first", ALL, {RESERVED, GOTO("drop-link")}}, /* forwarded by the bridge, where there is no spanning tree */
    /* put together of fragments, the first to the bridge, another past it: it says to come from the port itself */
    {"first", ALL, {SPAN(WW_F_IIFKIND, veth), ETHER, SET(WW_GATE_MAC), GOTO("drop-link")}},
    {"first", V6, {HIDDEN_ND, SET(WW_INSIDE), GOTO("drop-link")}}, /* from table bridge, by fragments */
    {"first", EACH, {STATE(RELATED), REPLY(WW_MANAGED), JUMP("error")}},
    {"first", V4, {STATE(RELATED), REDIRECT, SET(WW_MANAGED), GOTO("drop-in")}},
    {"first", EACH, {STATE(RELATED), SET(WW_INSIDE), SET(WW_MANAGED), JUMP("told")}},
    {"first", ALL, {STATE(RELATED), IS(WW_F_PROTO, IPPROTO_ICMP), ACCEPT}},
    {"first", ALL, {STATE(RELATED), IS(WW_F_PROTO, IPPROTO_ICMPV6), ACCEPT}},
    {"first", ALL, {JUMP("nd")}},

    /* on a guarded bridge even a router must be known */
    {"nd", V6, {AT_ONCE, NEIGHBOUR_ND, ACCEPT}},
    {"nd", V6, {MLD, ACCEPT}},
    {"nd", V6, {AT_ONCE, ND, SET(WW_GUARDED), RETURN}},
    {"nd", V6, {AT_ONCE, ND, ACCEPT}},

    /* an error about a neighbour's flow would carry what it likes to the other end */
    {"error", EACH, {SET(WW_AUDITED), RETURN}}, /* it may route: whose flow that is cannot be said */
    {"error", V4, {REDIRECT, GOTO("drop-spoof")}},
    {"error", EACH, {ETHER, BEGAN(WW_ENDPOINT), RETURN}},
    {"error", EACH, {ETHER, ANSWERS(WW_ENDPOINT), RETURN}},
    {"error", ALL, {GOTO("drop-spoof")}},

    /* the same about a managed one's flow, from a bridge: of those there only the other end knows anything of it */
    {"told", EACH, {ETHER, BEGAN(WW_PEER), RETURN}},
    {"told", EACH, {ETHER, ANSWERS(WW_PEER), RETURN}},
    {"told", EACH, {ETHER, BEGAN(WW_ENDPOINT), RETURN}},
    {"told", EACH, {ETHER, ANSWERS(WW_ENDPOINT), RETURN}},
    {"told", EACH, {SET(WW_AUX), RETURN}},
    {"told", ALL, {GOTO("drop-in")}},

    /* before established packets are accepted, or a forged one could join the flow of another */
    {"mine", EACH, {ETHER, SET(WW_ENDPOINT), RETURN}},
    {"mine", ALL, {JUMP("nd")}},
    {"mine", ALL, {GOTO("drop-spoof")}},

    /* an endpoint that is not known on a guarded bridge sends nothing; nothing is sent to it: the fences' own chains */
    {"guard", EACH, {ETHER, SET(WW_ENDPOINT), RETURN}},
    {"guard", ALL, {ETHER, SET(WW_FREE), RETURN}},
    {"guard", EACH, {SET(WW_AUX), RETURN}},
    {"guard", ALL, {GOTO("drop-guard")}},

    {"spoof", EACH, {ETHER, SET(WW_ENDPOINT), RETURN}},
    {"spoof", EACH, {SET(WW_BOUND), GOTO("drop-forged")}},

    {"nonew", ALL, {STATE(INVALID), GOTO("drop-invalid")}},
    {"nonew", ALL, {IS(WW_F_PROTO, IPPROTO_TCP), SYN(true), GOTO("drop-invalid")}},
    {"nonew", ALL, {IS(WW_F_PROTO, IPPROTO_SCTP), INIT(true), GOTO("drop-invalid")}},

    /* of no flow, but it may be an answer: from another address than was asked, or later than the flow is remembered */
    {"stale", ALL, {IS(WW_F_PROTO, IPPROTO_TCP), SYN(false), ACCEPT}},
    {"stale", ALL, {IS(WW_F_PROTO, IPPROTO_TCP), GOTO("drop-stale")}},
    {"stale", ALL, {IS(WW_F_OIF, WW_LOOPBACK_INDEX), GOTO("stale-local")}},
    {"stale", EACH, {REPLY(WW_PUBX_P), ACCEPT}},
    {"stale", EACH, {REPLY(WW_PUBX_HP), ACCEPT}},
    {"stale", EACH, {REPLY(WW_PUBX_SP), ACCEPT}},
    {"stale", EACH, {REPLY(WW_PUBX_SHP), ACCEPT}},
    {"stale", EACH, {REPLY(WW_PUBX_N), JUMP("stale-nets")}},
    {"stale", EACH, {REPLY_VMAP(WW_ANSWER_HC)}},
    {"stale", EACH, {REPLY_VMAP(WW_ANSWER_C)}},
    {"stale", ALL, {GOTO("drop-stale")}},

    {"stale-local", EACH, {REPLY(WW_PUBL_P), ACCEPT}},
    {"stale-local", EACH, {REPLY(WW_PUBL_HP), ACCEPT}},
    {"stale-local", ALL, {GOTO("drop-stale")}},

    /* may it be sent? RETURN: yes; the other side is judged next */
    {"out", ALL, {JUMP("nonew")}},
    ICMP_GOES("out", ALL, "icmp-out"),
    {"out", EACH, {SET(WW_OUT_SDP), RETURN}},
    {"out", EACH, {SET(WW_OUT_SP), RETURN}},
    {"out", EACH, {SET(WW_OUT_SD), RETURN}},
    {"out", EACH, {SET(WW_OUT_N), GOTO("out-nets")}},
    {"out", ALL, {DNAT(false), GOTO("dialled")}},
    {"out", ALL, {GOTO("ordered")}},

    {"icmp-out", EACH, {TYPED(WW_OUT_SDP), RETURN}},
    {"icmp-out", EACH, {TYPED(WW_OUT_SP), RETURN}},
    {"icmp-out", EACH, {SET(WW_OUT_SD), RETURN}},
    {"icmp-out", EACH, {SET(WW_OUT_N), GOTO("icmp-out-nets")}},
    {"icmp-out", ALL, {DNAT(false), GOTO("dialled")}},
    {"icmp-out", ALL, {GOTO("ordered")}},

    {"outh", ALL, {JUMP("nonew")}},
    ICMP_GOES("outh", ALL, "icmp-outh"),
    {"outh", EACH, {SET(WW_OUT_H), RETURN}},
    {"outh", EACH, {SET(WW_OUT_HA), RETURN}},
    {"outh", ALL, {GOTO("out")}},

    {"icmp-outh", EACH, {TYPED(WW_OUT_H), RETURN}},
    {"icmp-outh", EACH, {SET(WW_OUT_HA), RETURN}},
    {"icmp-outh", ALL, {GOTO("icmp-out")}},

    ORIG_DST_ROWS("dialled"),
    {"dialled", ALL, {GOTO("ordered")}},

    {"ordered", EACH, {VMAP(WW_OUT_C)}},
    {"ordered", ALL, {GOTO("drop-out")}},

    {"recv", EACH, {SET(WW_MANAGED), GOTO("in")}},
    {"recv", ALL, {ACCEPT}},

    /* one that the kernel calls invalid may be of a flow that lives: its end must not be told that it does not */
    {"in", ALL, {STATE(NEW), IS(WW_F_PROTO, IPPROTO_TCP), SYN(true), GOTO("lost-in")}},
    {"in", ALL, {JUMP("nonew")}},
    ICMP_GOES("in", ALL, "icmp-in"),
    {"in", EACH, {SET(WW_EXT_DSP), ACCEPT}},
    {"in", EACH, {SET(WW_EXT_DP), ACCEPT}},
    {"in", EACH, {SET(WW_IN_DSP), ACCEPT}},
    {"in", EACH, {SET(WW_IN_DP), ACCEPT}},
    {"in", EACH, {SET(WW_IN_DS), ACCEPT}},
    {"in", EACH, {SET(WW_IN_N), JUMP("in-nets")}},
    {"in", EACH, {VMAP(WW_IN_C)}},
    {"in", ALL, {GOTO("drop-in")}},

    {"icmp-in", EACH, {TYPED(WW_IN_DSP), ACCEPT}},
    {"icmp-in", EACH, {TYPED(WW_IN_DP), ACCEPT}},
    {"icmp-in", EACH, {SET(WW_IN_DS), ACCEPT}},
    {"icmp-in", EACH, {SET(WW_IN_N), JUMP("icmp-in-nets")}},
    {"icmp-in", EACH, {VMAP(WW_IN_C)}},
    {"icmp-in", ALL, {GOTO("drop-in")}},

    /* may its sender know that nothing is at this port any more? A sender that may reach the port may */
    {"lost-in", EACH, {SET(WW_EXT_DSP), GOTO("drop-reset")}},
    {"lost-in", EACH, {SET(WW_EXT_DP), GOTO("drop-reset")}},
    {"lost-in", EACH, {SET(WW_IN_DSP), GOTO("drop-reset")}},
    {"lost-in", EACH, {SET(WW_IN_DP), GOTO("drop-reset")}},
    {"lost-in", EACH, {SET(WW_IN_DS), GOTO("drop-reset")}},
    {"lost-in", EACH, {SET(WW_IN_N), JUMP("lost-in-nets")}},
    {"lost-in", EACH, {VMAP(WW_IN_C)}},
    {"lost-in", ALL, {GOTO("drop-invalid")}},

    {"lost-host", EACH, {SET(WW_HOST_DP), GOTO("drop-reset")}},
    {"lost-host", EACH, {SET(WW_HOST_D), GOTO("drop-reset")}},
    {"lost-host", EACH, {DNAT(true), SET(WW_HOSTX_DP), GOTO("drop-reset")}},
    {"lost-host", EACH, {SET(WW_IN_DSP), GOTO("drop-reset")}},
    {"lost-host", EACH, {SET(WW_IN_DP), GOTO("drop-reset")}},
    {"lost-host", EACH, {SET(WW_IN_DS), GOTO("drop-reset")}},
    {"lost-host", EACH, {SET(WW_IN_N), JUMP("lost-host-nets")}},
    {"lost-host", EACH, {VMAP(WW_HOST_C)}},
    {"lost-host", ALL, {GOTO("drop-invalid")}},

    /* what a container's chain allows */
    {"pass-new", ALL, {IS(WW_F_PROTO, IPPROTO_TCP), SYN(true), GOTO("drop-reset")}},
    {"pass-new", ALL, {ACCEPT}},

    {"fromhost", ALL, {STATE(NEW), IS(WW_F_PROTO, IPPROTO_TCP), SYN(true), GOTO("lost-host")}},
    {"fromhost", ALL, {JUMP("nonew")}},
    ICMP_GOES("fromhost", ALL, "icmp-host"),
    {"fromhost", EACH, {SET(WW_HOST_DP), ACCEPT}},
    {"fromhost", EACH, {SET(WW_HOST_D), ACCEPT}},
    {"fromhost", EACH, {DNAT(true), SET(WW_HOSTX_DP), ACCEPT}},
    {"fromhost", EACH, {SET(WW_IN_DSP), ACCEPT}},
    {"fromhost", EACH, {SET(WW_IN_DP), ACCEPT}},
    {"fromhost", EACH, {SET(WW_IN_DS), ACCEPT}},
    {"fromhost", EACH, {SET(WW_IN_N), JUMP("host-nets")}},
    {"fromhost", EACH, {VMAP(WW_HOST_C)}},
    {"fromhost", ALL, {GOTO("drop-host")}},

    {"icmp-host", EACH, {TYPED(WW_HOST_DP), ACCEPT}},
    {"icmp-host", EACH, {SET(WW_HOST_D), ACCEPT}},
    {"icmp-host", EACH, {TYPED(WW_IN_DSP), ACCEPT}},
    {"icmp-host", EACH, {TYPED(WW_IN_DP), ACCEPT}},
    {"icmp-host", EACH, {SET(WW_IN_DS), ACCEPT}},
    {"icmp-host", EACH, {SET(WW_IN_N), JUMP("icmp-in-nets")}},
    {"icmp-host", EACH, {VMAP(WW_HOST_C)}},
    {"icmp-host", ALL, {GOTO("drop-host")}},

    {"tohost", ALL, {IS(WW_F_IIF, WW_LOOPBACK_INDEX), GOTO("local")}},
    /* a fragment: one that was not tracked, or that is within another's, is put together behind this hook only */
    {"tohost", V6, {STATE(INVALID | UNTRACKED), JUMP("whole")}},
    {"tohost", EACH, {SET(WW_PUBX_P), ACCEPT}},
    {"tohost", EACH, {SET(WW_PUBX_HP), ACCEPT}},
    {"tohost", EACH, {SET(WW_PUBX_SP), ACCEPT}},
    {"tohost", EACH, {SET(WW_PUBX_SHP), ACCEPT}},
    {"tohost", EACH, {SET(WW_PUBX_N), JUMP("pub-nets")}},
    {"tohost", EACH, {VMAP(WW_PUB_HC)}},
    {"tohost", EACH, {VMAP(WW_PUB_C)}},
    {"tohost", EACH, {SET(WW_PUB_HP), GOTO("drop-port")}},
    {"tohost", EACH, {SET(WW_PUB_P), GOTO("drop-port")}},
    {"tohost", ALL, {ACCEPT}},

    {"whole", ALL, {IS(WW_F_DPORT, 0), RETURN}},
    {"whole", ALL, {IS_NOT(WW_F_DPORT, 0), RETURN}}, /* one of both is so where there is a port to be read */
    {"whole", ALL, {GOTO("drop-link")}},
    {"local", EACH, {SET(WW_PUBL_P), ACCEPT}},
    {"local", EACH, {SET(WW_PUBL_HP), ACCEPT}},
    {"local", EACH, {SET(WW_PUB_HP), GOTO("drop-port")}},
    {"local", EACH, {SET(WW_PUB_P), GOTO("drop-port")}},
    {"local", ALL, {ACCEPT}},
};

static const struct ww_row mine_rows[] = {
    {"forward-mine", ALL, {ETHER, SET(WW_MACS), JUMP("mine")}},
    {"input-mine", ALL, {ETHER, SET(WW_MACS), JUMP("mine")}},
    /* elsewhere nothing comes to a link-local address: table bridge sees to it, on the bridge where it is theirs */
    {"forward-mine", V6, {SET(WW_LOCAL), JUMP("local-mine")}},
    {"output-mine", V6, {SET(WW_LOCAL), JUMP("local-mine")}},
    {"local-mine", ALL, {JUMP("nd")}},
    {"local-mine", ALL, {DROP}},
};

static const struct ww_row verdict_rows[] = {
    {"forward-sender", ALL, {HALF(WW_VERDICT_S)}},
    {"input-sender", ALL, {HALF(WW_VERDICT_S)}},
    {"output-sender", ALL, {HALF(WW_VERDICT_S)}},
    {"forward-receiver", ALL, {HALF(WW_VERDICT_R)}},
    {"input-receiver", ALL, {HALF(WW_VERDICT_R)}},
    {"output-receiver", ALL, {HALF(WW_VERDICT_R)}},
};
/* clang-format on */

/* Where the statement looks into a set of CIDRs: once for each length of prefix. */
static int each_width(const char *chain, struct ww_stmt *stmt,
                      int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg)
{
    size_t n = ww_stmt_count(stmt);
    size_t i = 0;
    int rc = 0;
    while (i < n && !ww_term_has_width(&stmt->terms[i]))
        i++;
    if (i == n)
        return fn(chain, stmt, arg);
    for (uint32_t width = 0; width < WW_WIDTHS && rc == 0; width++) {
        stmt->terms[i].value = width;
        rc = fn(chain, stmt, arg);
    }
    return rc;
}

/* A row of a NAMED kind: the protocol is its first term. */
static int each_protocol(const struct ww_row *row, int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg),
                         void *arg)
{
    struct ww_stmt stmt = {0};
    size_t n;
    int rc = 0;
    const struct ww_protocol *protocols = ww_protocols(&n);
    memcpy(stmt.terms, row->terms, sizeof(row->terms));
    for (size_t i = 0; i < 2 * n && rc == 0; i++) {
        stmt.family = i % 2 ? AF_INET6 : AF_INET;
        stmt.terms[0].value = ww_protocol_in(protocols[i / 2].number, stmt.family);
        if (protocols[i / 2].in_rules)
            rc = each_width(row->chain, &stmt, fn, arg);
    }
    return rc;
}

/* A row is one statement, or one for each family, or one for each protocol in each family. */
static int each_family(const struct ww_row *row, int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg),
                       void *arg)
{
    struct ww_stmt stmt = {0};
    if (row->families == NAMED)
        return each_protocol(row, fn, arg);
    memcpy(stmt.terms, row->terms, sizeof(row->terms));
    stmt.family = row->families == ALL ? 0 : row->families == V6 ? AF_INET6 : AF_INET;
    int rc = each_width(row->chain, &stmt, fn, arg);
    if (rc || row->families != EACH)
        return rc;
    stmt.family = AF_INET6;
    return each_width(row->chain, &stmt, fn, arg);
}

static int each_row(const struct ww_row *list, size_t n,
                    int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = each_family(&list[i], fn, arg);
    return rc;
}

static int each_mirrored(const struct ww_row *list, size_t n,
                         int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        if (ww_row_is_mirrored(&list[i]))
            rc = each_family(&list[i], fn, arg);
    return rc;
}

int ww_fixed_each(enum ww_part part, int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg)
{
    const struct {
        const struct ww_row *rows;
        size_t n;
    } parts[] = {
        [WW_PART_ALWAYS] = {rows, sizeof(rows) / sizeof(rows[0])},
        [WW_PART_DROPS] = {ww_drop_rows, ww_drop_rows_count},
        [WW_PART_MINE] = {mine_rows, sizeof(mine_rows) / sizeof(rows[0])},
        [WW_PART_BOUND] = {ww_bound_rows, ww_bound_rows_count},
        [WW_PART_FENCED] = {ww_fenced_rows, ww_fenced_rows_count},
        [WW_PART_MIRROR] = {ww_mirror_rows, ww_mirror_rows_count},
        [WW_PART_VERDICTS] = {verdict_rows, sizeof(verdict_rows) / sizeof(rows[0])},
        [WW_PART_MARK] = {ww_mark_rows, ww_mark_rows_count},
    };
    int rc = each_row(parts[part].rows, parts[part].n, fn, arg);
    if (rc == 0 && part == WW_PART_ALWAYS)
        rc = each_row(ww_net_rows, ww_net_rows_count, fn, arg);
    if (rc == 0 && part == WW_PART_DROPS)
        rc = each_row(ww_audit_rows, ww_audit_rows_count, fn, arg);
    if (rc == 0 && part == WW_PART_MIRROR)
        rc = each_mirrored(ww_drop_rows, ww_drop_rows_count, fn, arg);
    if (rc == 0 && part == WW_PART_MIRROR)
        rc = each_mirrored(ww_audit_rows, ww_audit_rows_count, fn, arg);
    return rc;
}

int ww_fixed_lockdown(int (*fn)(const char *chain, const struct ww_stmt *stmt, void *arg), void *arg)
{
    return each_row(ww_lockdown_rows, ww_lockdown_rows_count, fn, arg);
}
