/* What a report says of the packet's tracked flow: whom its sender dialled (linux/netfilter/nfnetlink_conntrack.h). */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/nflog.h"

struct attrs {
    const struct nlattr *by_type[CTA_MAX + 1];
};

static int keep_attr(const struct nlattr *attr, void *arg)
{
    struct attrs *a = arg;
    if (mnl_attr_get_type(attr) <= CTA_MAX)
        a->by_type[mnl_attr_get_type(attr)] = attr;
    return MNL_CB_OK;
}

static struct attrs nest(const struct nlattr *attr)
{
    struct attrs a = {0};
    if (attr)
        mnl_attr_parse_nested(attr, keep_attr, &a);
    return a;
}

static struct ww_addr addr_of(const struct nlattr *attr, uint8_t family)
{
    struct ww_addr addr = {.family = family};
    size_t len = family == AF_INET6 ? 16 : 4;
    if (!attr || mnl_attr_get_payload_len(attr) < len)
        return (struct ww_addr){0};
    memcpy(addr.bytes, mnl_attr_get_payload(attr), len);
    return addr;
}

void ww_nflog_take_dialled(const struct nlattr *flow, struct ww_drop *drop)
{
    struct attrs original = nest(nest(flow).by_type[CTA_TUPLE_ORIG]);
    struct attrs ip = nest(original.by_type[CTA_TUPLE_IP]);
    const struct nlattr *port = nest(original.by_type[CTA_TUPLE_PROTO]).by_type[CTA_PROTO_DST_PORT];
    struct ww_addr addr = addr_of(ip.by_type[CTA_IP_V4_DST], AF_INET);
    if (!addr.family)
        addr = addr_of(ip.by_type[CTA_IP_V6_DST], AF_INET6);
    drop->dialled = addr;
    drop->dialled_port = port && mnl_attr_get_payload_len(port) >= 2 ? ntohs(mnl_attr_get_u16(port)) : 0;
}
