#include "core/kernel/foreign/chains.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/attrs.h"

struct showing {
    void (*fn)(const struct ww_foreign_chain *chain, void *arg);
    void *arg;
};

static const char *text_of(const struct nlattr *attr)
{
    return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr) : "";
}

static uint32_t number_of(const struct nlattr *attr, uint32_t otherwise)
{
    return attr && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ? ntohl(mnl_attr_get_u32(attr)) : otherwise;
}

static int show_chain(const struct nlmsghdr *msg, void *arg)
{
    const struct showing *s = arg;
    const struct nfgenmsg *head = mnl_nlmsg_get_payload(msg);
    struct ww_attrs attrs;
    if (ww_attrs_parse(msg, &attrs) < 0)
        return 0;
    const struct ww_attrs hook = ww_attrs_nest(attrs.by_type[NFTA_CHAIN_HOOK]);
    const struct ww_foreign_chain chain = {
        .family = head->nfgen_family,
        .table = text_of(attrs.by_type[NFTA_CHAIN_TABLE]),
        .name = text_of(attrs.by_type[NFTA_CHAIN_NAME]),
        .type = text_of(attrs.by_type[NFTA_CHAIN_TYPE]),
        .hook = (int)number_of(hook.by_type[NFTA_HOOK_HOOKNUM], UINT32_MAX),
        .priority = (int32_t)number_of(hook.by_type[NFTA_HOOK_PRIORITY], 0),
        .drops = number_of(attrs.by_type[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP,
    };
    s->fn(&chain, s->arg);
    return 0;
}

int ww_foreign_chains(void (*fn)(const struct ww_foreign_chain *chain, void *arg), void *arg, struct ww_error *err)
{
    char bytes[MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg)] __attribute__((aligned(NLMSG_ALIGNTO)));
    struct showing s = {.fn = fn, .arg = arg};
    ww_auto_mnl struct mnl_socket *socket = NULL;
    int rc = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    if (rc < 0)
        return rc;
    struct nlmsghdr *question = mnl_nlmsg_put_header(bytes);
    question->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
    question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct nfgenmsg *head = mnl_nlmsg_put_extra_header(question, sizeof(*head));
    *head = (struct nfgenmsg){.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
    rc = ww_netlink_ask(socket, question, show_chain, &s);
    return rc < 0 && rc != -EINTR ? ww_fail(err, rc, "cannot read the chains of nftables: %s", strerror(-rc)) : 0;
}
