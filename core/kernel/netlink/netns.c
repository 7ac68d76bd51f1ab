#include "core/kernel/netlink/netns.h"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/kernel/netlink/ask.h"

#define QUESTION_BYTES 64

static int take_nsid_attr(const struct nlattr *attr, void *arg)
{
    if (mnl_attr_get_type(attr) == NETNSA_NSID && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
        *(int32_t *)arg = (int32_t)mnl_attr_get_u32(attr);
    return MNL_CB_OK;
}

static int take_nsid(const struct nlmsghdr *msg, void *arg)
{
    if (msg->nlmsg_type == RTM_NEWNSID)
        mnl_attr_parse(msg, sizeof(struct rtgenmsg), take_nsid_attr, arg);
    return 0;
}

int ww_netns_ask(struct mnl_socket *socket, int64_t pid, int32_t *ret_netns)
{
    char bytes[QUESTION_BYTES];
    int32_t netns = -1;
    memset(bytes, 0, sizeof(bytes));
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = RTM_GETNSID;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->rtgen_family = AF_UNSPEC;
    mnl_attr_put_u32(msg, NETNSA_PID, (uint32_t)pid);
    int rc = ww_netlink_ask(socket, msg, take_nsid, &netns);
    if (rc == 0)
        *ret_netns = netns;
    return rc;
}
