#include "core/kernel/netlink/generation.h"

#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/netlink/ask.h"

static int take_id(const struct nlattr *attr, void *arg)
{
    if (mnl_attr_get_type(attr) == NFTA_GEN_ID && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
        *(uint32_t *)arg = ntohl(mnl_attr_get_u32(attr));
    return MNL_CB_OK;
}

static int take_generation(const struct nlmsghdr *msg, void *arg)
{
    mnl_attr_parse(msg, sizeof(struct nfgenmsg), take_id, arg);
    return 0;
}

int ww_generation_read(struct mnl_socket *reads, uint32_t *ret_generation, struct ww_error *err)
{
    _Alignas(struct nlmsghdr) char bytes[64] = {0};
    uint32_t generation = 0;
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN);
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->version = NFNETLINK_V0;
    int rc = ww_netlink_ask(reads, msg, take_generation, &generation);
    if (rc < 0)
        return ww_fail(err, rc, "cannot ask nftables for its generation: %s", strerror(-rc));
    *ret_generation = generation;
    return 0;
}
