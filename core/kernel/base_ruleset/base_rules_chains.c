/* The fixed chains: where they hook in, and which part of the tables they belong to. */
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>

#include "core/kernel/base_ruleset/base_rules.h"

#define PRIORITY (-10) /* before the filter priority of Docker and of the host */

static const struct ww_fixed_chain chains[] = {
    {"layout", -1, 0, WW_PART_ALWAYS},
    {"nd", -1, 0, WW_PART_ALWAYS},
    {"error", -1, 0, WW_PART_ALWAYS},
    {"told", -1, 0, WW_PART_ALWAYS},
    {"send-reset", -1, 0, WW_PART_ALWAYS},
    {"first", -1, 0, WW_PART_ALWAYS},
    {"mine", -1, 0, WW_PART_ALWAYS},
    {"guard", -1, 0, WW_PART_ALWAYS},
    {"spoof", -1, 0, WW_PART_ALWAYS},
    {"nonew", -1, 0, WW_PART_ALWAYS},
    {"stale-nets", -1, 0, WW_PART_ALWAYS},
    {"stale-local", -1, 0, WW_PART_ALWAYS},
    {"stale", -1, 0, WW_PART_ALWAYS},
    {"local", -1, 0, WW_PART_ALWAYS},
    {"pub-nets", -1, 0, WW_PART_ALWAYS},
    {"whole", -1, 0, WW_PART_ALWAYS},
    {"tohost", -1, 0, WW_PART_ALWAYS},
    {"host-nets", -1, 0, WW_PART_ALWAYS},
    {"icmp-in-nets", -1, 0, WW_PART_ALWAYS},
    {"icmp-host", -1, 0, WW_PART_ALWAYS},
    {"fromhost", -1, 0, WW_PART_ALWAYS},
    {"pass-new", -1, 0, WW_PART_ALWAYS},
    {"lost-in-nets", -1, 0, WW_PART_ALWAYS},
    {"lost-in", -1, 0, WW_PART_ALWAYS},
    {"lost-host-nets", -1, 0, WW_PART_ALWAYS},
    {"lost-host", -1, 0, WW_PART_ALWAYS},
    {"in-nets", -1, 0, WW_PART_ALWAYS},
    {"icmp-in", -1, 0, WW_PART_ALWAYS},
    {"in", -1, 0, WW_PART_ALWAYS},
    {"recv", -1, 0, WW_PART_ALWAYS},
    {"ordered", -1, 0, WW_PART_ALWAYS},
    {"dialled-nets", -1, 0, WW_PART_ALWAYS},
    {"dialled", -1, 0, WW_PART_ALWAYS},
    {"icmp-out-nets", -1, 0, WW_PART_ALWAYS},
    {"icmp-out", -1, 0, WW_PART_ALWAYS},
    {"out-nets", -1, 0, WW_PART_ALWAYS},
    {"out", -1, 0, WW_PART_ALWAYS},
    {"icmp-outh", -1, 0, WW_PART_ALWAYS},
    {"outh", -1, 0, WW_PART_ALWAYS},
    {"audit-out", -1, 0, WW_PART_DROPS},
    {"audit-in", -1, 0, WW_PART_DROPS},
    {"audit-host", -1, 0, WW_PART_DROPS},
    {"audit-port", -1, 0, WW_PART_DROPS},
    {"audit-invalid", -1, 0, WW_PART_DROPS},
    {"audit-sender", -1, 0, WW_PART_DROPS},
    {"audit-receiver", -1, 0, WW_PART_DROPS},
    {"drop-out", -1, 0, WW_PART_DROPS},
    {"drop-in", -1, 0, WW_PART_DROPS},
    {"drop-host", -1, 0, WW_PART_DROPS},
    {"drop-port", -1, 0, WW_PART_DROPS},
    {"drop-stale", -1, 0, WW_PART_DROPS},
    {"drop-spoof", -1, 0, WW_PART_DROPS},
    {"drop-forged", -1, 0, WW_PART_DROPS},
    {"drop-invalid", -1, 0, WW_PART_DROPS},
    {"drop-reset", -1, 0, WW_PART_DROPS},
    {"drop-guard", -1, 0, WW_PART_DROPS},
    {"drop-link", -1, 0, WW_PART_DROPS},
    {"host-source", -1, 0, WW_PART_ALWAYS},
    {"drop-sender", -1, 0, WW_PART_DROPS},
    {"drop-receiver", -1, 0, WW_PART_DROPS},
    {"local-mine", -1, 0, WW_PART_MINE},
    {"output-mine", NF_INET_LOCAL_OUT, PRIORITY - 1, WW_PART_MINE},
    {"forward-mine", NF_INET_FORWARD, PRIORITY - 1, WW_PART_MINE},
    {"input-mine", NF_INET_LOCAL_IN, PRIORITY - 1, WW_PART_MINE},
    {"forward", NF_INET_FORWARD, PRIORITY, WW_PART_ALWAYS},
    {"input", NF_INET_LOCAL_IN, PRIORITY, WW_PART_ALWAYS},
    {"output", NF_INET_LOCAL_OUT, PRIORITY, WW_PART_ALWAYS},
    {"forward-sender", NF_INET_FORWARD, PRIORITY + 1, WW_PART_VERDICTS},
    {"input-sender", NF_INET_LOCAL_IN, PRIORITY + 1, WW_PART_VERDICTS},
    {"output-sender", NF_INET_LOCAL_OUT, PRIORITY + 1, WW_PART_VERDICTS},
    {"forward-receiver", NF_INET_FORWARD, PRIORITY + 2, WW_PART_VERDICTS},
    {"input-receiver", NF_INET_LOCAL_IN, PRIORITY + 2, WW_PART_VERDICTS},
    {"output-receiver", NF_INET_LOCAL_OUT, PRIORITY + 2, WW_PART_VERDICTS},
    {"mark-audited", NF_INET_FORWARD, PRIORITY - 2, WW_PART_MARK},
    {"mark", NF_INET_FORWARD, PRIORITY + 3, WW_PART_MARK}, /* after all that may drop */
    {"drop-spoof", -1, 0, WW_PART_BOUND},
    {"drop-forged", -1, 0, WW_PART_BOUND},
    {"drop-to", -1, 0, WW_PART_BOUND},
    {"drop-link", -1, 0, WW_PART_BOUND},
    {"drop-guard", -1, 0, WW_PART_BOUND},
    {"neighbour", -1, 0, WW_PART_BOUND},
    {"listens", -1, 0, WW_PART_BOUND},
    {"nd", -1, 0, WW_PART_BOUND},
    {"odd", -1, 0, WW_PART_BOUND},
    {"says-arp", -1, 0, WW_PART_BOUND},
    {"asks", -1, 0, WW_PART_BOUND},
    {"answers", -1, 0, WW_PART_BOUND},
    {"claim", -1, 0, WW_PART_BOUND},
    {"borrowed", -1, 0, WW_PART_BOUND},
    {"routed", -1, 0, WW_PART_BOUND},
    {"tells-target", -1, 0, WW_PART_BOUND},
    {"tells", -1, 0, WW_PART_BOUND},
    {"speaks", -1, 0, WW_PART_BOUND},
    {"asks-hops", -1, 0, WW_PART_BOUND},
    {"own", -1, 0, WW_PART_BOUND},
    {"beside-group", -1, 0, WW_PART_BOUND},
    {"beside-unknown", -1, 0, WW_PART_BOUND},
    {"beside", -1, 0, WW_PART_BOUND},
    {"strange-target", -1, 0, WW_PART_BOUND},
    {"unknown", -1, 0, WW_PART_BOUND},
    {"strange", -1, 0, WW_PART_BOUND},
    {"outcast", -1, 0, WW_PART_BOUND},
    {"shunned", -1, 0, WW_PART_BOUND},
    {"loose", -1, 0, WW_PART_BOUND},
    {"free", -1, 0, WW_PART_BOUND},
    {"guest", -1, 0, WW_PART_BOUND},
    {"talk", -1, 0, WW_PART_BOUND},
    {"place", -1, 0, WW_PART_BOUND},
    {"prerouting", NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED, WW_PART_BOUND},
    {"postrouting", NF_BR_POST_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED, WW_PART_BOUND},
    {"fenced", NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED - 1, WW_PART_FENCED},
    {"audit-out", -1, 0, WW_PART_MIRROR},
    {"audit-in", -1, 0, WW_PART_MIRROR},
    {"audit-invalid", -1, 0, WW_PART_MIRROR},
    {"drop-out", -1, 0, WW_PART_MIRROR},
    {"drop-in", -1, 0, WW_PART_MIRROR},
    {"drop-invalid", -1, 0, WW_PART_MIRROR},
    {"nonew", -1, 0, WW_PART_MIRROR},
    {"error", -1, 0, WW_PART_MIRROR},
    {"first", -1, 0, WW_PART_MIRROR},
    {"pass-new", -1, 0, WW_PART_MIRROR},
    {"icmp-in-nets", -1, 0, WW_PART_MIRROR},
    {"icmp-in", -1, 0, WW_PART_MIRROR},
    {"in-nets", -1, 0, WW_PART_MIRROR},
    {"in", -1, 0, WW_PART_MIRROR},
    {"recv", -1, 0, WW_PART_MIRROR},
    {"icmp-out-nets", -1, 0, WW_PART_MIRROR},
    {"icmp-out", -1, 0, WW_PART_MIRROR},
    {"out-nets", -1, 0, WW_PART_MIRROR},
    {"out", -1, 0, WW_PART_MIRROR},
    {"forward", NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED, WW_PART_MIRROR},
};

const struct ww_fixed_chain *ww_fixed_chains(size_t *ret_n)
{
    *ret_n = sizeof(chains) / sizeof(chains[0]);
    return chains;
}

enum ww_table_id ww_part_table(enum ww_part part)
{
    return part == WW_PART_BOUND || part == WW_PART_FENCED || part == WW_PART_MIRROR ? WW_BRIDGE : WW_INET;
}

unsigned ww_parts_whole(unsigned parts)
{
    const unsigned upon_bound = WW_PART_BIT(WW_PART_FENCED) | WW_PART_BIT(WW_PART_MIRROR);
    return parts & upon_bound ? parts | WW_PART_BIT(WW_PART_BOUND) : parts;
}

bool ww_fixed_has_widths(const char *chain)
{
    static const char suffix[] = "-nets";
    size_t len = strlen(chain);
    return len >= sizeof(suffix) && !strcmp(chain + len - strlen(suffix), suffix);
}

const struct ww_fixed_chain *ww_fixed_chain_find(enum ww_table_id table, const char *name)
{
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        if (ww_part_table(chains[i].part) == table && !strcmp(chains[i].name, name))
            return &chains[i];
    return NULL;
}
