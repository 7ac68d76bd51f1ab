#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "core/kernel/row.h"

/* clang-format off */
#define TYPE(v) IS(WW_F_ETHERTYPE, v)
#define OTHER_TYPE(v) {.kind = WW_T_IS, .field = WW_F_ETHERTYPE, .value = (v), .negate = true}
#define ARP(s) {.kind = WW_T_SET, .set = (s), .arp = true}

/* The addresses that every interface has, or has not yet: :: and fe80::/10. */
static const struct ww_span link_sources[] = {
    {{0}, {0}},
    {{0xfe, 0x80}, {0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};
static const struct ww_span no_addr[] = {{{0}, {0}}};
#define LINK_SOURCE {.kind = WW_T_IN, .field = WW_F_SADDR, .spans = link_sources, .n_spans = 2}
#define NO_SENDER {.kind = WW_T_IN, .field = WW_F_ARP_ADDR, .spans = no_addr, .n_spans = 1}

/* The usual packet's way is two look-ups in each of the base chains, the first by four bytes. */
const struct ww_row ww_bound_rows[] = {
    {"prerouting", EACH, {REPLY(WW_HELD), GOTO("own")}},
    {"prerouting", ALL, {REPLY(WW_PORT), GOTO("odd")}},
    {"prerouting", ALL, {TYPE(ETH_P_ARP), SET(WW_TAKEN), DROP}},
    {"prerouting", ALL, {TYPE(ETH_P_ARP), ARP(WW_HELD), GOTO("claim")}},

    /* from an address that somebody has: only he, at his port, and in no VLAN, which the IP hooks do not see into */
    {"own", V4, {OTHER_TYPE(ETH_P_IP), GOTO("tagged-from")}},
    {"own", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("tagged-from")}},
    {"own", EACH, {SET(WW_FROM), ACCEPT}},
    {"own", ALL, {REPLY(WW_PORT), GOTO("odd")}},
    {"own", EACH, {SET(WW_SEAT), SET(WW_LENT), ACCEPT}},
    {"own", ALL, {GOTO("drop-forged")}},

    {"tagged-from", ALL, {REPLY(WW_PORT), GOTO("drop-spoof")}},
    {"tagged-from", EACH, {SET(WW_SEAT), SET(WW_LENT), ACCEPT}},
    {"tagged-from", ALL, {GOTO("drop-forged")}},

    {"claim", ALL, {TYPE(ETH_P_ARP), ARP(WW_FROM), ACCEPT}},
    {"claim", ALL, {TYPE(ETH_P_ARP), SET(WW_SEAT), ARP(WW_LENT), ACCEPT}},
    {"claim", ALL, {DROP}},

    /* what a managed endpoint sends beside packets from its addresses: it asks for its neighbours, and answers */
    {"odd", ALL, {OUTSIDE(WW_SEAT, AS_IS), GOTO("drop-spoof")}},
    {"odd", ALL, {TYPE(ETH_P_ARP), ARP(WW_FROM), ACCEPT}},
    {"odd", ALL, {TYPE(ETH_P_ARP), NO_SENDER, ARP(WW_SEAT), ACCEPT}},
    {"odd", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("drop-spoof")}},
    {"odd", V6, {REPLY(WW_TO), JUMP("nd")}},
    {"odd", V6, {REPLY(WW_HELD), GOTO("drop-spoof")}},
    {"odd", V6, {LINK_SOURCE, JUMP("nd")}},
    {"odd", ALL, {GOTO("drop-spoof")}},

    {"nd", V6, {ND, ACCEPT}},
    {"nd", V6, {MLD, ACCEPT}},

    {"postrouting", EACH, {SET(WW_HELD), GOTO("place")}},
    {"postrouting", ALL, {SET(WW_PORT), GOTO("guest")}},

    {"place", V4, {OTHER_TYPE(ETH_P_IP), GOTO("tagged-to")}},
    {"place", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("tagged-to")}},
    {"place", EACH, {SET(WW_TO), ACCEPT}},
    {"place", ALL, {DROP}},

    {"tagged-to", ALL, {SET(WW_PORT), DROP}},
    {"tagged-to", EACH, {SET(WW_TO), ACCEPT}},
    {"tagged-to", ALL, {DROP}},

    /* what a managed endpoint gets beside packets to its addresses */
    {"guest", ALL, {TYPE(ETH_P_ARP), ACCEPT}},
    {"guest", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("drop-to")}},
    {"guest", ALL, {JUMP("nd")}},
    {"guest", ALL, {GOTO("drop-to")}},

    /* as in table inet; what is flooded to all is no news of anybody */
    {"drop-spoof", ALL, {COUNT(WW_DROP_FROM, SWAPPED)}},
    {"drop-spoof", EACH, {SAMPLE(WW_SAMPLE_FROM, SWAPPED), REPORT("drop-spoof")}},
    {"drop-spoof", ALL, {DROP}},
    {"drop-forged", EACH, {COUNT(WW_DROP_HELD, AS_IS)}},
    {"drop-forged", EACH, {SAMPLE(WW_SAMPLE_HELD, AS_IS), REPORT("drop-forged")}},
    {"drop-forged", ALL, {DROP}},
    {"drop-to", ALL, {COUNT(WW_DROP_TO, AS_IS)}},
    {"drop-to", ALL, {DROP}},
};
/* clang-format on */

const size_t ww_bound_rows_count = sizeof(ww_bound_rows) / sizeof(ww_bound_rows[0]);
