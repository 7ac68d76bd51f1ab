#include "core/kernel/docker_user/docker_rule.h"

#include <libnftnl/expr.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_mark.h>

#include "core/kernel/base_ruleset/numbers.h"

#define COMMENT "whalewall"
#define MARK_REVISION 1

static bool add_expr(struct nftnl_rule *rule, struct nftnl_expr *e)
{
    if (e)
        nftnl_rule_add_expr(rule, e);
    return e;
}

/* A match of x_tables; the kernel wants its data at x_tables' size. */
static bool add_match(struct nftnl_rule *rule, const char *name, uint32_t revision, const void *data, size_t len)
{
    void *info = calloc(1, XT_ALIGN(len));
    struct nftnl_expr *e = info ? nftnl_expr_alloc("match") : NULL;
    if (!e || nftnl_expr_set_str(e, NFTNL_EXPR_MT_NAME, name) < 0) {
        if (e)
            nftnl_expr_free(e);
        free(info);
        return false;
    }
    memcpy(info, data, len);
    nftnl_expr_set_u32(e, NFTNL_EXPR_MT_REV, revision);
    nftnl_expr_set(e, NFTNL_EXPR_MT_INFO, info, XT_ALIGN(len)); /* takes it over */
    return add_expr(rule, e);
}

static bool add_accept(struct nftnl_rule *rule)
{
    struct nftnl_expr *e = nftnl_expr_alloc("immediate");
    if (!add_expr(rule, e))
        return false;
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
    return true;
}

struct nftnl_rule *ww_docker_rule_new(void)
{
    static const struct xt_mark_mtinfo1 mark = {.mark = WW_ALLOWED_MARK, .mask = WW_ALLOWED_MARK};
    static const struct xt_comment_info comment = {.comment = COMMENT};
    struct nftnl_rule *rule = nftnl_rule_alloc();
    if (rule && add_match(rule, "mark", MARK_REVISION, &mark, sizeof(mark)) &&
        add_match(rule, "comment", 0, &comment, sizeof(comment)) && add_expr(rule, nftnl_expr_alloc("counter")) &&
        add_accept(rule))
        return rule;
    ww_docker_rule_free(&rule);
    return NULL;
}

/* What the expressions seen so far say. */
struct seen {
    unsigned loaded; /* how far a mark has come in nftables' own spelling: loaded, masked, compared */
    bool mark;
    bool comment;
    bool accept;
    bool other; /* something that our rule does not have */
};

static bool has_bytes(const struct nftnl_expr *e, uint16_t attr, const void *bytes, size_t len)
{
    uint32_t there = 0;
    const void *data = nftnl_expr_get(e, attr, &there);
    return data && there >= len && !memcmp(data, bytes, len);
}

static void see_match(struct seen *s, const struct nftnl_expr *e)
{
    static const struct xt_mark_mtinfo1 mark = {.mark = WW_ALLOWED_MARK, .mask = WW_ALLOWED_MARK};
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME);
    size_t len = offsetof(struct xt_mark_mtinfo1, invert) + 1; /* padding follows */
    if (!strcmp(name, "mark") && nftnl_expr_get_u32(e, NFTNL_EXPR_MT_REV) == MARK_REVISION &&
        has_bytes(e, NFTNL_EXPR_MT_INFO, &mark, len))
        s->mark = true;
    else if (!strcmp(name, "comment") && has_bytes(e, NFTNL_EXPR_MT_INFO, COMMENT, sizeof(COMMENT)))
        s->comment = true;
    else
        s->other = true;
}

/* meta mark & bit == bit, in three expressions. */
static bool is_native(unsigned step, const char *name, const struct nftnl_expr *e)
{
    static const uint32_t bit = WW_ALLOWED_MARK;
    static const uint32_t zero = 0;
    switch (step) {
    case 0:
        return !strcmp(name, "meta") && nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG) &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY) == NFT_META_MARK;
    case 1:
        return !strcmp(name, "bitwise") && has_bytes(e, NFTNL_EXPR_BITWISE_MASK, &bit, sizeof(bit)) &&
               has_bytes(e, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
    case 2:
        return !strcmp(name, "cmp") && nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ &&
               has_bytes(e, NFTNL_EXPR_CMP_DATA, &bit, sizeof(bit));
    default:
        return false;
    }
}

static int see(struct nftnl_expr *e, void *arg)
{
    struct seen *s = arg;
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
    if (!strcmp(name, "match"))
        see_match(s, e);
    else if (!strcmp(name, "immediate"))
        s->accept =
            nftnl_expr_is_set(e, NFTNL_EXPR_IMM_VERDICT) && nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) == NF_ACCEPT;
    else if (is_native(s->loaded, name, e))
        s->mark = ++s->loaded == 3;
    else if (strcmp(name, "counter") != 0)
        s->other = true;
    return 0;
}

static bool accepts_mark(const struct nftnl_rule *rule, struct seen *s)
{
    nftnl_expr_foreach((struct nftnl_rule *)rule, see, s);
    return s->mark && s->accept && !s->other && (s->loaded == 0 || s->loaded == 3);
}

bool ww_docker_rule_is(const struct nftnl_rule *rule)
{
    struct seen s = {0};
    return accepts_mark(rule, &s) && s.comment;
}

bool ww_docker_rule_accepts_mark(const struct nftnl_rule *rule)
{
    struct seen s = {0};
    return accepts_mark(rule, &s);
}

struct returning {
    bool returns;
    bool other; /* it asks for something, or does more */
};

static int see_return(struct nftnl_expr *e, void *arg)
{
    struct returning *r = arg;
    const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
    if (!strcmp(name, "immediate") && nftnl_expr_is_set(e, NFTNL_EXPR_IMM_VERDICT))
        r->returns = nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) == (uint32_t)NFT_RETURN;
    else if (!strcmp(name, "match") && !strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_MT_NAME), "comment"))
        return 0;
    else if (strcmp(name, "counter") != 0)
        r->other = true;
    return 0;
}

bool ww_docker_rule_returns_all(const struct nftnl_rule *rule)
{
    struct returning r = {0};
    nftnl_expr_foreach((struct nftnl_rule *)rule, see_return, &r);
    return r.returns && !r.other;
}
