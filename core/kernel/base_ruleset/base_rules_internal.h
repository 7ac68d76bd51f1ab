/* The fixed chains' rules as rows of tables. Private to base_rules*.c. */
#ifndef WW_KERNEL_BASE_RULES_INTERNAL_H
#define WW_KERNEL_BASE_RULES_INTERNAL_H

#include <linux/if_packet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/kernel/base_ruleset/numbers.h"
#include "core/kernel/base_ruleset/reason.h"
#include "core/kernel/base_ruleset/stmt.h"

/* One rule for both, one for each of them, one for one of them; one for each protocol in each of them. */
enum ww_families { ALL, EACH, V4, V6, NAMED };

struct ww_row {
    const char *chain;
    enum ww_families families;
    struct ww_term terms[8];
};

/* base_rules_nets.c: the chains that look into the sets of CIDRs, and what they share with those that lead to them.
 */
extern const struct ww_row ww_net_rows[];
extern const size_t ww_net_rows_count;

/* base_rules_drops.c: the chains that end a packet's way, one for each reason. */
extern const struct ww_row ww_drop_rows[];
extern const size_t ww_drop_rows_count;

/* base_rules_audit.c: the same for audited containers, of which nothing is dropped. */
extern const struct ww_row ww_audit_rows[];
extern const size_t ww_audit_rows_count;
extern const struct ww_row ww_mark_rows[]; /* which packets win over Docker's own drops */
extern const size_t ww_mark_rows_count;

/* base_rules_lockdown.c: what is dropped in a lockdown. */
extern const struct ww_row ww_lockdown_rows[];
extern const size_t ww_lockdown_rows_count;

/* base_rules_bridge.c: which packets pass at which port of a bridge. */
extern const struct ww_row ww_bound_rows[];
extern const size_t ww_bound_rows_count;

/* base_rules_mirror.c: what stays within a bridge, where table inet does not see it. */
extern const struct ww_row ww_fenced_rows[];
extern const size_t ww_fenced_rows_count;
extern const struct ww_row ww_mirror_rows[]; /* with the chains of ww_drop_rows that are of the same part */
extern const size_t ww_mirror_rows_count;
/* Whether a row of another table's chain is for bridges, too: they have a chain of that name, but no resets, and no
 * chain of Docker's that the mark would be for. */
bool ww_row_is_mirrored(const struct ww_row *row);

/*
 * Conditions and actions (stmt.h) by short names. SET(s): the packet's key, as s has it, is an element of s. REPLY(s):
 * the same with source and destination exchanged, so REPLY(WW_MANAGED) is "from a managed container", and
 * SET(WW_MANAGED) is "to one". BEGAN(s), ANSWERS(s): with the end that began the flow, or that answers in it, as the
 * source. OUTSIDE(s, key): not in s. `not` of DNAT, SYN and INIT negates: SYN(false) is a plain SYN, SYN(true) is any
 * other segment.
 */
#define STATE(bit)                                                                                                     \
    {                                                                                                                  \
        .kind = WW_T_BITS, .field = WW_F_CT_STATE, .value = (bit)                                                      \
    }
#define DNAT(not )                                                                                                     \
    {                                                                                                                  \
        .kind = WW_T_BITS, .field = WW_F_CT_STATUS, .value = IPS_DST_NAT, .negate = (not )                             \
    }
#define IS(f, v)                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_IS, .field = (f), .value = (v)                                                                    \
    }
#define IS_NOT(f, v)                                                                                                   \
    {                                                                                                                  \
        .kind = WW_T_IS, .field = (f), .value = (v), .negate = true                                                    \
    }
/* ICMP goes another way: where other protocols have the destination port it has a checksum, which its sender can
 * choose. */
#define ICMP_GOES(from, families, to)                                                                                  \
    {from, families, {IS(WW_F_PROTO, IPPROTO_ICMP), GOTO(to)}},                                                        \
    {                                                                                                                  \
        from, families,                                                                                                \
        {                                                                                                              \
            IS(WW_F_PROTO, IPPROTO_ICMPV6), GOTO(to)                                                                   \
        }                                                                                                              \
    }
/* The protocol of a NAMED row: each that rules name. */
#define PROTOCOL IS(WW_F_PROTO, 0)
#define SYN(not )                                                                                                      \
    {                                                                                                                  \
        .kind = WW_T_IS, .field = WW_F_TCP_FLAGS, .mask = 0x17, .value = 0x02, .negate = (not )                        \
    }
#define RST                                                                                                            \
    {                                                                                                                  \
        .kind = WW_T_IS, .field = WW_F_TCP_FLAGS, .mask = 0x04, .value = 0x04                                          \
    }
/* SCTP's SYN (RFC 9260, 3.3.2): it stands alone in its packet. */
#define INIT(not )                                                                                                     \
    {                                                                                                                  \
        .kind = WW_T_IS, .field = WW_F_SCTP_CHUNK, .value = 1, .negate = (not )                                        \
    }
#define TYPES(s)                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_IN, .field = WW_F_ICMPV6_TYPE, .spans = (s), .n_spans = sizeof(s) / sizeof((s)[0])                \
    }
#define SET(s)                                                                                                         \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s)                                                                                   \
    }
#define REPLY(s)                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .reply = true                                                                    \
    }
#define ORIG_DST(s)                                                                                                    \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .orig_dst = true                                                                 \
    }
/* ICMP: where other protocols have the source port it has type and code. */
#define TYPED(s)                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .typed = true                                                                    \
    }
#define BEGAN(s)                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .began = true                                                                    \
    }
#define ANSWERS(s)                                                                                                     \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .answers = true                                                                  \
    }
#define VMAP(s)                                                                                                        \
    {                                                                                                                  \
        .kind = WW_T_VMAP, .set = (s)                                                                                  \
    }
#define REPLY_VMAP(s)                                                                                                  \
    {                                                                                                                  \
        .kind = WW_T_VMAP, .set = (s), .reply = true                                                                   \
    }
#define HALF(s)                                                                                                        \
    {                                                                                                                  \
        .kind = WW_T_VMAP, .set = (s), .mask = 1                                                                       \
    }
/* With the bridge that the packet came through a port of, or goes. */
#define FROM_BRIDGE(s)                                                                                                 \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .bridged = true                                                                  \
    }
#define TO_BRIDGE(s)                                                                                                   \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .bridged = true, .reply = true                                                   \
    }
#define JUMP(c)                                                                                                        \
    {                                                                                                                  \
        .kind = WW_T_JUMP, .text = (c)                                                                                 \
    }
#define GOTO(c)                                                                                                        \
    {                                                                                                                  \
        .kind = WW_T_GOTO, .text = (c)                                                                                 \
    }
/* clang-format off */
/* By the original destination. By protocol, for nft: without knowing it, it cannot read its own listing of `ct original
 * proto-dst` again. */
#define ORIG_DST_ROWS(chain) \
    {chain, NAMED, {PROTOCOL, ORIG_DST(WW_OUT_SDP), RETURN}}, \
    {chain, NAMED, {PROTOCOL, ORIG_DST(WW_OUT_SP), RETURN}}, \
    {chain, EACH, {ORIG_DST(WW_OUT_SD), RETURN}}, \
    {chain, NAMED, {PROTOCOL, ORIG_DST(WW_HOSTADDR), ORIG_DST(WW_OUT_H), RETURN}}, \
    {chain, EACH, {ORIG_DST(WW_HOSTADDR), ORIG_DST(WW_OUT_HA), RETURN}}
#define ACCEPT {.kind = WW_T_ACCEPT}
#define RETURN {.kind = WW_T_RETURN}
#define NOTRACK {.kind = WW_T_NOTRACK}
#define TO_HOST {.kind = WW_T_TO_HOST}
#define DROP {.kind = WW_T_COUNTER}, {.kind = WW_T_DROP}
#define ICMPV6(type) IS(WW_F_PROTO, IPPROTO_ICMPV6), IS(WW_F_ICMPV6_TYPE, type)
#define SPAN(f, s) {.kind = WW_T_IN, .field = (f), .spans = (s), .n_spans = sizeof(s) / sizeof((s)[0])}
#define ETHER IS(WW_F_IIFTYPE, ARPHRD_ETHER)
/* Behind no other header. Neighbour discovery never needs one, and it may not come in fragments (RFC 6980). */
#define AT_ONCE IS(WW_F_NEXT_HEADER, IPPROTO_ICMPV6)
#define HIDDEN_ND IS_NOT(WW_F_NEXT_HEADER, IPPROTO_ICMPV6), IS(WW_F_PROTO, IPPROTO_ICMPV6), TYPES(nd_types)
#define ND IS(WW_F_PROTO, IPPROTO_ICMPV6), IS(WW_F_HOPLIMIT, 255), TYPES(nd_types)
#define NEIGHBOUR_ND IS(WW_F_PROTO, IPPROTO_ICMPV6), IS(WW_F_HOPLIMIT, 255), TYPES(neighbour_types)
#define ROUTER_ND IS(WW_F_PROTO, IPPROTO_ICMPV6), TYPES(router_types)
#define RESERVED IS(WW_F_PKTTYPE, PACKET_MULTICAST), ETHER, SPAN(WW_F_MAC_TO, reserved_groups)
#define RESERVED_FRAME IS(WW_F_PKTTYPE, PACKET_MULTICAST), SPAN(WW_F_MAC_TO, reserved_groups)
#define REDIRECT IS(WW_F_PROTO, IPPROTO_ICMP), IS(WW_F_ICMP_TYPE, ICMP_REDIRECT)
#define MLD IS(WW_F_PROTO, IPPROTO_ICMPV6), IS(WW_F_HOPLIMIT, 1), IS(WW_F_MULTICAST, 0xff), TYPES(mld_types)
/* clang-format on */

/*
 * IEEE 802.1D, table 7-10: frames that a bridge does not forward like other frames. The host gets them from the port
 * itself, but for 00, which is forwarded where there is no spanning tree. No IP packet has any business in one.
 */
static const struct ww_span reserved_groups[] = {{{0x01, 0x80, 0xc2}, {0x01, 0x80, 0xc2, 0, 0, 0x0f}}};

/* Neighbour discovery (RFC 4861) and multicast listener messages (RFC 2710, RFC 3810). */
static const struct ww_span nd_types[] = {{{133}, {137}}};
static const struct ww_span router_types[] = {{{134}, {134}}, {{137}, {137}}}; /* what only a router sends */
static const struct ww_span neighbour_types[] = {{{133}, {133}}, {{135}, {136}}};
static const struct ww_span mld_types[] = {{{130}, {132}}, {{143}, {143}}};

/* Addresses of one host, and no group. */
static const struct ww_span one_host4[] = {{{1, 0, 0, 0}, {223, 255, 255, 255}}};
static const struct ww_span one_host6[] = {
    {{0}, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

/* One end is an audited container: the set has sources, so that BEGAN and ANSWERS can ask it, too. */
#define FROM_AUDITED SET(WW_AUDITED)
#define TO_AUDITED REPLY(WW_AUDITED)
#define NOT_FROM_AUDITED OUTSIDE(WW_AUDITED, AS_IS)

/* Counting and reporting what is dropped: how often at most. */
#define EACH_RATE 3 /* reports a second, and at once, of one container and reason */
#define EACH_BURST 5
#define FLOW_RATE 50 /* the same, of flows of one audited container */
#define FLOW_BURST 500
#define ALL_RATE 10 /* where there is no container to count for */
#define ALL_BURST 20
#define RESET_RATE                                                                                                     \
    1000 /* TCP resets a second, and at once, for one container: a pool of connections is told in one go */
#define RESET_BURST 2000

#define COUNT(s, key)                                                                                                  \
    {                                                                                                                  \
        .kind = WW_T_COUNT, .set = (s), key                                                                            \
    }
#define SAMPLE(s, key)                                                                                                 \
    {                                                                                                                  \
        .kind = WW_T_SAMPLE, .set = (s), .value = EACH_RATE, .mask = EACH_BURST, key                                   \
    }
#define RESET(key)                                                                                                     \
    IS(WW_F_PROTO, IPPROTO_TCP),                                                                                       \
        {.kind = WW_T_SAMPLE, .set = WW_SAMPLE_RESET, .value = RESET_RATE, .mask = RESET_BURST, key},                  \
    {                                                                                                                  \
        .kind = WW_T_REJECT                                                                                            \
    }
#define RATE                                                                                                           \
    {                                                                                                                  \
        .kind = WW_T_RATE, .value = ALL_RATE, .mask = ALL_BURST                                                        \
    }
#define REPORT(n)                                                                                                      \
    {                                                                                                                  \
        .kind = WW_T_REPORT, .text = WW_REASON_PREFIX WW_NAME_##n, .value = WW_DROP_GROUP                              \
    }
/* Keep the flow in mind, as long as there is room; as long as they are not too many for a container. */
#define FLOW(flows)                                                                                                    \
    {                                                                                                                  \
        .kind = WW_T_COUNT, .set = (flows)                                                                             \
    }
#define TYPED_FLOW(flows)                                                                                              \
    {                                                                                                                  \
        .kind = WW_T_COUNT, .set = (flows), .typed = true                                                              \
    }
#define FEW(each)                                                                                                      \
    {                                                                                                                  \
        .kind = WW_T_SAMPLE, .set = (each), .value = FLOW_RATE, .mask = FLOW_BURST                                     \
    }
/* What -docker-user marks may pass Docker's own drops. */
#define MARKED                                                                                                         \
    {                                                                                                                  \
        .kind = WW_T_MARK, .value = WW_ALLOWED_MARK                                                                    \
    }
#define UNMARKED                                                                                                       \
    {                                                                                                                  \
        .kind = WW_T_MARK, .value = WW_ALLOWED_MARK, .negate = true                                                    \
    }
#define REPORT_AUDIT(n)                                                                                                \
    {                                                                                                                  \
        .kind = WW_T_REPORT, .text = WW_AUDIT_PREFIX WW_NAME_##n, .value = WW_DROP_GROUP                               \
    }
#define OUTSIDE(s, key)                                                                                                \
    {                                                                                                                  \
        .kind = WW_T_SET, .set = (s), .negate = true, key                                                              \
    }
/* How the key is filled. */
#define AS_IS .reply = false
#define SWAPPED .reply = true
#define BEGAN_BY .began = true
#define ANSWERED_BY .answers = true
#define ESTABLISHED (1 << (IP_CT_ESTABLISHED + 1))
#define RELATED (1 << (IP_CT_RELATED + 1))
#define NEW (1 << (IP_CT_NEW + 1))
#define INVALID 1
#define UNTRACKED (1 << 6)

#endif
