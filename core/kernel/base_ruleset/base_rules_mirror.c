/* The rules for what stays within a bridge, where table inet does not see it. */
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/base_ruleset/base_rules_internal.h"

/* clang-format off */
/*
 * What stays within a guarded bridge, where table inet does not see it: known endpoints talk among themselves, by their
 * ports. Where the kernel can name the bridge, other ports do not talk at all; elsewhere not to known endpoints.
 */
const struct ww_row ww_fenced_rows[] = {
    {"fenced", EACH, {RESERVED_FRAME, DROP}},
    {"fenced", V6, {NEIGHBOUR_ND, ACCEPT}},
    {"fenced", V6, {MLD, ACCEPT}},
    {"fenced", EACH, {REPLY(WW_FENCED), OUTSIDE(WW_FENCED, AS_IS), DROP}},
    {"fenced", EACH, {SET(WW_FENCED), OUTSIDE(WW_FENCED, SWAPPED), DROP}},
    {"fenced", EACH, {FROM_BRIDGE(WW_GUARDED), OUTSIDE(WW_FENCED, SWAPPED), DROP}},
    {"fenced", EACH, {TO_BRIDGE(WW_GUARDED), OUTSIDE(WW_FENCED, AS_IS), DROP}},
};

/* The same judgement as in table inet, for what stays within a bridge: no address is translated there, and none is the
 * host's. */
const struct ww_row ww_mirror_rows[] = {
    {"forward", ALL, {STATE(ESTABLISHED), ACCEPT}},
    {"forward", ALL, {JUMP("first")}},
    {"forward", EACH, {REPLY(WW_MANAGED), JUMP("out")}},
    {"forward", ALL, {GOTO("recv")}},

    {"first", V6, {HIDDEN_ND, GOTO("drop-link")}},
    {"first", ALL, {STATE(RELATED), REPLY(WW_PORT), OUTSIDE(WW_FREE_PORT, SWAPPED), JUMP("error")}},
    {"first", ALL, {STATE(RELATED), SET(WW_PORT), OUTSIDE(WW_FREE_PORT, AS_IS), JUMP("error")}},
    {"first", EACH, {STATE(RELATED), IS(WW_F_PROTO, IPPROTO_ICMP), ACCEPT}},
    {"first", EACH, {STATE(RELATED), IS(WW_F_PROTO, IPPROTO_ICMPV6), ACCEPT}},
    {"first", ALL, {JUMP("nd")}},

    {"error", V4, {REDIRECT, GOTO("drop-link")}},
    {"error", EACH, {BEGAN(WW_FROM), RETURN}},
    {"error", EACH, {ANSWERS(WW_FROM), RETURN}},
    {"error", ALL, {REPLY(WW_PORT), OUTSIDE(WW_FREE_PORT, SWAPPED), GOTO("drop-spoof")}},
    {"error", ALL, {GOTO("drop-link")}},

    {"nonew", ALL, {STATE(INVALID), GOTO("drop-invalid")}},
    {"nonew", EACH, {IS(WW_F_PROTO, IPPROTO_TCP), SYN(true), GOTO("drop-invalid")}},
    {"nonew", EACH, {IS(WW_F_PROTO, IPPROTO_SCTP), INIT(true), GOTO("drop-invalid")}},

    {"out", ALL, {JUMP("nonew")}},
    ICMP_GOES("out", EACH, "icmp-out"),
    {"out", EACH, {SET(WW_OUT_SDP), RETURN}},
    {"out", EACH, {SET(WW_OUT_SP), RETURN}},
    {"out", EACH, {SET(WW_OUT_SD), RETURN}},
    {"out", EACH, {SET(WW_OUT_N), GOTO("out-nets")}},
    {"out", EACH, {VMAP(WW_OUT_C)}},
    {"out", ALL, {GOTO("drop-out")}},

    {"icmp-out", EACH, {TYPED(WW_OUT_SDP), RETURN}},
    {"icmp-out", EACH, {TYPED(WW_OUT_SP), RETURN}},
    {"icmp-out", EACH, {SET(WW_OUT_SD), RETURN}},
    {"icmp-out", EACH, {SET(WW_OUT_N), GOTO("icmp-out-nets")}},
    {"icmp-out", EACH, {VMAP(WW_OUT_C)}},
    {"icmp-out", ALL, {GOTO("drop-out")}},

    {"out-nets", EACH, {SET(WW_OUT_SNP), RETURN}},
    {"out-nets", EACH, {SET(WW_OUT_SN), RETURN}},
    {"out-nets", ALL, {GOTO("drop-out")}},

    {"icmp-out-nets", EACH, {TYPED(WW_OUT_SNP), RETURN}},
    {"icmp-out-nets", EACH, {SET(WW_OUT_SN), RETURN}},
    {"icmp-out-nets", ALL, {GOTO("drop-out")}},

    {"recv", EACH, {SET(WW_MANAGED), GOTO("in")}},
    {"recv", ALL, {ACCEPT}},

    /* no resets here: the kernel has none for what a bridge forwards */
    {"pass-new", ALL, {ACCEPT}},

    {"in", ALL, {JUMP("nonew")}},
    ICMP_GOES("in", EACH, "icmp-in"),
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

    {"in-nets", EACH, {SET(WW_EXT_DNP), ACCEPT}},
    {"in-nets", EACH, {SET(WW_IN_DNP), ACCEPT}},
    {"in-nets", EACH, {SET(WW_IN_DN), ACCEPT}},

    {"icmp-in-nets", EACH, {TYPED(WW_IN_DNP), ACCEPT}},
    {"icmp-in-nets", EACH, {SET(WW_IN_DN), ACCEPT}},
};
/* clang-format on */

const size_t ww_fenced_rows_count = sizeof(ww_fenced_rows) / sizeof(ww_fenced_rows[0]);
const size_t ww_mirror_rows_count = sizeof(ww_mirror_rows) / sizeof(ww_mirror_rows[0]);

bool ww_row_is_mirrored(const struct ww_row *row)
{
    const struct ww_fixed_chain *chain = ww_fixed_chain_find(WW_BRIDGE, row->chain);
    if (!chain || chain->part != WW_PART_MIRROR)
        return false;
    for (size_t i = 0; i < sizeof(row->terms) / sizeof(row->terms[0]); i++)
        if (row->terms[i].kind == WW_T_REJECT || row->terms[i].kind == WW_T_MARK)
            return false;
    return true;
}
