/* What is dropped while the rules cannot be trusted: all of managed containers'. */
#include "core/kernel/base_ruleset/base_rules_internal.h"

/* clang-format off */

/* established packets, too: flows that began while nothing was in force look like any other */
#define LOCKED {.kind = WW_T_COUNTER}, {.kind = WW_T_DROP}
const struct ww_row ww_lockdown_rows[] = {
    {"forward", EACH, {REPLY(WW_MANAGED), LOCKED}},
    {"forward", EACH, {SET(WW_MANAGED), LOCKED}},
    {"input", ALL, {RESERVED, LOCKED}},
    {"input", EACH, {REPLY(WW_MANAGED), LOCKED}},
    {"input", EACH, {SET(WW_PUB_P), LOCKED}},
    {"input", EACH, {SET(WW_PUB_HP), LOCKED}},
    {"output", EACH, {SET(WW_MANAGED), LOCKED}},
    /* on guarded bridges only known endpoints that are not managed send and receive; groups are how they are found */
    {"forward", ALL, {SET(WW_GUARDED), ETHER, OUTSIDE(WW_FREE, AS_IS), LOCKED}},
    {"forward", V4, {REPLY(WW_GUARDED), SPAN(WW_F_DADDR, one_host4), OUTSIDE(WW_KNOWN, AS_IS), LOCKED}},
    {"forward", V6, {REPLY(WW_GUARDED), SPAN(WW_F_DADDR, one_host6), OUTSIDE(WW_KNOWN, AS_IS), LOCKED}},
    {"input", ALL, {SET(WW_GUARDED), ETHER, OUTSIDE(WW_FREE, AS_IS), LOCKED}},
    {"output", V4, {REPLY(WW_GUARDED), SPAN(WW_F_DADDR, one_host4), OUTSIDE(WW_KNOWN, AS_IS), LOCKED}},
    {"output", V6, {REPLY(WW_GUARDED), SPAN(WW_F_DADDR, one_host6), OUTSIDE(WW_KNOWN, AS_IS), LOCKED}},
};
/* clang-format on */

const size_t ww_lockdown_rows_count = sizeof(ww_lockdown_rows) / sizeof(ww_lockdown_rows[0]);
