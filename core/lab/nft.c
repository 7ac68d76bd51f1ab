#include "core/lab/nft.h"

#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "core/kernel/wire/batch.h"
#include "core/kernel/wire/message.h"

#define TABLE "lab"
#define DNAT_PRIORITY (-100) /* NF_IP_PRI_NAT_DST */

static void put_be32(struct nlmsghdr *msg, uint16_t attr, uint32_t value)
{
    mnl_attr_put_u32(msg, attr, htonl(value));
}

static void put_nat_chain(struct ww_batch *b, const char *name, uint32_t hook)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, TABLE);
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
    struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_CHAIN_HOOK);
    put_be32(msg, NFTA_HOOK_HOOKNUM, hook);
    put_be32(msg, NFTA_HOOK_PRIORITY, (uint32_t)DNAT_PRIORITY);
    mnl_attr_nest_end(msg, nest);
    mnl_attr_put_strz(msg, NFTA_CHAIN_TYPE, "nat");
    ww_batch_finish(b, msg);
}

/* One expression under way: its element, and its data. */
struct expr {
    struct nlattr *elem;
    struct nlattr *data;
};

static struct expr expr_start(struct nlmsghdr *msg, const char *name)
{
    struct expr e = {.elem = mnl_attr_nest_start(msg, NFTA_LIST_ELEM)};
    mnl_attr_put_strz(msg, NFTA_EXPR_NAME, name);
    e.data = mnl_attr_nest_start(msg, NFTA_EXPR_DATA);
    return e;
}

static void expr_end(struct nlmsghdr *msg, const struct expr *e)
{
    mnl_attr_nest_end(msg, e->data);
    mnl_attr_nest_end(msg, e->elem);
}

static void put_value(struct nlmsghdr *msg, uint16_t attr, const void *bytes, size_t len)
{
    struct nlattr *nest = mnl_attr_nest_start(msg, attr);
    mnl_attr_put(msg, NFTA_DATA_VALUE, len, bytes);
    mnl_attr_nest_end(msg, nest);
}

static void put_equals(struct nlmsghdr *msg, const void *bytes, size_t len)
{
    struct expr e = expr_start(msg, "cmp");
    put_be32(msg, NFTA_CMP_SREG, NFT_REG_1);
    put_be32(msg, NFTA_CMP_OP, NFT_CMP_EQ);
    put_value(msg, NFTA_CMP_DATA, bytes, len);
    expr_end(msg, &e);
}

static void put_meta(struct nlmsghdr *msg, uint32_t key, uint8_t value)
{
    struct expr e = expr_start(msg, "meta");
    put_be32(msg, NFTA_META_DREG, NFT_REG_1);
    put_be32(msg, NFTA_META_KEY, key);
    expr_end(msg, &e);
    put_equals(msg, &value, sizeof(value));
}

static void put_payload(struct nlmsghdr *msg, uint32_t base, uint32_t offset, const void *bytes, uint32_t len)
{
    struct expr e = expr_start(msg, "payload");
    put_be32(msg, NFTA_PAYLOAD_DREG, NFT_REG_1);
    put_be32(msg, NFTA_PAYLOAD_BASE, base);
    put_be32(msg, NFTA_PAYLOAD_OFFSET, offset);
    put_be32(msg, NFTA_PAYLOAD_LEN, len);
    expr_end(msg, &e);
    put_equals(msg, bytes, len);
}

static void put_immediate(struct nlmsghdr *msg, uint32_t dreg, const void *bytes, size_t len)
{
    struct expr e = expr_start(msg, "immediate");
    put_be32(msg, NFTA_IMMEDIATE_DREG, dreg);
    put_value(msg, NFTA_IMMEDIATE_DATA, bytes, len);
    expr_end(msg, &e);
}

static void put_dnat(struct nlmsghdr *msg, const struct ww_lab_way *way)
{
    const uint16_t port = htons(way->to_port);
    put_immediate(msg, NFT_REG_1, way->to.bytes, ww_addr_size(&way->to));
    put_immediate(msg, NFT_REG_2, &port, sizeof(port));
    struct expr e = expr_start(msg, "nat");
    put_be32(msg, NFTA_NAT_TYPE, NFT_NAT_DNAT);
    put_be32(msg, NFTA_NAT_FAMILY, way->to.family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
    put_be32(msg, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
    put_be32(msg, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
    expr_end(msg, &e);
}

static struct nlmsghdr *start_rule(struct ww_batch *b, const char *table, const char *chain, struct nlattr **ret_exprs)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NULL, NULL);
    if (!msg)
        return NULL;
    mnl_attr_put_strz(msg, NFTA_RULE_TABLE, table);
    mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, chain);
    *ret_exprs = mnl_attr_nest_start(msg, NFTA_RULE_EXPRESSIONS);
    return msg;
}

static void put_way(struct ww_batch *b, const char *chain, const struct ww_lab_way *way)
{
    const bool v4 = way->from.family == AF_INET;
    const uint16_t port = htons(way->from_port);
    struct nlattr *exprs;
    struct nlmsghdr *msg = start_rule(b, TABLE, chain, &exprs);
    if (!msg)
        return;
    put_meta(msg, NFT_META_NFPROTO, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
    put_meta(msg, NFT_META_L4PROTO, way->proto);
    put_payload(msg, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 16 : 24, way->from.bytes, ww_addr_size(&way->from));
    put_payload(msg, NFT_PAYLOAD_TRANSPORT_HEADER, 2, &port, sizeof(port));
    put_dnat(msg, way);
    mnl_attr_nest_end(msg, exprs);
    ww_batch_finish(b, msg);
}

int ww_nft_lead(struct mnl_socket *netfilter, const struct ww_lab_way *ways, size_t n, struct ww_error *err)
{
    struct ww_batch b = {.table = WW_INET};
    ww_msg_table(&b, TABLE);
    put_nat_chain(&b, "pre", NF_INET_PRE_ROUTING);
    put_nat_chain(&b, "out", NF_INET_LOCAL_OUT);
    for (size_t i = 0; i < n; i++) {
        put_way(&b, "pre", &ways[i]);
        put_way(&b, "out", &ways[i]);
    }
    int rc = ww_batch_send(&b, netfilter, NULL, err);
    ww_batch_done(&b);
    return rc < 0 ? ww_context(err, "cannot lead published ports to their containers") : 0;
}

static int each_jump(const struct ww_ruleset *rs, void (*fn)(const char *chain, void *arg), void *arg)
{
    int n = 0;
    for (size_t i = 0; i < rs->n_rules; i++) {
        if (rs->rules[i].verdict.kind != WW_CHAIN)
            continue;
        fn(rs->rules[i].verdict.chain, arg);
        n++;
    }
    return n;
}

static void pass(const char *chain, void *arg)
{
    (void)chain;
    (void)arg;
}

static int has_jump(struct ww_ruleset *rs, void *arg)
{
    (void)arg;
    return each_jump(rs, pass, NULL) > 0;
}

bool ww_nft_jumps(const struct ww_plan *plan)
{
    return ww_plan_each(plan, has_jump, NULL) > 0;
}

static void put_accept(struct ww_batch *b, const char *chain)
{
    struct nlattr *exprs;
    struct nlmsghdr *msg = start_rule(b, WW_TABLE, chain, &exprs);
    if (!msg)
        return;
    struct expr e = expr_start(msg, "immediate");
    put_be32(msg, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    struct nlattr *data = mnl_attr_nest_start(msg, NFTA_IMMEDIATE_DATA);
    struct nlattr *verdict = mnl_attr_nest_start(msg, NFTA_DATA_VERDICT);
    put_be32(msg, NFTA_VERDICT_CODE, NF_ACCEPT);
    mnl_attr_nest_end(msg, verdict);
    mnl_attr_nest_end(msg, data);
    expr_end(msg, &e);
    mnl_attr_nest_end(msg, exprs);
    ww_batch_finish(b, msg);
}

/* A chain that several rules name gets several such rules, which does no harm. */
static void put_chain(const char *chain, void *batch)
{
    ww_msg_chain(batch, chain, NULL, NULL);
    put_accept(batch, chain);
}

static int put_chains(struct ww_ruleset *rs, void *batch)
{
    each_jump(rs, put_chain, batch);
    return 0;
}

int ww_nft_chains(struct mnl_socket *netfilter, const struct ww_plan *plan, struct ww_error *err)
{
    struct ww_batch b = {.table = WW_INET};
    ww_plan_each(plan, put_chains, &b);
    int rc = ww_batch_send(&b, netfilter, NULL, err);
    ww_batch_done(&b);
    return rc < 0 ? ww_context(err, "cannot make the chains that rules jump to") : 0;
}
