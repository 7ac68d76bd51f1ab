/* The chains that end a packet's way, one for each reason (docs/datapath.md, "Drops"). */
#include "core/kernel/base_ruleset/base_rules_internal.h"

/* clang-format off */
/*
 * Each counts for the container, reports a sample, and drops: three rules, because a limit that is exceeded ends its
 * rule. The key is always one that a container has, so that no sender can fill the sets by forging addresses.
 */
const struct ww_row ww_drop_rows[] = {
    {"drop-out", EACH, {FROM_AUDITED, GOTO("audit-out")}},
    {"drop-out", EACH, {COUNT(WW_DROP_OUT, AS_IS)}},
    {"drop-out", EACH, {SAMPLE(WW_SAMPLE_S, AS_IS), REPORT(OUT)}},
    {"drop-out", ALL, {DROP}},

    {"drop-in", EACH, {TO_AUDITED, GOTO("audit-in")}},
    {"drop-in", EACH, {COUNT(WW_DROP_IN, AS_IS)}},
    {"drop-in", EACH, {SAMPLE(WW_SAMPLE_D, AS_IS), REPORT(IN)}},
    {"drop-in", ALL, {DROP}},

    {"drop-host", EACH, {TO_AUDITED, GOTO("audit-host")}},
    {"drop-host", EACH, {COUNT(WW_DROP_HOST, AS_IS)}},
    {"drop-host", EACH, {SAMPLE(WW_SAMPLE_D, AS_IS), REPORT(HOST)}},
    {"drop-host", ALL, {DROP}},

    {"drop-forged", EACH, {COUNT(WW_DROP_FORGED, AS_IS)}},
    {"drop-forged", EACH, {SAMPLE(WW_SAMPLE_S, AS_IS), REPORT(FORGED)}},
    {"drop-forged", ALL, {DROP}},

    {"drop-spoof", ALL, {ETHER, COUNT(WW_DROP_SPOOF, AS_IS)}},
    {"drop-spoof", ALL, {ETHER, SAMPLE(WW_SAMPLE_M, AS_IS), REPORT(SPOOF)}},
    {"drop-spoof", ALL, {DROP}},

    {"drop-port", EACH, {SET(WW_AUDITED_HP), GOTO("audit-port")}},
    {"drop-port", EACH, {OUTSIDE(WW_PUB_HP, AS_IS), SET(WW_AUDITED_P), GOTO("audit-port")}},
    {"drop-port", EACH, {SET(WW_PUB_HP), COUNT(WW_DROP_PORT_HP, AS_IS)}},
    {"drop-port", EACH, {OUTSIDE(WW_PUB_HP, AS_IS), COUNT(WW_DROP_PORT_P, AS_IS)}},
    {"drop-port", ALL, {SAMPLE(WW_SAMPLE_P, AS_IS), REPORT(PORT)}},
    {"drop-port", ALL, {DROP}},

    /* an answer that begins anew: of an audited container's ports nothing was ever removed, so it is no loss */
    {"drop-stale", EACH, {REPLY(WW_AUDITED_HP), RETURN}},
    {"drop-stale", EACH, {OUTSIDE(WW_PUB_HP, SWAPPED), REPLY(WW_AUDITED_P), RETURN}},
    {"drop-stale", EACH, {REPLY(WW_PUB_HP), COUNT(WW_DROP_PORT_HP, SWAPPED)}},
    {"drop-stale", EACH, {OUTSIDE(WW_PUB_HP, SWAPPED), COUNT(WW_DROP_PORT_P, SWAPPED)}},
    {"drop-stale", ALL, {SAMPLE(WW_SAMPLE_P, SWAPPED), REPORT(STALE)}},
    {"drop-stale", ALL, {DROP}},

    /* of two managed ends the sender's was judged first */
    {"drop-invalid", EACH, {FROM_AUDITED, TO_AUDITED, GOTO("audit-invalid")}},
    {"drop-invalid", EACH, {FROM_AUDITED, OUTSIDE(WW_MANAGED, AS_IS), GOTO("audit-invalid")}},
    {"drop-invalid", EACH, {OUTSIDE(WW_MANAGED, SWAPPED), TO_AUDITED, GOTO("audit-invalid")}},
    /* from an audited one: it is the receiver that would not have it */
    {"drop-invalid", EACH, {FROM_AUDITED, COUNT(WW_DROP_INVALID, SWAPPED)}},
    {"drop-invalid", EACH, {FROM_AUDITED, SAMPLE(WW_SAMPLE_D, AS_IS), REPORT(INVALID)}},
    {"drop-invalid", EACH, {REPLY(WW_MANAGED), NOT_FROM_AUDITED, COUNT(WW_DROP_INVALID, AS_IS)}},
    {"drop-invalid",
     EACH,
     {REPLY(WW_MANAGED), NOT_FROM_AUDITED, SAMPLE(WW_SAMPLE_S, AS_IS), REPORT(INVALID)}},
    {"drop-invalid", EACH, {OUTSIDE(WW_MANAGED, SWAPPED), COUNT(WW_DROP_INVALID, SWAPPED)}},
    {"drop-invalid", EACH, {OUTSIDE(WW_MANAGED, SWAPPED), SAMPLE(WW_SAMPLE_D, AS_IS), REPORT(INVALID)}},
    {"drop-invalid", EACH, {STATE(NEW), REPLY(WW_MANAGED), RESET(AS_IS)}},
    {"drop-invalid", ALL, {DROP}},

    /* to a port that its sender may reach: it may be told, and connects again */
    {"drop-reset", EACH, {TO_AUDITED, GOTO("audit-invalid")}},
    {"drop-reset", EACH, {COUNT(WW_DROP_INVALID, SWAPPED)}},
    {"drop-reset", EACH, {SAMPLE(WW_SAMPLE_D, AS_IS), REPORT(INVALID)}},
    {"drop-reset", EACH, {RESET(SWAPPED)}},
    {"drop-reset", ALL, {DROP}},

    /* what the frame says of its sender means nothing, so there is no container to count for */
    {"drop-link", ALL, {RATE, REPORT(LINK)}},
    {"drop-link", ALL, {DROP}},

    {"drop-guard", EACH, {REPLY(WW_MANAGED), COUNT(WW_DROP_GUARD, AS_IS)}},
    {"drop-guard", EACH, {OUTSIDE(WW_MANAGED, SWAPPED), SET(WW_MANAGED), COUNT(WW_DROP_GUARD, SWAPPED)}},
    {"drop-guard", ALL, {RATE, REPORT(GUARD)}},
    {"drop-guard", ALL, {DROP}},

    /* packets of both directions come here: their flow says whose they are */
    {"drop-sender", EACH, {BEGAN(WW_AUDITED), GOTO("audit-sender")}},
    {"drop-sender", EACH, {COUNT(WW_DROP_CHAIN, BEGAN_BY)}},
    {"drop-sender", EACH, {SAMPLE(WW_SAMPLE_S, BEGAN_BY), REPORT(SENDER)}},
    {"drop-sender", ALL, {DROP}},

    {"drop-receiver", EACH, {ANSWERS(WW_AUDITED), GOTO("audit-receiver")}},
    {"drop-receiver", EACH, {COUNT(WW_DROP_CHAIN, ANSWERED_BY)}},
    {"drop-receiver", EACH, {SAMPLE(WW_SAMPLE_S, ANSWERED_BY), REPORT(RECEIVER)}},
    {"drop-receiver", ALL, {DROP}},
};
/* clang-format on */

const size_t ww_drop_rows_count = sizeof(ww_drop_rows) / sizeof(ww_drop_rows[0]);
