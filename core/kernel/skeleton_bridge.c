#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "core/kernel/row.h"

/* clang-format off */
#define TYPE(v) IS(WW_F_ETHERTYPE, v)
#define OTHER_TYPE(v) {.kind = WW_T_IS, .field = WW_F_ETHERTYPE, .value = (v), .negate = true}
#define ARP(s) {.kind = WW_T_SET, .set = (s), .arp = true}
#define ARP_FROM(s) {.kind = WW_T_SET, .set = (s), .arp = true, .reply = true}

/* The addresses that every interface has, or has not yet: :: and fe80::/10. */
static const struct ww_span link_sources[] = {
    {{0}, {0}},
    {{0xfe, 0x80}, {0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};
static const struct ww_span no_addr[] = {{{0}, {0}}};
#define LINK_SOURCE {.kind = WW_T_IN, .field = WW_F_SADDR, .spans = link_sources, .n_spans = 2}
#define NO_SENDER {.kind = WW_T_IN, .field = WW_F_ARP_ADDR, .spans = no_addr, .n_spans = 1}

/*
 * The usual packet of a bound endpoint meets two look-ups in each of the base chains, its port and then what it says to
 * be; of anybody else two as well, both by four bytes. What stands behind is for the others.
 */
const struct ww_row ww_bound_rows[] = {
    {"prerouting", ALL, {REPLY(WW_PORT), GOTO("own")}},
    {"prerouting", EACH, {OUTSIDE(WW_HELD, SWAPPED), ACCEPT}},
    {"prerouting", EACH, {GOTO("drop-forged")}},
    {"prerouting", ALL, {TYPE(ETH_P_ARP), SET(WW_TAKEN), DROP}},
    {"prerouting", ALL, {TYPE(ETH_P_ARP), ARP(WW_HELD), DROP}},

    /* from its own address, with its own MAC, and in no VLAN: the IP hooks do not see into tags */
    {"own", EACH, {SET(WW_FROM), ACCEPT}},
    {"own", ALL, {REPLY(WW_FREE_PORT), GOTO("routed")}},
    {"own", ALL, {GOTO("odd")}},

    /* one that is not managed may send from any address but those that only somebody else has */
    {"routed", EACH, {OUTSIDE(WW_HELD, SWAPPED), ACCEPT}},
    {"routed", EACH, {SET(WW_SEAT), SET(WW_LENT), ACCEPT}},
    {"routed", EACH, {GOTO("drop-forged")}},
    {"routed", ALL, {TYPE(ETH_P_ARP), SET(WW_TAKEN), DROP}},
    {"routed", ALL, {TYPE(ETH_P_ARP), ARP(WW_HELD), GOTO("claim")}},

    {"claim", ALL, {TYPE(ETH_P_ARP), ARP(WW_SEAT), ARP_FROM(WW_TO), ACCEPT}},
    {"claim", ALL, {TYPE(ETH_P_ARP), SET(WW_SEAT), ARP(WW_LENT), ACCEPT}},
    {"claim", ALL, {DROP}},

    /* what a managed endpoint sends beside packets from its addresses: it asks for its neighbours, and answers */
    {"odd", ALL, {OUTSIDE(WW_SEAT, AS_IS), GOTO("drop-spoof")}},
    {"odd", ALL, {TYPE(ETH_P_ARP), ARP(WW_SEAT), ARP_FROM(WW_TO), ACCEPT}},
    {"odd", ALL, {TYPE(ETH_P_ARP), ARP(WW_SAYS), ACCEPT}},
    {"odd", ALL, {TYPE(ETH_P_ARP), NO_SENDER, ARP(WW_SEAT), ACCEPT}},
    {"odd", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("drop-spoof")}},
    {"odd", V6, {REPLY(WW_TO), JUMP("nd")}},
    {"odd", V6, {REPLY(WW_HELD), GOTO("drop-spoof")}},
    {"odd", V6, {LINK_SOURCE, JUMP("nd")}},
    {"odd", ALL, {GOTO("drop-spoof")}},

    {"nd", V6, {ND, ACCEPT}},
    {"nd", V6, {MLD, ACCEPT}},

    {"postrouting", ALL, {SET(WW_PORT), GOTO("place")}},
    {"postrouting", EACH, {OUTSIDE(WW_HELD, AS_IS), ACCEPT}},
    {"postrouting", EACH, {DROP}},

    {"place", V4, {TYPE(ETH_P_IP), SET(WW_TO), ACCEPT}},
    {"place", V6, {TYPE(ETH_P_IPV6), SET(WW_TO), ACCEPT}},
    {"place", ALL, {SET(WW_FREE_PORT), GOTO("free")}},
    {"place", EACH, {SET(WW_HELD), DROP}},
    {"place", ALL, {GOTO("guest")}},

    {"free", EACH, {SET(WW_TO), ACCEPT}},
    {"free", EACH, {SET(WW_HELD), DROP}},

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
