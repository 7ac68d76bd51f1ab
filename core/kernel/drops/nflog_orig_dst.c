/* What a report says of the packet's tracked flow: its original destination (linux/netfilter/nfnetlink_conntrack.h). */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/drops/nflog.h"
#include "core/kernel/netlink/attrs.h"

static struct ww_addr addr_of(const struct nlattr *attr, uint8_t family)
{
    struct ww_addr addr = {.family = family};
    size_t len = family == AF_INET6 ? 16 : 4;
    if (!attr || mnl_attr_get_payload_len(attr) < len)
        return (struct ww_addr){0};
    memcpy(addr.bytes, mnl_attr_get_payload(attr), len);
    return addr;
}

void ww_nflog_take_orig_dst(const struct nlattr *flow, struct ww_drop *drop)
{
    struct ww_attrs original = ww_attrs_nest(ww_attrs_nest(flow).by_type[CTA_TUPLE_ORIG]);
    struct ww_attrs ip = ww_attrs_nest(original.by_type[CTA_TUPLE_IP]);
    const struct nlattr *port = ww_attrs_nest(original.by_type[CTA_TUPLE_PROTO]).by_type[CTA_PROTO_DST_PORT];
    struct ww_addr addr = addr_of(ip.by_type[CTA_IP_V4_DST], AF_INET);
    if (!addr.family)
        addr = addr_of(ip.by_type[CTA_IP_V6_DST], AF_INET6);
    drop->orig_dst = addr;
    drop->orig_dport = port && mnl_attr_get_payload_len(port) >= 2 ? ntohs(mnl_attr_get_u16(port)) : 0;
}
