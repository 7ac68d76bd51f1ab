#include "core/kernel/base_ruleset/field.h"

#include <netinet/in.h>

#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#include "core/model/addr.h"
#include "core/model/protocol.h"

#define NH NFT_PAYLOAD_NETWORK_HEADER
#define TH NFT_PAYLOAD_TRANSPORT_HEADER
#define ORIGINAL IP_CT_DIR_ORIGINAL
#define REPLY IP_CT_DIR_REPLY

static const struct ww_field_info any[WW_F_COUNT] = {
    [WW_F_PROTO] = {"meta l4proto", WW_LOAD_META, WW_TYPE_PROTO, NFT_META_L4PROTO, 0, 1, false},
    [WW_F_SPORT] = {"th sport", WW_LOAD_PAYLOAD, WW_TYPE_PORT, TH, 0, 2, false},
    [WW_F_DPORT] = {"th dport", WW_LOAD_PAYLOAD, WW_TYPE_PORT, TH, 2, 2, false},
    /* whatever is there wherever a port is: it is masked away */
    [WW_F_WIDTH] = {"th sport", WW_LOAD_PAYLOAD, WW_TYPE_PORT, TH, 0, 2, false},
    [WW_F_ORIG_DPORT] = {"ct original proto-dst", WW_LOAD_CT, WW_TYPE_PORT, NFT_CT_PROTO_DST, ORIGINAL, 2, false},
    [WW_F_FLOW_PROTO] = {"ct original protocol", WW_LOAD_CT, WW_TYPE_PROTO, NFT_CT_PROTOCOL, ORIGINAL, 1, false},
    [WW_F_FLOW_SPORT] = {"ct original proto-src", WW_LOAD_CT, WW_TYPE_PORT, NFT_CT_PROTO_SRC, ORIGINAL, 2, false},
    [WW_F_FLOW_DPORT] = {"ct reply proto-src", WW_LOAD_CT, WW_TYPE_PORT, NFT_CT_PROTO_SRC, REPLY, 2, false},
    [WW_F_MAC] = {"ether saddr", WW_LOAD_PAYLOAD, WW_TYPE_MAC, NFT_PAYLOAD_LL_HEADER, 6, 6, false},
    [WW_F_MAC_TO] = {"ether daddr", WW_LOAD_PAYLOAD, WW_TYPE_MAC, NFT_PAYLOAD_LL_HEADER, 0, 6, false},
    [WW_F_PROTOCOL] = {"meta protocol", WW_LOAD_META, WW_TYPE_NUMBER, NFT_META_PROTOCOL, 0, 2, false},
    [WW_F_ETHERTYPE] = {"ether type", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NFT_PAYLOAD_LL_HEADER, 12, 2, false},
    [WW_F_SENDER] = {"@ll,48,64", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NFT_PAYLOAD_LL_HEADER, 6, 8, false},
    [WW_F_TAG] = {"@ll,112,16", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NFT_PAYLOAD_LL_HEADER, 14, 2, false},
    [WW_F_SIZE] = {"meta length", WW_LOAD_META, WW_TYPE_NUMBER, NFT_META_LEN, 0, 4, true},
    [WW_F_ARP_KIND] = {"@nh,0,48", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 0, 6, false},
    [WW_F_ARP_OP] = {"arp operation", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 6, 2, false},
    [WW_F_ARP_MAC] = {"arp saddr ether", WW_LOAD_PAYLOAD, WW_TYPE_MAC, NH, 8, 6, false},
    [WW_F_ARP_ADDR] = {"arp saddr ip", WW_LOAD_PAYLOAD, WW_TYPE_ADDR, NH, 14, 4, false},
    [WW_F_IIF] = {"iif", WW_LOAD_META, WW_TYPE_IFACE, NFT_META_IIF, 0, 4, true},
    [WW_F_IBRNAME] = {"ibrname", WW_LOAD_META, WW_TYPE_NAME, NFT_META_BRI_IIFNAME, 0, 16, true},
    [WW_F_OBRNAME] = {"obrname", WW_LOAD_META, WW_TYPE_NAME, NFT_META_BRI_OIFNAME, 0, 16, true},
    [WW_F_OIF] = {"oif", WW_LOAD_META, WW_TYPE_IFACE, NFT_META_OIF, 0, 4, true},
    [WW_F_IIFNAME] = {"iifname", WW_LOAD_META, WW_TYPE_NAME, NFT_META_IIFNAME, 0, 16, false},
    [WW_F_OIFNAME] = {"oifname", WW_LOAD_META, WW_TYPE_NAME, NFT_META_OIFNAME, 0, 16, false},
    [WW_F_IIFTYPE] = {"iiftype", WW_LOAD_META, WW_TYPE_NUMBER, NFT_META_IIFTYPE, 0, 2, true},
    [WW_F_IIFKIND] = {"meta iifkind", WW_LOAD_META, WW_TYPE_NAME, NFT_META_IIFKIND, 0, 16, true},
    [WW_F_PKTTYPE] = {"meta pkttype", WW_LOAD_META, WW_TYPE_NUMBER, NFT_META_PKTTYPE, 0, 1, true},
    [WW_F_CT_STATE] = {"ct state", WW_LOAD_CT, WW_TYPE_NUMBER, NFT_CT_STATE, -1, 4, true},
    [WW_F_CT_STATUS] = {"ct status", WW_LOAD_CT, WW_TYPE_NUMBER, NFT_CT_STATUS, -1, 4, true},
    [WW_F_CT_DIRECTION] = {"ct direction", WW_LOAD_CT, WW_TYPE_NUMBER, NFT_CT_DIRECTION, -1, 1, false},
    [WW_F_CT_LABEL] = {"ct label", WW_LOAD_CT, WW_TYPE_NUMBER, NFT_CT_LABELS, -1, 16, false},
    [WW_F_HOPLIMIT] = {"ip6 hoplimit", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 7, 1, false},
    [WW_F_MULTICAST] = {"@nh,192,8", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 24, 1, false},
    [WW_F_NEXT_HEADER] = {"ip6 nexthdr", WW_LOAD_PAYLOAD, WW_TYPE_PROTO, NH, 6, 1, false},
    [WW_F_BEHIND] = {"@nh,320,8", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 40, 1, false},
    [WW_F_OPTION] = {"@nh,328,24", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 41, 3, false},
    [WW_F_LENGTH] = {"ip6 length", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, NH, 4, 2, false},
    [WW_F_ICMP_TYPE] = {"icmp type", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 0, 1, false},
    [WW_F_ICMP_CODE] = {"icmp code", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 1, 1, false},
    [WW_F_ICMPV6_CODE] = {"icmpv6 code", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 1, 1, false},
    [WW_F_QUOTED_TO] = {"@th,256,128", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 32, 16, false},
    [WW_F_ND_TARGET] = {"@th,64,128", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 8, 16, false},
    [WW_F_ND_OPTION] = {"@th,192,16", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 24, 2, false},
    [WW_F_ND_MAC] = {"@th,208,48", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 26, 6, false},
    [WW_F_ICMPV6_TYPE] = {"icmpv6 type", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 0, 1, false},
    [WW_F_TCP_FLAGS] = {"tcp flags", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 13, 1, false},
    [WW_F_SCTP_CHUNK] = {"@th,96,8", WW_LOAD_PAYLOAD, WW_TYPE_NUMBER, TH, 12, 1, false},
    [WW_F_FIB_DADDR] = {"fib daddr type", WW_LOAD_FIB, WW_TYPE_NUMBER, NFTA_FIB_F_DADDR, 0, 4, true},
    [WW_F_FIB_SADDR] = {"fib saddr type", WW_LOAD_FIB, WW_TYPE_NUMBER, NFTA_FIB_F_SADDR, 0, 4, true},
};

static const struct ww_field_info v4[WW_F_COUNT] = {
    [WW_F_SADDR] = {"ip saddr", WW_LOAD_PAYLOAD, WW_TYPE_ADDR, NH, 12, 4, false},
    [WW_F_DADDR] = {"ip daddr", WW_LOAD_PAYLOAD, WW_TYPE_ADDR, NH, 16, 4, false},
    [WW_F_ORIG_DADDR] = {"ct original ip daddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_DST_IP, ORIGINAL, 4, false},
    [WW_F_FLOW_SADDR] = {"ct original ip saddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_SRC_IP, ORIGINAL, 4, false},
    [WW_F_FLOW_DADDR] = {"ct reply ip saddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_SRC_IP, REPLY, 4, false},
};

static const struct ww_field_info v6[WW_F_COUNT] = {
    [WW_F_SADDR] = {"ip6 saddr", WW_LOAD_PAYLOAD, WW_TYPE_ADDR, NH, 8, 16, false},
    [WW_F_DADDR] = {"ip6 daddr", WW_LOAD_PAYLOAD, WW_TYPE_ADDR, NH, 24, 16, false},
    [WW_F_ORIG_DADDR] = {"ct original ip6 daddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_DST_IP6, ORIGINAL, 16, false},
    [WW_F_FLOW_SADDR] = {"ct original ip6 saddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_SRC_IP6, ORIGINAL, 16, false},
    [WW_F_FLOW_DADDR] = {"ct reply ip6 saddr", WW_LOAD_CT, WW_TYPE_ADDR, NFT_CT_SRC_IP6, REPLY, 16, false},
};

const struct ww_field_info *ww_field_info(enum ww_field field, int family)
{
    if (any[field].name)
        return &any[field];
    return family == AF_INET6 ? &v6[field] : &v4[field];
}

static void write_addr(const uint8_t *value, uint8_t len, struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    struct ww_addr addr = {.family = len == 16 ? AF_INET6 : AF_INET};
    memcpy(addr.bytes, value, len);
    ww_buf_str(out, ww_addr_text(&addr, text));
}

static void write_iface(const uint8_t *value, struct ww_buf *out)
{
    uint32_t index;
    memcpy(&index, value, sizeof(index));
    ww_buf_fmt(out, "%u", index);
}

void ww_field_write(enum ww_field_type type, const uint8_t *value, uint8_t len, struct ww_buf *out)
{
    char text[WW_MAC_TEXT];
    char protocol[WW_PROTOCOL_TEXT];
    struct ww_mac mac;
    switch (type) {
    case WW_TYPE_ADDR:
        write_addr(value, len, out);
        break;
    case WW_TYPE_MAC:
        memcpy(mac.bytes, value, sizeof(mac.bytes));
        ww_buf_str(out, ww_mac_text(&mac, text));
        break;
    case WW_TYPE_PROTO:
        ww_buf_str(out, ww_protocol_text(value[0], protocol));
        break;
    case WW_TYPE_PORT:
        ww_buf_fmt(out, "%u", value[0] << 8 | value[1]);
        break;
    case WW_TYPE_IFACE:
        write_iface(value, out);
        break;
    case WW_TYPE_NAME:
        ww_buf_fmt(out, "\"%.*s\"", (int)strnlen((const char *)value, len), (const char *)value);
        break;
    case WW_TYPE_NUMBER:
        ww_buf_str(out, "0x");
        for (uint8_t i = 0; i < len; i++)
            ww_buf_fmt(out, "%02x", value[i]);
        break;
    }
}
