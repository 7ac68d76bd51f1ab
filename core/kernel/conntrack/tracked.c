#include "core/kernel/conntrack/tracked.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "core/model/protocol.h"

static void take_address(const struct nlattr *attr, unsigned size, int family, struct ww_addr *ret_addr)
{
    if (mnl_attr_get_payload_len(attr) != size)
        return;
    *ret_addr = (struct ww_addr){.family = (uint8_t)family};
    memcpy(ret_addr->bytes, mnl_attr_get_payload(attr), size);
}

static void read_ip(const struct nlattr *nest, struct ww_tuple *tuple)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, nest) {
        switch (mnl_attr_get_type(attr)) {
        case CTA_IP_V4_SRC:
            take_address(attr, 4, AF_INET, &tuple->src);
            break;
        case CTA_IP_V4_DST:
            take_address(attr, 4, AF_INET, &tuple->dst);
            break;
        case CTA_IP_V6_SRC:
            take_address(attr, 16, AF_INET6, &tuple->src);
            break;
        case CTA_IP_V6_DST:
            take_address(attr, 16, AF_INET6, &tuple->dst);
            break;
        default:
            break;
        }
    }
}

/* ICMP's type and code, which are attributes of their own. */
static void read_icmp(int type, const struct nlattr *attr, struct ww_tuple *tuple)
{
    if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
        return;
    if (type == CTA_PROTO_ICMP_TYPE || type == CTA_PROTO_ICMPV6_TYPE)
        tuple->question = (uint16_t)(mnl_attr_get_u8(attr) << 8 | (tuple->question & 0xff));
    else if (type == CTA_PROTO_ICMP_CODE || type == CTA_PROTO_ICMPV6_CODE)
        tuple->question = (uint16_t)((tuple->question & 0xff00) | mnl_attr_get_u8(attr));
}

static void read_proto(const struct nlattr *nest, struct ww_tuple *tuple)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, nest) {
        int type = mnl_attr_get_type(attr);
        if (type == CTA_PROTO_NUM && mnl_attr_validate(attr, MNL_TYPE_U8) >= 0)
            tuple->proto = mnl_attr_get_u8(attr);
        else if (type == CTA_PROTO_SRC_PORT && mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
            tuple->sport = ntohs(mnl_attr_get_u16(attr));
        else if (type == CTA_PROTO_DST_PORT && mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
            tuple->dport = ntohs(mnl_attr_get_u16(attr));
        else
            read_icmp(type, attr, tuple);
    }
    if (!ww_protocol_has_ports(tuple->proto)) /* GRE puts its keys there */
        tuple->sport = tuple->dport = 0;
}

static void read_tuple(const struct nlattr *nest, struct ww_tuple *tuple)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, nest) {
        if (mnl_attr_get_type(attr) == CTA_TUPLE_IP)
            read_ip(attr, tuple);
        else if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
            read_proto(attr, tuple);
    }
}

/* CTA_LABELS: 128 bits, in the order in which nftables sees the bytes. */
static void read_label(const struct nlattr *attr, struct ww_tracked *t)
{
    const uint8_t *bytes = mnl_attr_get_payload(attr);
    for (unsigned i = 0; i < mnl_attr_get_payload_len(attr) && i < 16; i++)
        t->noted[i / 8] = t->noted[i / 8] || bytes[i];
}

int ww_tracked_read(const struct nlmsghdr *msg, struct ww_tracked *ret_tracked)
{
    struct ww_tracked t = {0};
    if (mnl_nlmsg_get_payload_len(msg) < sizeof(struct nfgenmsg))
        return -EBADMSG;
    const struct nlattr *attr;
    mnl_attr_for_each (attr, msg, sizeof(struct nfgenmsg)) {
        switch (mnl_attr_get_type(attr)) {
        case CTA_TUPLE_ORIG:
            t.orig_attr = attr;
            read_tuple(attr, &t.orig);
            break;
        case CTA_TUPLE_REPLY:
            read_tuple(attr, &t.reply);
            break;
        case CTA_LABELS:
            read_label(attr, &t);
            break;
        case CTA_ZONE:
            t.zone_attr = attr;
            break;
        case CTA_ID:
            t.id_attr = attr;
            break;
        default:
            break;
        }
    }
    if (!t.orig.src.family || !t.orig.dst.family || !t.reply.src.family || !t.reply.dst.family)
        return -EBADMSG;
    *ret_tracked = t;
    return 0;
}

/* As it came: also a zone inside the tuple and the identifiers of protocols without ports stay what they are. */
static void put_copy(struct nlmsghdr *msg, const struct nlattr *attr)
{
    if (attr)
        mnl_attr_put(msg, attr->nla_type, mnl_attr_get_payload_len(attr), mnl_attr_get_payload(attr));
}

struct nlmsghdr *ww_tracked_delete(const struct ww_tracked *tracked, void *bytes, uint32_t seq)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    msg->nlmsg_seq = seq;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = tracked->orig.src.family;
    nfg->version = NFNETLINK_V0;
    put_copy(msg, tracked->orig_attr);
    put_copy(msg, tracked->zone_attr);
    put_copy(msg, tracked->id_attr);
    return msg;
}
