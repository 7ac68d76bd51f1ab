/*
 * Rules with a CIDR. Each length of prefix that is in a set of CIDRs has a rule in these chains, so a packet pays a
 * look-up for each; it comes here only for a container that such a rule is about, or a host port. A container whose
 * output rules are in sets of CIDRs has no chain of its own for output: nothing more is tried behind them, or every
 * path to the containers' chains would be there once more for the kernel to validate.
 */
#include <netinet/in.h>

#include "core/kernel/base_ruleset/base_rules_internal.h"

/* clang-format off */
const struct ww_row ww_net_rows[] = {
    {"in-nets", EACH, {SET(WW_EXT_DNP), ACCEPT}},
    {"in-nets", EACH, {SET(WW_IN_DNP), ACCEPT}},
    {"in-nets", EACH, {SET(WW_IN_DN), ACCEPT}},
    {"icmp-in-nets", EACH, {TYPED(WW_IN_DNP), ACCEPT}},
    {"icmp-in-nets", EACH, {SET(WW_IN_DN), ACCEPT}},
    {"host-nets", EACH, {SET(WW_IN_DNP), ACCEPT}},
    {"host-nets", EACH, {SET(WW_IN_DN), ACCEPT}},

    {"lost-in-nets", EACH, {SET(WW_EXT_DNP), GOTO("drop-reset")}},
    {"lost-in-nets", EACH, {SET(WW_IN_DNP), GOTO("drop-reset")}},
    {"lost-in-nets", EACH, {SET(WW_IN_DN), GOTO("drop-reset")}},
    {"lost-host-nets", EACH, {SET(WW_IN_DNP), GOTO("drop-reset")}},
    {"lost-host-nets", EACH, {SET(WW_IN_DN), GOTO("drop-reset")}},

    {"out-nets", EACH, {SET(WW_OUT_SNP), RETURN}},
    {"out-nets", EACH, {SET(WW_OUT_SN), RETURN}},
    {"out-nets", ALL, {DNAT(false), GOTO("dialled-nets")}},
    {"out-nets", ALL, {GOTO("drop-out")}},

    {"icmp-out-nets", EACH, {TYPED(WW_OUT_SNP), RETURN}},
    {"icmp-out-nets", EACH, {SET(WW_OUT_SN), RETURN}},
    {"icmp-out-nets", ALL, {DNAT(false), GOTO("dialled-nets")}},
    {"icmp-out-nets", ALL, {GOTO("drop-out")}},

    ORIG_DST_ROWS("dialled-nets"),
    {"dialled-nets", NAMED, {PROTOCOL, ORIG_DST(WW_OUT_SNP), RETURN}},
    {"dialled-nets", EACH, {ORIG_DST(WW_OUT_SN), RETURN}},
    {"dialled-nets", ALL, {GOTO("drop-out")}},

    {"pub-nets", EACH, {SET(WW_PUBX_NP), ACCEPT}},
    {"pub-nets", EACH, {SET(WW_PUBX_HNP), ACCEPT}},

    {"stale-nets", EACH, {REPLY(WW_PUBX_NP), ACCEPT}},
    {"stale-nets", EACH, {REPLY(WW_PUBX_HNP), ACCEPT}},
};
/* clang-format on */

const size_t ww_net_rows_count = sizeof(ww_net_rows) / sizeof(ww_net_rows[0]);
