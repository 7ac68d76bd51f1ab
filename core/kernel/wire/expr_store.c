#include "core/kernel/wire/expr_store.h"

#include <errno.h>
#include <libnftnl/expr.h>

#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>

static struct nftnl_expr *add_expr(struct nftnl_rule *rule, const char *name)
{
    struct nftnl_expr *e = nftnl_expr_alloc(name);
    if (e)
        nftnl_rule_add_expr(rule, e);
    return e;
}

static int load_data(struct nftnl_rule *rule, const void *data, uint32_t len)
{
    struct nftnl_expr *e = add_expr(rule, "immediate");
    if (!e)
        return -ENOMEM;
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
    nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, data, len);
    return 0;
}

/* Setting a label only adds bits: the other half, and what other programs keep there, stays. */
static int store_label(struct nftnl_rule *rule, const struct ww_term *t)
{
    uint64_t halves[2] = {0};
    halves[t->negate] = t->number;
    struct nftnl_expr *e = load_data(rule, halves, sizeof(halves)) == 0 ? add_expr(rule, "ct") : NULL;
    if (!e)
        return -ENOMEM;
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_LABELS);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_SREG, NFT_REG_1);
    return 0;
}

static int store_meta(struct nftnl_rule *rule, uint32_t key)
{
    struct nftnl_expr *e = add_expr(rule, "meta");
    if (!e)
        return -ENOMEM;
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, NFT_REG_1);
    return 0;
}

int ww_expr_store(struct nftnl_rule *rule, const struct ww_term *t)
{
    const uint8_t type = PACKET_HOST;
    if (t->kind == WW_T_LABEL)
        return store_label(rule, t);
    return load_data(rule, &type, sizeof(type)) < 0 ? -ENOMEM : store_meta(rule, NFT_META_PKTTYPE);
}

int ww_expr_store_mark(struct nftnl_rule *rule)
{
    return store_meta(rule, NFT_META_MARK);
}
