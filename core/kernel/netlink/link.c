#include "core/kernel/netlink/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/kernel/netlink/ask.h"

static int take_kinds(const struct nlattr *attr, void *arg)
{
    struct ww_link *l = arg;
    if (mnl_attr_validate(attr, MNL_TYPE_STRING) < 0)
        return MNL_CB_OK;
    if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
        l->kind = mnl_attr_get_str(attr);
    else if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND)
        l->port_kind = mnl_attr_get_str(attr);
    return MNL_CB_OK;
}

static int take_link_attr(const struct nlattr *attr, void *arg)
{
    struct ww_link *l = arg;
    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        l->name = mnl_attr_get_str(attr);
        break;
    case IFLA_MASTER:
        l->master = mnl_attr_get_u32(attr);
        break;
    case IFLA_LINK:
        l->far_end = mnl_attr_get_u32(attr);
        break;
    case IFLA_LINK_NETNSID:
        l->netns = (int32_t)mnl_attr_get_u32(attr);
        break;
    case IFLA_CARRIER:
        l->carrier = mnl_attr_get_u8(attr);
        break;
    case IFLA_ADDRESS:
        if (mnl_attr_get_payload_len(attr) == sizeof(l->mac))
            memcpy(l->mac.bytes, mnl_attr_get_payload(attr), sizeof(l->mac));
        break;
    case IFLA_LINKINFO:
        mnl_attr_parse_nested(attr, take_kinds, l);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

struct ww_link ww_link_parse(const struct nlmsghdr *msg)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(msg);
    struct ww_link l = {.index = (uint32_t)info->ifi_index, .netns = -1};
    mnl_attr_parse(msg, sizeof(*info), take_link_attr, &l);
    return l;
}

struct nlmsghdr *ww_link_question(char bytes[static WW_LINK_QUESTION], uint16_t flags, uint32_t index)
{
    memset(bytes, 0, WW_LINK_QUESTION);
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = RTM_GETLINK;
    msg->nlmsg_flags = NLM_F_REQUEST | flags;
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
    info->ifi_index = (int)index;
    return msg;
}

static int take_mac(const struct nlmsghdr *msg, void *arg)
{
    struct ww_mac *mac = arg;
    if (msg->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(msg) >= sizeof(struct ifinfomsg))
        *mac = ww_link_parse(msg).mac;
    return 0;
}

int ww_link_ask_mac(struct mnl_socket *socket, int32_t netns, uint32_t index, struct ww_mac *ret_mac)
{
    char bytes[WW_LINK_QUESTION];
    struct ww_mac mac = {0};
    struct nlmsghdr *msg = ww_link_question(bytes, NLM_F_ACK, index);
    mnl_attr_put_u32(msg, IFLA_TARGET_NETNSID, (uint32_t)netns);
    int rc = ww_netlink_ask(socket, msg, take_mac, &mac);
    if (rc == 0 && ww_mac_is_zero(&mac))
        rc = -ENODEV;
    if (rc == 0)
        *ret_mac = mac;
    return rc;
}

static int take_netns(const struct nlmsghdr *msg, void *arg)
{
    int32_t *netns = arg;
    if (msg->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(msg) >= sizeof(struct ifinfomsg))
        *netns = ww_link_parse(msg).netns;
    return 0;
}

int ww_link_ask_netns(struct mnl_socket *socket, uint32_t index, int32_t *ret_netns)
{
    char bytes[WW_LINK_QUESTION];
    return ww_netlink_ask(socket, ww_link_question(bytes, NLM_F_ACK, index), take_netns, ret_netns);
}
