#include "core/kernel/drops/drop.h"

#include "core/kernel/base_ruleset/reason.h"

const char *ww_drop_reason_name(enum ww_drop_reason reason)
{
    static const char *const names[WW_REASONS] = {
        [WW_REASON_OUT] = WW_NAME_OUT,       [WW_REASON_IN] = WW_NAME_IN,           [WW_REASON_HOST] = WW_NAME_HOST,
        [WW_REASON_PORT] = WW_NAME_PORT,     [WW_REASON_STALE] = WW_NAME_STALE,     [WW_REASON_SPOOF] = WW_NAME_SPOOF,
        [WW_REASON_FORGED] = WW_NAME_FORGED, [WW_REASON_INVALID] = WW_NAME_INVALID, [WW_REASON_GUARD] = WW_NAME_GUARD,
        [WW_REASON_LINK] = WW_NAME_LINK,     [WW_REASON_BRIDGE] = WW_NAME_BRIDGE,   [WW_REASON_CHAIN] = WW_NAME_CHAIN,
    };
    return names[reason];
}
