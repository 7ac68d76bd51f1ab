#include "core/lab/links.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "core/kernel/netlink/ask.h"

#define MESSAGE_BYTES 1024
#define NAME 16

static struct nlmsghdr *start_message(char bytes[static MESSAGE_BYTES], uint16_t type)
{
    memset(bytes, 0, MESSAGE_BYTES);
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = type;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    return msg;
}

static int make_link(struct mnl_socket *routes, struct nlmsghdr *msg, const char *what, struct ww_error *err)
{
    int rc = ww_netlink_ask(routes, msg, NULL, NULL);
    return rc < 0 ? ww_fail(err, rc, "cannot make %s: %s", what, strerror(-rc)) : 0;
}

static void put_link(struct nlmsghdr *msg, uint32_t index, unsigned flags)
{
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(msg, sizeof(*link));
    link->ifi_index = (int)index;
    link->ifi_flags = flags;
    link->ifi_change = flags;
}

static void put_name(struct nlmsghdr *msg, const char *what, uint32_t index)
{
    char name[NAME];
    snprintf(name, sizeof(name), "%s%u", what, index);
    mnl_attr_put_strz(msg, IFLA_IFNAME, name);
}

int ww_links_up(struct mnl_socket *routes, uint32_t index, struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWLINK);
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    put_link(msg, index, IFF_UP);
    return make_link(routes, msg, "an interface go up", err);
}

int ww_links_bridge(struct mnl_socket *routes, uint32_t index, struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWLINK);
    put_link(msg, index, IFF_UP);
    put_name(msg, "br", index);
    struct nlattr *info = mnl_attr_nest_start(msg, IFLA_LINKINFO);
    mnl_attr_put_strz(msg, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(msg, info);
    return make_link(routes, msg, "a bridge", err);
}

static void put_far_end(struct nlmsghdr *msg, const struct ww_links_pair *pair)
{
    struct nlattr *far_end = mnl_attr_nest_start(msg, VETH_INFO_PEER);
    put_link(msg, pair->far_end, 0); /* it cannot go up before it has its other end */
    put_name(msg, "eth", pair->far_end);
    mnl_attr_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)pair->ns);
    if (!ww_mac_is_zero(&pair->far_mac))
        mnl_attr_put(msg, IFLA_ADDRESS, sizeof(pair->far_mac.bytes), pair->far_mac.bytes);
    mnl_attr_nest_end(msg, far_end);
}

int ww_links_veth(struct mnl_socket *routes, const struct ww_links_pair *pair, struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWLINK);
    put_link(msg, pair->index, IFF_UP);
    put_name(msg, "veth", pair->index);
    if (pair->master)
        mnl_attr_put_u32(msg, IFLA_MASTER, pair->master);
    struct nlattr *info = mnl_attr_nest_start(msg, IFLA_LINKINFO);
    mnl_attr_put_strz(msg, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(msg, IFLA_INFO_DATA);
    put_far_end(msg, pair);
    mnl_attr_nest_end(msg, data);
    mnl_attr_nest_end(msg, info);
    return make_link(routes, msg, "a pair of interfaces", err);
}

int ww_links_address(struct mnl_socket *routes, uint32_t index, const struct ww_addr *addr, unsigned len,
                     struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    char text[WW_ADDR_TEXT + sizeof("the address ")];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWADDR);
    struct ifaddrmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
    head->ifa_family = addr->family;
    head->ifa_prefixlen = (uint8_t)len;
    head->ifa_flags = IFA_F_NODAD;
    head->ifa_index = index;
    mnl_attr_put(msg, IFA_LOCAL, ww_addr_size(addr), addr->bytes);
    mnl_attr_put(msg, IFA_ADDRESS, ww_addr_size(addr), addr->bytes);
    memcpy(text, "the address ", sizeof("the address "));
    ww_addr_text(addr, text + strlen(text));
    return make_link(routes, msg, text, err);
}

int ww_links_route(struct mnl_socket *routes, const struct ww_links_route *route, struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWROUTE);
    struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
    head->rtm_family = route->to.family;
    head->rtm_dst_len = (uint8_t)route->len;
    head->rtm_table = RT_TABLE_UNSPEC;
    head->rtm_protocol = RTPROT_STATIC;
    head->rtm_type = RTN_UNICAST;
    head->rtm_scope = route->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    head->rtm_flags = route->via.family ? RTNH_F_ONLINK : 0;
    mnl_attr_put_u32(msg, RTA_TABLE, route->table ? route->table : RT_TABLE_MAIN);
    mnl_attr_put_u32(msg, RTA_OIF, route->index);
    if (route->len)
        mnl_attr_put(msg, RTA_DST, ww_addr_size(&route->to), route->to.bytes);
    if (route->via.family)
        mnl_attr_put(msg, RTA_GATEWAY, ww_addr_size(&route->via), route->via.bytes);
    return make_link(routes, msg, "a route", err);
}

int ww_links_rule(struct mnl_socket *routes, const struct ww_addr *from, uint32_t table, struct ww_error *err)
{
    char bytes[MESSAGE_BYTES];
    struct nlmsghdr *msg = start_message(bytes, RTM_NEWRULE);
    struct fib_rule_hdr *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
    head->family = from->family;
    head->src_len = (uint8_t)(8 * ww_addr_size(from));
    head->action = FR_ACT_TO_TBL;
    mnl_attr_put(msg, FRA_SRC, ww_addr_size(from), from->bytes);
    mnl_attr_put_u32(msg, FRA_TABLE, table);
    return make_link(routes, msg, "a routing rule", err);
}
