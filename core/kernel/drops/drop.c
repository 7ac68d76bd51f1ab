#include "core/kernel/drops/drop.h"

const char *ww_drop_reason_name(enum ww_drop_reason reason)
{
    static const char *const names[WW_REASONS] = {"out",    "in",      "host",  "port", "stale",  "spoof",
                                                  "forged", "invalid", "guard", "link", "bridge", "chain"};
    return names[reason];
}
