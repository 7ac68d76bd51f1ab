#include "core/kernel/groups.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/kernel/netlink/ask.h"

#define ALL_GROUPS 0xfffd /* but 01, pause frames, which the bridge drops */
#define QUESTION 128

struct bridging {
    struct mnl_socket *socket; /* opened for the first port */
    struct ww_error *err;
};

static struct nlmsghdr *port_question(char bytes[static QUESTION], uint32_t port)
{
    memset(bytes, 0, QUESTION);
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = RTM_NEWLINK;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
    info->ifi_index = (int)port;
    struct nlattr *link = mnl_attr_nest_start(msg, IFLA_LINKINFO);
    mnl_attr_put_strz(msg, IFLA_INFO_SLAVE_KIND, "bridge");
    struct nlattr *data = mnl_attr_nest_start(msg, IFLA_INFO_SLAVE_DATA);
    mnl_attr_put_u16(msg, IFLA_BRPORT_GROUP_FWD_MASK, ALL_GROUPS);
    mnl_attr_nest_end(msg, data);
    mnl_attr_nest_end(msg, link);
    return msg;
}

static int bridge_known(const struct ww_known *k, void *arg)
{
    struct bridging *b = arg;
    char bytes[QUESTION];
    if (!k->managed || !k->port || k->port == WW_PORT_NOWHERE)
        return 0;
    int rc = b->socket ? 0 : ww_ask_open(NETLINK_ROUTE, &b->socket, b->err);
    if (rc < 0)
        return rc;
    rc = ww_netlink_ask(b->socket, port_question(bytes, k->port), NULL, NULL);
    /* the latter: it is at no bridge any more */
    if (rc == 0 || rc == -ENODEV || rc == -EOPNOTSUPP || rc == -EINVAL)
        return 0;
    return ww_fail(b->err, rc, "cannot set the group_fwd_mask of interface %u: %s", k->port, strerror(-rc));
}

int ww_groups_bridge(const struct ww_fence_diff *fences, struct ww_error *err)
{
    struct bridging b = {.err = err};
    int rc = 0;
    for (size_t i = 0; i < fences->n && rc == 0; i++)
        if (fences->changes[i].to)
            rc = ww_fence_each_only(fences->changes[i].to, fences->changes[i].from, bridge_known, &b);
    ww_cleanup_mnl(&b.socket);
    return rc;
}
