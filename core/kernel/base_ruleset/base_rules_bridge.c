/* Which packets pass at which port of a bridge (docs/datapath-bridge.md). */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "core/kernel/base_ruleset/base_rules_internal.h"

static const struct ww_span veth[] = {{{'v', 'e', 't', 'h'}, {'v', 'e', 't', 'h'}}};
static const struct ww_span link_types[] = {{{130}, {137}}, {{143}, {143}}};
/* A solicitation or advertisement without an option, and with one of eight bytes. */
#define IPV6_HEADER 40
#define PLAIN_LENGTH 24
#define OPTION_LENGTH 32
#define ARP_SIZE 28
#define ROUTER_ALERT 8 /* the option before a listener message */
#define MLD_REPORT_V2 143
#define SOURCE_MAC 0x0101 /* the option's type and its length, in eights of bytes */
#define TARGET_MAC 0x0201

static const struct ww_span tags[] = {{{0x81, 0x00}, {0x81, 0x00}}, {{0x88, 0xa8}, {0x88, 0xa8}}};
static const struct ww_span talk_types[] = {{{135}, {136}}};
static const struct ww_span ethernet_ipv4[] = {{{0, 1, 8, 0, 6, 4}, {0, 1, 8, 0, 6, 4}}};
static const struct ww_span arp_ops[] = {{{0, 1}, {0, 2}}};
static const struct ww_span link_local[] = {
    {{0xfe, 0x80}, {0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};
static const struct ww_span to_one[] = {{{PACKET_HOST}, {PACKET_HOST}}, {{PACKET_OTHERHOST}, {PACKET_OTHERHOST}}};
static const struct ww_span no_addr[] = {{{0}, {0}}};
/* What no packet on a link is from: loopback, groups, all; a link's anycast address. */
static const struct ww_span no_sender4[] = {{{127}, {127, 255, 255, 255}}, {{224}, {255, 255, 255, 255}}};
static const struct ww_span no_sender6[] = {
    {{[15] = 1}, {[15] = 1}},
    {{0xfe, 0x80}, {0xfe, 0x80}},
    {{0xff}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};
/* What makes its sender's port one that a router is at: a query; an advertisement (RFC 4286), in IPv6 of this type. */
static const struct ww_span igmp_of_routers[] = {{{0x11}, {0x11}}, {{0x30}, {0x30}}};
#define ROUTER_FOUND 151
/* What each router looks at, and what may hide it until the packet is put together. */
static const struct ww_span each_hop[] = {{{IPPROTO_HOPOPTS}, {IPPROTO_HOPOPTS}},
                                          {{IPPROTO_FRAGMENT}, {IPPROTO_FRAGMENT}}};
static const struct ww_span padding[] = {{{0, 1, 4}, {0, 1, 4}}}; /* that fills a header of eight bytes */
/* Where listeners send their messages (RFC 2710, RFC 3810): all routers, all that know version 2, the group itself. */
static const struct ww_span routers[] = {{{0xff, 2, [15] = 2}, {0xff, 2, [15] = 2}}};
static const struct ww_span mld_routers[] = {{{0xff, 2, [15] = 0x16}, {0xff, 2, [15] = 0x16}}};
static const struct ww_span groups_but_all[] = {
    {{0xff}, {0xff, 2}},
    {{0xff, 2, [15] = 2},
     {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

/* clang-format off */
#define A_VETH SPAN(WW_F_IIFKIND, veth)
#define TYPE(v) IS(WW_F_ETHERTYPE, v)
#define OTHER_TYPE(v) {.kind = WW_T_IS, .field = WW_F_ETHERTYPE, .value = (v), .negate = true}
#define NO_VLAN {.kind = WW_T_IS, .field = WW_F_TAG, .mask = 0xfff, .value = 0}
#define NOT_TO_HOST {.kind = WW_T_IS, .field = WW_F_PKTTYPE, .value = PACKET_HOST, .negate = true}
/* A frame to one MAC: what chain beside-unknown has said to be for the host is such, too. */
#define TO_ONE SPAN(WW_F_PKTTYPE, to_one)
#define CARRIES(v) IS(WW_F_PROTOCOL, v)
#define ARP(s) {.kind = WW_T_SET, .set = (s), .arp = true}
#define ARP_FROM(s) {.kind = WW_T_SET, .set = (s), .arp = true, .reply = true}
#define NO_SENDER SPAN(WW_F_ARP_ADDR, no_addr)

/*
 * One of each_hop; by its bits, for each packet pays it, and a look-up is twice as much. What else has none of
 * these bits (IPv4 in IPv6) returns from chain asks-hops.
 */
#define MAY_ASK_HOPS {.kind = WW_T_BITS, .field = WW_F_NEXT_HEADER, .value = 0xff & ~IPPROTO_FRAGMENT, .negate = true}
#define NO_SOURCE SPAN(WW_F_SADDR, no_addr)
#define OWN_SOURCE REPLY(WW_TO)
/* Its sender would answer itself, in the name of that which its flow is to: the flow would be established. */
#define FROM_NO_SENDER(chain) \
    {chain, V4, {A_VETH, SPAN(WW_F_SADDR, no_sender4), GOTO("drop-link")}}, \
    {chain, V6, {A_VETH, SPAN(WW_F_SADDR, no_sender6), GOTO("drop-link")}}, \
    {chain, V4, {NO_SOURCE, SPAN(WW_F_DADDR, no_addr), GOTO("drop-link")}}
/* What may look like neighbour discovery or a listener message; what is none, by its hop limit, is lost with it. */
#define LINK_TALK IS(WW_F_PROTO, IPPROTO_ICMPV6), TYPES(link_types)
/*
 * It can be told what it is: not of a fragment that ends within its headers. The hooks behind put those together, and
 * then it may be talk of the link.
 */
#define READABLE IS_NOT(WW_F_PROTO, 0)
/* With nothing behind it, in the packet or in the frame. */
#define PLAIN AT_ONCE, IS(WW_F_LENGTH, PLAIN_LENGTH), IS(WW_F_SIZE, IPV6_HEADER + PLAIN_LENGTH)
#define WITH_OPTION AT_ONCE, IS(WW_F_LENGTH, OPTION_LENGTH), IS(WW_F_SIZE, IPV6_HEADER + OPTION_LENGTH)
#define WITH_MAC(option) WITH_OPTION, IS(WW_F_ND_OPTION, option), SET(WW_ND_MAC)
#define IGMP_OF_ROUTERS IS(WW_F_PROTO, IPPROTO_IGMP), SPAN(WW_F_ICMP_TYPE, igmp_of_routers)
#define NEIGHBOUR_TYPES IS(WW_F_HOPLIMIT, 255), SPAN(WW_F_ICMPV6_TYPE, talk_types), IS(WW_F_ICMPV6_CODE, 0)
#define PLAIN_ARP                                                                                                      \
    TYPE(ETH_P_ARP), IS(WW_F_SIZE, ARP_SIZE), SPAN(WW_F_ARP_KIND, ethernet_ipv4), SPAN(WW_F_ARP_OP, arp_ops)
#define TO_GROUP(how, s) IS(WW_F_PKTTYPE, how), SPAN(WW_F_DADDR, s)
/* In one piece, behind options for each hop (RFC 3810): of fragments the size would be that of the first. */
#define ALERTED IS(WW_F_NEXT_HEADER, IPPROTO_HOPOPTS), IS(WW_F_BEHIND, IPPROTO_ICMPV6)
#define LISTENER(type, to) ICMPV6(type), ALERTED, IS(WW_F_HOPLIMIT, 1), SPAN(WW_F_DADDR, to)
/* 20 bytes each, behind 56 of headers. Below 512, so that one mask tells. */
#define UP_TO_22_GROUPS {.kind = WW_T_IS, .field = WW_F_SIZE, .mask = ~511U, .value = 0}
#define VERSION_1 IS(WW_F_SIZE, IPV6_HEADER + ROUTER_ALERT + PLAIN_LENGTH)

/*
 * The usual packet of a bound endpoint meets two look-ups in each of the base chains, its port and then what it says to
 * be. What stands behind is for all other packets. IPv6 comes after IPv4, for it needs one look-up more: is it talk of
 * the link?
 */
const struct ww_row ww_bound_rows[] = {
    {"prerouting", ALL, {NOT_TO_HOST, REPLY(WW_PORT), GOTO("beside")}},
    {"prerouting", ALL, {REPLY(WW_PORT), GOTO("own")}},
    {"prerouting", ALL, {GOTO("strange")}},

    /* from a port at which no endpoint is known: its MAC and its addresses must be those of no known endpoint */
    {"strange", ALL, {REPLY(WW_FOREIGN), ACCEPT}},
    {"strange", EACH, {REPLY(WW_HELD), GOTO("drop-forged")}},
    /* the host's address may have moved to another machine, behind a card that is a port of the administrator's bridge */
    {"strange", EACH, {A_VETH, REPLY(WW_OURS), GOTO("drop-forged")}},
    FROM_NO_SENDER("strange"),
    /* the bridge confirms the flow of what goes to all before any hook judges it: its answer would be established */
    {"strange", V4, {TO_GROUP(PACKET_BROADCAST, one_host4), NOTRACK}},
    {"strange", V4, {TO_GROUP(PACKET_MULTICAST, one_host4), NOTRACK}},
    {"strange", V6, {TO_GROUP(PACKET_BROADCAST, one_host6), NOTRACK}},
    {"strange", V6, {TO_GROUP(PACKET_MULTICAST, one_host6), NOTRACK}},
    {"strange", EACH, {NOT_TO_HOST, OUTSIDE(WW_MAC_KNOWN, AS_IS), SET(WW_HELD), NOTRACK}},
    {"strange", EACH, {A_VETH, NOT_TO_HOST, OUTSIDE(WW_MAC_KNOWN, AS_IS), SET(WW_OURS), NOTRACK}},
    {"strange", ALL, {SPAN(WW_F_PROTOCOL, tags), NO_VLAN, GOTO("drop-link")}}, /* two tags that say nothing hide it */
    {"strange", ALL, {SET(WW_PORT_MAC), GOTO("drop-link")}},
    {"strange", ALL, {SET(WW_TAKEN), GOTO("drop-link")}},
    {"strange", ALL, {SET(WW_MAC_LENT), GOTO("drop-link")}},
    {"strange", V6, {ICMPV6(ND_NEIGHBOR_ADVERT), JUMP("strange-target")}},
    {"strange", V6, {ICMPV6(ND_NEIGHBOR_SOLICIT), NO_SOURCE, JUMP("strange-target")}},
    {"strange", ALL, {CARRIES(ETH_P_ARP), ARP(WW_HELD), DROP}},
    {"strange", V6, {MAY_ASK_HOPS, A_VETH, JUMP("asks-hops")}},
    {"strange", ALL, {SET(WW_CLOSED_MAC), GOTO("unknown")}},
    {"strange", ALL, {FROM_BRIDGE(WW_CLOSED), GOTO("unknown")}},

    /*
     * On a guarded bridge: what a link needs, without room for more. IP ends here and not in table inet, for there it
     * may belong to a flow that another began in its name, and the host answers some of it before it is judged.
     */
    {"unknown", EACH, {SET(WW_ASIDE), ACCEPT}},
    {"unknown", EACH, {FROM_BRIDGE(WW_ASIDE_AT), ACCEPT}},
    {"unknown", ALL, {JUMP("neighbour")}},
    {"unknown", V6, {TYPE(ETH_P_IPV6), JUMP("listens")}},
    {"unknown", ALL, {GOTO("drop-guard")}},

    /*
     * What the host takes though it has another MAC the bridge puts into the table of flows before any hook can judge
     * it, and whatever the other end sends then makes it established. Ports' own MACs are no packet's destination. What
     * goes to all, or to a group, is judged packet by packet where one end is managed.
     */
    {"beside", ALL, {SET(WW_PORT_MAC), GOTO("drop-link")}},
    {"beside", ALL, {IS(WW_F_PKTTYPE, PACKET_BROADCAST), GOTO("beside-group")}},
    {"beside", ALL, {IS(WW_F_PKTTYPE, PACKET_MULTICAST), GOTO("beside-group")}},
    {"beside", ALL, {OUTSIDE(WW_MAC_KNOWN, AS_IS), GOTO("beside-unknown")}},
    {"beside", ALL, {GOTO("own")}},
    /*
     * A new neighbour's MAC, or that of a port that is not known. The bridge does not confirm the flow of a packet that
     * says to be for the host, and the host judges it, should the bridge hand it up; a new neighbour notices nothing.
     */
    {"beside-unknown", EACH, {SET(WW_HELD), NOTRACK}},
    {"beside-unknown", EACH, {SET(WW_OURS), NOTRACK}},
    {"beside-unknown", EACH, {OUTSIDE(WW_FREE_PORT, SWAPPED), TO_HOST}},
    {"beside-unknown", ALL, {GOTO("own")}},
    /* the bridge would take a managed one for a router, and its neighbours' groups for empty */
    {"beside-group", V4, {IGMP_OF_ROUTERS, OUTSIDE(WW_FREE_PORT, SWAPPED), GOTO("drop-spoof")}},
    {"beside-group", V4, {IS(WW_F_PROTO, IPPROTO_PIM), OUTSIDE(WW_FREE_PORT, SWAPPED), GOTO("drop-spoof")}},
    {"beside-group", V6, {ICMPV6(ROUTER_FOUND), OUTSIDE(WW_FREE_PORT, SWAPPED), GOTO("drop-spoof")}},
    {"beside-group", ALL, {OUTSIDE(WW_FREE_PORT, SWAPPED), NOTRACK}},
    {"beside-group", EACH, {SET(WW_HELD), NOTRACK}},
    {"beside-group", EACH, {SET(WW_OURS), NOTRACK}},
    {"beside-group", ALL, {GOTO("own")}},

    /* from its own address, with its own MAC, and in no VLAN: the IP hooks do not see into tags */
    {"own", V4, {SET(WW_FROM), ACCEPT}},
    {"own", V6, {MAY_ASK_HOPS, JUMP("asks-hops")}},
    {"own", V6, {LINK_TALK, GOTO("speaks")}},
    {"own", V6, {READABLE, SET(WW_FROM), ACCEPT}},
    {"own", ALL, {REPLY(WW_FREE_PORT), GOTO("routed")}},
    {"own", ALL, {GOTO("odd")}},

    /*
     * A packet that alerts routers the kernel gives, before it forwards it and asks a hook, to each socket that wants
     * such, in whatever network namespace: also one with a neighbour's MAC, where its destination is translated. Groups
     * are not forwarded so: listeners' messages have that option. In a fragment in a fragment it is seen where both are
     * taken off: by what tracks within bridges, and by bridge netfilter.
     */
    {"asks-hops", V6, {IS(WW_F_MULTICAST, 0xff), RETURN}},
    {"asks-hops", V6, {IS(WW_F_NEXT_HEADER, IPPROTO_HOPOPTS), SPAN(WW_F_OPTION, padding), RETURN}},
    {"asks-hops", V6, {IS(WW_F_NEXT_HEADER, IPPROTO_HOPOPTS), GOTO("drop-link")}},
    {"asks-hops", V6, {IS(WW_F_NEXT_HEADER, IPPROTO_FRAGMENT), SPAN(WW_F_BEHIND, each_hop), GOTO("drop-link")}},

    /* one that is not managed may send from any address, and with any MAC, but those that only another endpoint has */
    {"routed", EACH, {REPLY(WW_HELD), GOTO("borrowed")}},
    {"routed", EACH, {REPLY(WW_OURS), GOTO("drop-forged")}},
    FROM_NO_SENDER("routed"),
    {"routed", ALL, {OUTSIDE(WW_SEAT, AS_IS), SET(WW_TAKEN), GOTO("drop-link")}},
    {"routed", ALL, {OUTSIDE(WW_SEAT, AS_IS), SET(WW_MAC_LENT), GOTO("drop-link")}},
    {"routed", ALL, {CARRIES(ETH_P_ARP), ARP(WW_HELD), GOTO("claim")}},
    {"routed", ALL, {SPAN(WW_F_PROTOCOL, tags), NO_VLAN, GOTO("drop-link")}}, /* the host looks behind both */
    /* what is behind two tags only the receiver sees; where nothing is guarded that is the endpoints' business */
    {"routed", ALL, {SPAN(WW_F_PROTOCOL, tags), OUTSIDE(WW_LOOSE_PORT, SWAPPED), DROP}},

    {"borrowed", V6, {SET(WW_SEAT), OWN_SOURCE, ACCEPT}},
    {"borrowed", EACH, {SET(WW_SEAT), SET(WW_LENT), ACCEPT}},
    {"borrowed", EACH, {GOTO("drop-forged")}},

    {"claim", ALL, {CARRIES(ETH_P_ARP), ARP(WW_SEAT), ARP_FROM(WW_TO), ACCEPT}},
    {"claim", ALL, {CARRIES(ETH_P_ARP), SET(WW_SEAT), ARP(WW_LENT), ACCEPT}},
    {"claim", ALL, {DROP}},

    /* a target that cannot be read, for it is in the next fragment, may be a known endpoint's */
    {"strange-target", V6, {IS(WW_F_PROTO, IPPROTO_ICMPV6), OUTSIDE(WW_HELD_ND, AS_IS), RETURN}},
    {"strange-target", ALL, {GOTO("drop-link")}},

    /* a managed one speaks of itself, in messages that have no room for more */
    {"speaks", ALL, {REPLY(WW_FREE_PORT), GOTO("tells")}},
    {"speaks", ALL, {OUTSIDE(WW_SEAT, AS_IS), GOTO("drop-spoof")}},
    {"speaks", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("drop-spoof")}}, /* in a tag */
    {"speaks", V6, {ICMPV6(ND_NEIGHBOR_SOLICIT), GOTO("asks")}},
    {"speaks", V6, {ICMPV6(ND_NEIGHBOR_ADVERT), GOTO("answers")}},
    {"speaks", V6, {ICMPV6(ND_ROUTER_SOLICIT), AT_ONCE, IS(WW_F_SIZE, IPV6_HEADER + 8), OWN_SOURCE, ACCEPT}},
    {"speaks", V6, {ICMPV6(ND_ROUTER_SOLICIT), AT_ONCE, IS(WW_F_SIZE, IPV6_HEADER + 16), OWN_SOURCE, ACCEPT}},
    {"speaks", V6, {ICMPV6(ND_ROUTER_SOLICIT), AT_ONCE, IS(WW_F_SIZE, IPV6_HEADER + 8), NO_SOURCE, ACCEPT}},
    {"speaks", V6, {OWN_SOURCE, JUMP("listens")}},
    {"speaks", V6, {NO_SOURCE, JUMP("listens")}},
    {"speaks", ALL, {GOTO("drop-spoof")}},

    {"asks", V6, {PLAIN, OWN_SOURCE, ACCEPT}},
    {"asks", V6, {WITH_MAC(SOURCE_MAC), OWN_SOURCE, ACCEPT}},
    {"asks", V6, {PLAIN, NO_SOURCE, SET(WW_TARGET), ACCEPT}},
    {"asks", V6, {WITH_OPTION, NO_SOURCE, SET(WW_TARGET), ACCEPT}},
    {"asks", ALL, {GOTO("drop-spoof")}},

    {"answers", V6, {PLAIN, OWN_SOURCE, SET(WW_TARGET), ACCEPT}},
    {"answers", V6, {WITH_MAC(TARGET_MAC), OWN_SOURCE, SET(WW_TARGET), ACCEPT}},
    {"answers", ALL, {GOTO("drop-spoof")}},

    /* one that is not may speak for endpoints that are not managed either, and for no other */
    {"tells", V6, {ICMPV6(ND_NEIGHBOR_ADVERT), GOTO("tells-target")}},
    {"tells", V6, {ICMPV6(ND_NEIGHBOR_SOLICIT), NO_SOURCE, GOTO("tells-target")}},
    {"tells", ALL, {GOTO("routed")}},
    {"tells-target", V6, {IS(WW_F_PROTO, IPPROTO_ICMPV6), OUTSIDE(WW_HELD_ND, AS_IS), GOTO("routed")}},
    {"tells-target", V6, {IS(WW_F_PROTO, IPPROTO_ICMPV6), SET(WW_LENT_ND), GOTO("routed")}},
    {"tells-target", V6, {IS(WW_F_PROTO, IPPROTO_ICMPV6), SET(WW_TARGET), GOTO("routed")}},
    {"tells-target", ALL, {GOTO("drop-link")}},

    /* reports of listeners, for the bridge; not to the group of all nodes, for the host is in it */
    {"listens", V6, {LISTENER(MLD_REPORT_V2, mld_routers), UP_TO_22_GROUPS, ACCEPT}},
    {"listens", V6, {LISTENER(MLD_LISTENER_REPORT, groups_but_all), VERSION_1, ACCEPT}},
    {"listens", V6, {LISTENER(MLD_LISTENER_REDUCTION, routers), VERSION_1, ACCEPT}},

    /* what a managed endpoint sends beside packets from its addresses */
    {"odd", ALL, {OUTSIDE(WW_SEAT, AS_IS), GOTO("drop-spoof")}},
    {"odd", ALL, {PLAIN_ARP, GOTO("says-arp")}},
    {"odd", ALL, {GOTO("drop-spoof")}},
    {"says-arp", ALL, {TYPE(ETH_P_ARP), ARP(WW_SEAT), ARP_FROM(WW_TO), ACCEPT}},
    {"says-arp", ALL, {TYPE(ETH_P_ARP), ARP(WW_SAYS), ACCEPT}},
    {"says-arp", ALL, {TYPE(ETH_P_ARP), NO_SENDER, ARP(WW_SEAT), ACCEPT}},
    {"says-arp", ALL, {GOTO("drop-spoof")}},

    {"postrouting", ALL, {SET(WW_PORT), GOTO("place")}},
    {"postrouting", ALL, {SET(WW_FOREIGN), ACCEPT}},
    {"postrouting", V6, {IS(WW_F_PROTO, IPPROTO_ICMPV6), TYPES(mld_types), SET(WW_TAKEN), DROP}}, /* as to known ones */
    {"postrouting", ALL, {SET(WW_MAC_FENCED), GOTO("outcast")}},
    {"postrouting", EACH, {SET(WW_HELD), DROP}},
    {"postrouting", ALL, {REPLY(WW_CLOSED_MAC), GOTO("shunned")}},
    {"postrouting", ALL, {TO_BRIDGE(WW_CLOSED), GOTO("shunned")}},

    /* the bridge is the only router that a managed one hears of */
    {"place", V4, {TYPE(ETH_P_IP), SET(WW_TO), ACCEPT}},
    {"place", V6, {TYPE(ETH_P_IPV6), LINK_TALK, GOTO("talk")}},
    {"place", V6, {TYPE(ETH_P_IPV6), SPAN(WW_F_DADDR, link_local), OUTSIDE(WW_FREE_PORT, AS_IS), GOTO("guest")}},
    {"place", V6, {TYPE(ETH_P_IPV6), SET(WW_TO), ACCEPT}},
    {"place", ALL, {SET(WW_FREE_PORT), GOTO("free")}},
    {"place", EACH, {SET(WW_HELD), DROP}},
    {"place", ALL, {GOTO("guest")}},

    {"talk", ALL, {SET(WW_FREE_PORT), GOTO("free")}},
    {"talk", ALL, {GOTO("guest")}},

    /*
     * What the IP hooks do not see, in a VLAN, to a group or of another protocol, comes from known endpoints only:
     * one that is not known has the MAC of none that is.
     */
    /* from a managed one: what the rules judged by its destination goes to no other endpoint, nor do its reports */
    {"free", V6, {SET(WW_TAKEN), IS(WW_F_PROTO, IPPROTO_ICMPV6), TYPES(mld_types), DROP}},
    {"free", EACH, {SET(WW_TAKEN), TO_ONE, OUTSIDE(WW_TO, AS_IS), GOTO("outcast")}},
    {"free", ALL, {SET(WW_LOOSE_PORT), GOTO("loose")}},
    {"free", ALL, {SET(WW_MAC_LENT), GOTO("loose")}},
    {"free", ALL, {SET(WW_TAKEN), GOTO("loose")}},
    {"free", ALL, {JUMP("neighbour")}},
    {"free", ALL, {DROP}},
    {"loose", EACH, {SET(WW_TO), ACCEPT}},
    {"loose", EACH, {REPLY(WW_LENT), ACCEPT}}, /* it may route */
    {"loose", EACH, {SET(WW_HELD), DROP}},

    /* from an endpoint that is known on a guarded bridge to a port at which none is: on the same bridge, therefore */
    {"outcast", ALL, {JUMP("neighbour")}},
    {"outcast", ALL, {DROP}},

    /* to a port of a guarded bridge at which no endpoint is known: from another such, a made-up MAC, or the bridge */
    {"shunned", EACH, {REPLY(WW_ASIDE), ACCEPT}},
    {"shunned", EACH, {TO_BRIDGE(WW_ASIDE_AT), ACCEPT}},
    {"shunned", ALL, {JUMP("neighbour")}},
    {"shunned", V6, {SET(WW_MAC_LENT), TYPE(ETH_P_IPV6), JUMP("nd")}},
    {"shunned", ALL, {GOTO("drop-guard")}},

    /* how neighbours find each other, with no room for anything else */
    {"neighbour", ALL, {PLAIN_ARP, ACCEPT}},
    {"neighbour", V6, {TYPE(ETH_P_IPV6), PLAIN, NEIGHBOUR_TYPES, ACCEPT}},
    {"neighbour", V6, {TYPE(ETH_P_IPV6), WITH_OPTION, NEIGHBOUR_TYPES, ACCEPT}},

    /* what a managed endpoint gets beside packets to its addresses */
    {"guest", ALL, {PLAIN_ARP, ACCEPT}},
    {"guest", V6, {OTHER_TYPE(ETH_P_IPV6), GOTO("drop-to")}},
    {"guest", V6, {PLAIN, NEIGHBOUR_TYPES, ACCEPT}},
    {"guest", V6, {WITH_OPTION, NEIGHBOUR_TYPES, ACCEPT}},
    {"guest", V6, {ROUTER_ND, IS(WW_F_HOPLIMIT, 255), SET(WW_GATE), ACCEPT}},
    {"guest", V6, {MLD, SET(WW_GATE), ACCEPT}},
    {"guest", V6, {LINK_TALK, DROP}}, /* reports of listeners are for routers only */
    {"guest", ALL, {GOTO("drop-to")}},

    {"nd", V6, {AT_ONCE, ND, ACCEPT}},
    {"nd", V6, {MLD, ACCEPT}},

    /* as in table inet */
    {"drop-spoof", ALL, {COUNT(WW_DROP_FROM, SWAPPED)}},
    {"drop-spoof", EACH, {SAMPLE(WW_SAMPLE_FROM, SWAPPED), REPORT(SPOOF)}},
    {"drop-spoof", ALL, {DROP}},
    {"drop-forged", EACH, {COUNT(WW_DROP_HELD, AS_IS)}},
    {"drop-forged", EACH, {SAMPLE(WW_SAMPLE_HELD, AS_IS), REPORT(FORGED)}},
    {"drop-forged", ALL, {DROP}},
    {"drop-link", EACH, {RATE, REPORT(LINK)}},
    {"drop-link", ALL, {DROP}},
    {"drop-guard", EACH, {SET(WW_HELD), COUNT(WW_DROP_CLOSED, SWAPPED)}},
    {"drop-guard", EACH, {REPLY(WW_HELD), COUNT(WW_DROP_CLOSED, AS_IS)}},
    {"drop-guard", EACH, {RATE, REPORT(GUARD)}},
    {"drop-guard", ALL, {DROP}},
    {"drop-to", ALL, {COUNT(WW_DROP_TO, AS_IS)}},
    {"drop-to", EACH, {SAMPLE(WW_SAMPLE_TO, AS_IS), REPORT(BRIDGE)}},
    {"drop-to", ALL, {DROP}},
};
/* clang-format on */

const size_t ww_bound_rows_count = sizeof(ww_bound_rows) / sizeof(ww_bound_rows[0]);
