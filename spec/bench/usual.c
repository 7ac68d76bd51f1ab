/*
 * The usual layout: a map from each container's address to a chain of its own, with a rule for each thing allowed and
 * one for its answers; a drop at the end.
 *
 *     wwbench usual NETNS TABLE RULES DESTINATION PORT < addresses, one a line
 *
 * Rule RULES/2 of each chain allows udp and tcp to DESTINATION:PORT, and from there; the others allow ports of other
 * addresses. Prints ns of: all containers but the last in one transaction, adding the last, removing it, adding it
 * again.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

#include "batch.h"
#include "bench.h"

#define CONTAINERS_MAX 10000
#define STATE_ESTABLISHED (1 << (IP_CT_ESTABLISHED + 1))
#define STATE_NEW (1 << (IP_CT_NEW + 1))
#define IP_SADDR 12
#define IP_DADDR 16
#define PUBLISHED 80 /* every container's port */
#define TH_SPORT 0
#define TH_DPORT 2

static const char *table_name;

static struct nftnl_rule *rule_in(const char *chain)
{
    struct nftnl_rule *r = nftnl_rule_alloc();
    nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, NFPROTO_INET);
    nftnl_rule_set_str(r, NFTNL_RULE_TABLE, table_name);
    nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
    return r;
}

static void put_rule(struct batch *b, struct nftnl_rule *r)
{
    struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
    nftnl_rule_nlmsg_build_payload(msg, r);
    batch_finish(b, msg);
    nftnl_rule_free(r);
}

static void load_meta(struct nftnl_rule *r, uint32_t key)
{
    struct nftnl_expr *e = nftnl_expr_alloc("meta");
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
    nftnl_rule_add_expr(r, e);
}

static void load_payload(struct nftnl_rule *r, uint32_t base, uint32_t offset, uint32_t len)
{
    struct nftnl_expr *e = nftnl_expr_alloc("payload");
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
    nftnl_rule_add_expr(r, e);
}

static void compare(struct nftnl_rule *r, uint32_t op, const void *value, uint32_t len)
{
    struct nftnl_expr *e = nftnl_expr_alloc("cmp");
    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
    nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, len);
    nftnl_rule_add_expr(r, e);
}

static void match_family(struct nftnl_rule *r)
{
    uint8_t family = NFPROTO_IPV4;
    load_meta(r, NFT_META_NFPROTO);
    compare(r, NFT_CMP_EQ, &family, sizeof(family));
}

static void match_state(struct nftnl_rule *r, uint32_t states)
{
    uint32_t nothing = 0;
    struct nftnl_expr *e = nftnl_expr_alloc("ct");
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, NFT_REG_1);
    nftnl_rule_add_expr(r, e);
    e = nftnl_expr_alloc("bitwise");
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(states));
    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &states, sizeof(states));
    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &nothing, sizeof(nothing));
    nftnl_rule_add_expr(r, e);
    compare(r, NFT_CMP_NEQ, &nothing, sizeof(nothing));
}

static void verdict(struct nftnl_rule *r, uint32_t code)
{
    struct nftnl_expr *e = nftnl_expr_alloc("immediate");
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, code);
    nftnl_rule_add_expr(r, e);
}

/* From the container to peer:port when `out`, else the answers. */
static void put_allow(struct batch *b, const char *chain, struct in_addr own, struct in_addr peer, uint16_t port,
                      int out)
{
    uint16_t be_port = htons(port);
    struct nftnl_rule *r = rule_in(chain);
    match_family(r);
    load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, out ? IP_SADDR : IP_DADDR, 4);
    compare(r, NFT_CMP_EQ, &own, 4);
    load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, out ? IP_DADDR : IP_SADDR, 4);
    compare(r, NFT_CMP_EQ, &peer, 4);
    load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, out ? TH_DPORT : TH_SPORT, 2);
    compare(r, NFT_CMP_EQ, &be_port, 2);
    match_state(r, out ? STATE_NEW | STATE_ESTABLISHED : STATE_ESTABLISHED);
    verdict(r, NF_ACCEPT);
    put_rule(b, r);
}

/* From anybody to the published port, or the answers. */
static void put_published(struct batch *b, const char *chain, struct in_addr own, int answers)
{
    uint16_t be_port = htons(PUBLISHED);
    struct nftnl_rule *r = rule_in(chain);
    match_family(r);
    load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, answers ? IP_SADDR : IP_DADDR, 4);
    compare(r, NFT_CMP_EQ, &own, 4);
    load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, answers ? TH_SPORT : TH_DPORT, 2);
    compare(r, NFT_CMP_EQ, &be_port, 2);
    match_state(r, answers ? STATE_ESTABLISHED : STATE_NEW | STATE_ESTABLISHED);
    verdict(r, NF_ACCEPT);
    put_rule(b, r);
}

static void put_chain(struct batch *b, const char *name, int base)
{
    struct nftnl_chain *c = nftnl_chain_alloc();
    nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table_name);
    nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
    if (base) {
        nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_FORWARD);
        nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, -10);
        nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
    }
    struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
    nftnl_chain_nlmsg_build_payload(msg, c);
    batch_finish(b, msg);
    nftnl_chain_free(c);
}

static void put_element(struct batch *b, uint16_t type, struct in_addr addr, const char *chain)
{
    struct nftnl_set *s = nftnl_set_alloc();
    struct nftnl_set_elem *e = nftnl_set_elem_alloc();
    nftnl_set_set_str(s, NFTNL_SET_TABLE, table_name);
    nftnl_set_set_str(s, NFTNL_SET_NAME, "containers");
    nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, &addr, sizeof(addr));
    if (type == NFT_MSG_NEWSETELEM) {
        nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_JUMP);
        nftnl_set_elem_set_str(e, NFTNL_SET_ELEM_CHAIN, chain);
    }
    nftnl_set_elem_add(s, e);
    struct nlmsghdr *msg = batch_start(b, type, NLM_F_CREATE, NFPROTO_INET);
    nftnl_set_elems_nlmsg_build_payload(msg, s);
    batch_finish(b, msg);
    nftnl_set_free(s);
}

static void chain_name(struct in_addr addr, char name[static 32])
{
    snprintf(name, 32, "c-%08x", ntohl(addr.s_addr));
}

struct wanted {
    int rules;
    struct in_addr peer;
    uint16_t port;
};

static void put_container(struct batch *b, struct in_addr addr, const struct wanted *w)
{
    char name[32];
    chain_name(addr, name);
    put_chain(b, name, 0);
    for (int i = 0; i < w->rules; i++) {
        struct in_addr peer = {.s_addr = htonl(0xcb007100u + (uint32_t)i % 250)}; /* 203.0.113.0/24 */
        int ours = i == w->rules / 2;
        for (int out = 1; out >= 0; out--)
            put_allow(b, name, addr, ours ? w->peer : peer, ours ? w->port : (uint16_t)(1000 + i), out);
    }
    for (int answers = 0; answers <= 1; answers++)
        put_published(b, name, addr, answers);
    struct nftnl_rule *r = rule_in(name);
    verdict(r, NF_DROP);
    put_rule(b, r);
    put_element(b, NFT_MSG_NEWSETELEM, addr, name);
}

static void remove_container(struct batch *b, struct in_addr addr)
{
    char name[32];
    chain_name(addr, name);
    put_element(b, NFT_MSG_DELSETELEM, addr, NULL);
    struct nftnl_rule *r = rule_in(name);
    struct nlmsghdr *msg = batch_start(b, NFT_MSG_DELRULE, 0, NFPROTO_INET);
    nftnl_rule_nlmsg_build_payload(msg, r);
    batch_finish(b, msg);
    nftnl_rule_free(r);
    struct nftnl_chain *c = nftnl_chain_alloc();
    nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table_name);
    nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
    msg = batch_start(b, NFT_MSG_DELCHAIN, 0, NFPROTO_INET);
    nftnl_chain_nlmsg_build_payload(msg, c);
    batch_finish(b, msg);
    nftnl_chain_free(c);
}

static void put_look(struct batch *b, uint32_t offset)
{
    struct nftnl_rule *r = rule_in("forward");
    match_family(r);
    load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, 4);
    struct nftnl_expr *e = nftnl_expr_alloc("lookup");
    nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, "containers");
    nftnl_rule_add_expr(r, e);
    put_rule(b, r);
}

static void put_base_rules(struct batch *b)
{
    struct nftnl_table *t = nftnl_table_alloc();
    nftnl_table_set_str(t, NFTNL_TABLE_NAME, table_name);
    struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET);
    nftnl_table_nlmsg_build_payload(msg, t);
    batch_finish(b, msg);
    nftnl_table_free(t);
    struct nftnl_set *s = nftnl_set_alloc();
    nftnl_set_set_str(s, NFTNL_SET_TABLE, table_name);
    nftnl_set_set_str(s, NFTNL_SET_NAME, "containers");
    nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_MAP);
    nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, 7); /* nft's ipv4_addr */
    nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, 4);
    nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
    nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, 0);
    nftnl_set_set_u32(s, NFTNL_SET_ID, 1);
    msg = batch_start(b, NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET);
    nftnl_set_nlmsg_build_payload(msg, s);
    batch_finish(b, msg);
    nftnl_set_free(s);
    put_chain(b, "forward", 1);
    put_look(b, IP_SADDR);
    put_look(b, IP_DADDR);
}

void bench_usual(int argc, char *argv[])
{
    static struct in_addr addrs[CONTAINERS_MAX];
    char line[64];
    size_t n = 0;
    struct batch b = {0};
    struct wanted w = {.rules = argc == 5 ? atoi(argv[2]) : 0};
    if (argc != 5 || inet_pton(AF_INET, argv[3], &w.peer) != 1)
        bench_die("usage: wwbench usual NETNS TABLE RULES DESTINATION PORT");
    bench_enter(argv[0]);
    table_name = argv[1];
    w.port = (uint16_t)atoi(argv[4]);
    while (n < CONTAINERS_MAX && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (inet_pton(AF_INET, line, &addrs[n++]) != 1)
            bench_die("no address: %s", line);
    }
    struct mnl_socket *socket = batch_socket();
    put_base_rules(&b);
    for (size_t i = 0; i + 1 < n; i++)
        put_container(&b, addrs[i], &w);
    printf("%lld", (long long)batch_send(&b, socket));
    put_container(&b, addrs[n - 1], &w);
    printf(" %lld", (long long)batch_send(&b, socket));
    remove_container(&b, addrs[n - 1]);
    printf(" %lld", (long long)batch_send(&b, socket));
    put_container(&b, addrs[n - 1], &w);
    printf(" %lld\n", (long long)batch_send(&b, socket));
    free(b.data);
}
