#include "core/kernel/wire/expr_drop.h"

#include <errno.h>
#include <libnftnl/expr.h>

#include <linux/netfilter/nf_tables.h>

static struct nftnl_expr *limit(const struct ww_term *t)
{
    struct nftnl_expr *e = nftnl_expr_alloc("limit");
    if (!e)
        return NULL;
    nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, t->value);
    nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, t->mask);
    nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
    return e;
}

/* Kernels before 5.12 take one expression for each element, so counting and limiting are two sets. */
int ww_expr_update(struct nftnl_rule *rule, const struct ww_term *t, int family)
{
    char name[WW_SET_NAME];
    struct nftnl_expr *each = t->kind == WW_T_SAMPLE ? limit(t) : nftnl_expr_alloc("counter");
    struct nftnl_expr *e = each ? nftnl_expr_alloc("dynset") : NULL;
    if (!e) {
        nftnl_expr_free(each);
        return -ENOMEM;
    }
    nftnl_rule_add_expr(rule, e);
    nftnl_expr_set(e, NFTNL_EXPR_DYNSET_EXPR, each, 0); /* takes it over */
    nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
    nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
    return nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME, ww_set_name(ww_set_id(t->set, family), name)) < 0 ? -ENOMEM
                                                                                                               : 0;
}

int ww_expr_rate(struct nftnl_rule *rule, const struct ww_term *t)
{
    struct nftnl_expr *e = limit(t);
    if (!e)
        return -ENOMEM;
    nftnl_rule_add_expr(rule, e);
    return 0;
}

int ww_expr_reject(struct nftnl_rule *rule)
{
    struct nftnl_expr *e = nftnl_expr_alloc("reject");
    if (!e)
        return -ENOMEM;
    nftnl_rule_add_expr(rule, e);
    nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_TCP_RST);
    return 0;
}

int ww_expr_report(struct nftnl_rule *rule, const struct ww_term *t)
{
    struct nftnl_expr *e = nftnl_expr_alloc("log");
    if (!e)
        return -ENOMEM;
    nftnl_rule_add_expr(rule, e);
    nftnl_expr_set_u16(e, NFTNL_EXPR_LOG_GROUP, (uint16_t)t->value);
    return nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, t->text) < 0 ? -ENOMEM : 0;
}
