#include "core/kernel/wire/expr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/expr.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_tables.h>

#include "core/kernel/wire/expr_drop.h"
#include "core/kernel/wire/expr_store.h"

#define LOG_INFO_LEVEL 6 /* syslog(3) */
#define WORDS 4          /* 32-bit words of a full register */

struct building {
    struct nftnl_rule *rule;
    const struct ww_stmt *stmt;
    struct ww_expr_lists *lists;
    int rc;
};

/* NULL when out of memory. The rule owns it. */
static struct nftnl_expr *add_expr(struct building *b, const char *name)
{
    struct nftnl_expr *e = nftnl_expr_alloc(name);
    if (e)
        nftnl_rule_add_expr(b->rule, e);
    else
        b->rc = -ENOMEM;
    return e;
}

/* The register that begins at this word. nft numbers full registers where it can. */
static uint32_t reg(unsigned word)
{
    return word % WORDS ? NFT_REG32_00 + word : NFT_REG_1 + word / WORDS;
}

static void load_payload(struct building *b, const struct ww_field_info *f, unsigned word)
{
    struct nftnl_expr *e = add_expr(b, "payload");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, f->key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, (uint32_t)f->offset);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, f->len);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg(word));
}

static void load_meta(struct building *b, uint32_t key, unsigned word)
{
    struct nftnl_expr *e = add_expr(b, "meta");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg(word));
}

static void load_ct(struct building *b, const struct ww_field_info *f, unsigned word)
{
    struct nftnl_expr *e = add_expr(b, "ct");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, f->key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, reg(word));
    if (f->offset >= 0)
        nftnl_expr_set_u8(e, NFTNL_EXPR_CT_DIR, (uint8_t)f->offset);
}

static void load_fib(struct building *b, const struct ww_field_info *f, unsigned word)
{
    struct nftnl_expr *e = add_expr(b, "fib");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, f->key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, reg(word));
}

static const struct ww_field_info *load_field(struct building *b, enum ww_field field, unsigned word)
{
    const struct ww_field_info *f = ww_field_info(field, b->stmt->family);
    switch (f->load) {
    case WW_LOAD_PAYLOAD:
        load_payload(b, f, word);
        break;
    case WW_LOAD_META:
        load_meta(b, f->key, word);
        break;
    case WW_LOAD_CT:
        load_ct(b, f, word);
        break;
    case WW_LOAD_FIB:
        load_fib(b, f, word);
        break;
    }
    return f;
}

static void compare_data(struct building *b, uint32_t op, const void *data, uint32_t len)
{
    struct nftnl_expr *e = add_expr(b, "cmp");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
    nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

/* The register at this word = (itself & bits) ^ flipped. */
static void change(struct building *b, unsigned word, const void *bits, const void *flipped, uint32_t len)
{
    struct nftnl_expr *e = add_expr(b, "bitwise");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg(word));
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg(word));
    nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bits, len);
    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, flipped, len);
}

static void mask(struct building *b, const void *bits, uint32_t len)
{
    static const uint8_t zero[WW_FIELD_BYTES];
    change(b, 0, bits, zero, len);
}

/* A number as the kernel compares it: its own order, or as in the packet. */
static void number(const struct ww_field_info *f, uint32_t value, uint8_t ret[4])
{
    uint16_t half = (uint16_t)value;
    memset(ret, 0, 4);
    if (f->host_order && f->len == 4)
        memcpy(ret, &value, 4);
    else if (f->host_order && f->len == 2)
        memcpy(ret, &half, 2);
    else if (f->len == 2) {
        ret[0] = (uint8_t)(value >> 8);
        ret[1] = (uint8_t)value;
    } else
        ret[0] = (uint8_t)value;
}

static void add_is(struct building *b, const struct ww_term *t)
{
    const struct ww_field_info *f = load_field(b, t->field, 0);
    uint8_t bytes[4];
    if (t->kind == WW_T_BITS) {
        static const uint8_t zero[4];
        number(f, t->value, bytes);
        mask(b, bytes, f->len);
        compare_data(b, t->negate ? NFT_CMP_EQ : NFT_CMP_NEQ, zero, f->len);
        return;
    }
    if (t->mask) {
        number(f, t->mask, bytes);
        mask(b, bytes, f->len);
    }
    number(f, t->value, bytes);
    compare_data(b, t->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, bytes, f->len);
}

static void look_up(struct building *b, const char *set, uint32_t id, bool negate, bool vmap)
{
    struct nftnl_expr *e = add_expr(b, "lookup");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
    if (nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set) < 0)
        b->rc = -ENOMEM;
    if (id)
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, id);
    if (negate)
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    if (vmap)
        nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
}

static void add_list(struct building *b, const struct ww_term *t, const struct ww_field_info *f)
{
    if (b->lists->n == WW_RULE_LISTS) {
        b->rc = -EINVAL;
        return;
    }
    uint32_t id = ++b->lists->last_id;
    b->lists->lists[b->lists->n++] = (struct ww_expr_list){.term = t, .field = f, .id = id};
    look_up(b, "__set%d", id, false, false);
}

static void add_in(struct building *b, const struct ww_term *t)
{
    const struct ww_field_info *f = load_field(b, t->field, 0);
    const struct ww_span *s = t->spans;
    if (t->n_spans != 1) {
        add_list(b, t, f);
    } else if (memcmp(s->lo, s->hi, f->len) == 0) {
        compare_data(b, NFT_CMP_EQ, s->lo, f->len);
    } else {
        compare_data(b, NFT_CMP_GTE, s->lo, f->len);
        compare_data(b, NFT_CMP_LTE, s->hi, f->len);
    }
}

/* The width that is looked for, in place of what was loaded: nft has no word for a constant in a key. */
static void load_width(struct building *b, const struct ww_term *t, unsigned word)
{
    const uint8_t zero[2] = {0}, width[2] = {0, (uint8_t)t->value};
    change(b, word, zero, width, sizeof(width));
}

/* As much of the address behind it. */
static void cut_to_width(struct building *b, const struct ww_term *t, unsigned word, uint8_t len)
{
    static const uint8_t zero[WW_FIELD_BYTES];
    uint8_t bits[sizeof(zero)] = {0};
    for (unsigned i = 0; i < t->value && i < 8u * len; i++)
        bits[i / 8] |= (uint8_t)(0x80U >> i % 8);
    change(b, word, bits, zero, len);
}

static void load_key(struct building *b, const struct ww_term *t)
{
    unsigned word = 0;
    const enum ww_field *key = ww_set_schema(2 * t->set)->key;
    for (unsigned i = 0; i < ww_set_fields(2 * t->set); i++) {
        const struct ww_field_info *f = load_field(b, ww_term_key_field(t, i), word);
        if (key[i] == WW_F_WIDTH)
            load_width(b, t, word);
        else if (i && key[i - 1] == WW_F_WIDTH)
            cut_to_width(b, t, word, f->len);
        word += (f->len + 3u) / 4;
    }
}

static void add_set(struct building *b, const struct ww_term *t)
{
    char name[WW_SET_NAME];
    unsigned set = ww_set_id(t->set, b->stmt->family);
    load_key(b, t);
    if (t->mask) {
        uint8_t half[WW_FIELD_BYTES] = {0};
        memset(half + (t->set == WW_VERDICT_R ? 8 : 0), 0xff, 8);
        mask(b, half, sizeof(half));
    }
    look_up(b, ww_set_name(set, name), 0, t->negate, t->kind == WW_T_VMAP);
}

static void add_log(struct building *b, const char *prefix)
{
    struct nftnl_expr *e = add_expr(b, "log");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_LOG_LEVEL, LOG_INFO_LEVEL);
    if (nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, prefix) < 0)
        b->rc = -ENOMEM;
}

/* mark = (mark & ~bits) ^ bits, or nothing: other bits are other programs' */
static void add_mark(struct building *b, const struct ww_term *t)
{
    uint32_t others = ~t->value;
    uint32_t bits = t->negate ? 0 : t->value;
    load_meta(b, NFT_META_MARK, 0);
    change(b, 0, &others, &bits, sizeof(bits));
    b->rc = b->rc ? b->rc : ww_expr_store_mark(b->rule);
}

static void add_queue(struct building *b, uint16_t queue)
{
    struct nftnl_expr *e = add_expr(b, "queue");
    if (!e)
        return;
    nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_NUM, queue);
    nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_TOTAL, 1);
}

static void add_verdict(struct building *b, int code, const char *chain)
{
    struct nftnl_expr *e = add_expr(b, "immediate");
    if (!e)
        return;
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)code);
    if (chain && nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain) < 0)
        b->rc = -ENOMEM;
}

static void add_action(struct building *b, const struct ww_term *t)
{
    static const int codes[] = {[WW_T_ACCEPT] = NF_ACCEPT,
                                [WW_T_DROP] = NF_DROP,
                                [WW_T_RETURN] = NFT_RETURN,
                                [WW_T_JUMP] = NFT_JUMP,
                                [WW_T_GOTO] = NFT_GOTO};
    if (t->kind == WW_T_COUNTER || t->kind == WW_T_NOTRACK)
        add_expr(b, t->kind == WW_T_COUNTER ? "counter" : "notrack");
    else if (t->kind == WW_T_LOG)
        add_log(b, t->text);
    else if (t->kind == WW_T_MARK)
        add_mark(b, t);
    else if (t->kind == WW_T_TO_HOST || t->kind == WW_T_LABEL)
        b->rc = ww_expr_store(b->rule, t);
    else if (t->kind == WW_T_QUEUE)
        add_queue(b, (uint16_t)t->value);
    else
        add_verdict(b, codes[t->kind], t->text);
}

static void add_term(struct building *b, const struct ww_term *t)
{
    switch (t->kind) {
    case WW_T_IS:
    case WW_T_BITS:
        add_is(b, t);
        break;
    case WW_T_IN:
        add_in(b, t);
        break;
    case WW_T_SET:
    case WW_T_VMAP:
        add_set(b, t);
        break;
    case WW_T_COUNT:
    case WW_T_SAMPLE:
        load_key(b, t);
        b->rc = b->rc ? b->rc : ww_expr_update(b->rule, t, b->stmt->family);
        break;
    case WW_T_RATE:
        b->rc = ww_expr_rate(b->rule, t);
        break;
    case WW_T_REJECT:
        b->rc = ww_expr_reject(b->rule);
        break;
    case WW_T_REPORT:
        b->rc = ww_expr_report(b->rule, t);
        break;
    default:
        add_action(b, t);
        break;
    }
}

/* Where frames pass, the protocol in them says the family; elsewhere the hook does. */
static void add_family(struct building *b, enum ww_table_id table, int family)
{
    uint8_t nfproto = family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    uint16_t ethertype = htons(family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
    if (table == WW_BRIDGE) {
        load_meta(b, NFT_META_PROTOCOL, 0);
        compare_data(b, NFT_CMP_EQ, &ethertype, sizeof(ethertype));
    } else {
        load_meta(b, NFT_META_NFPROTO, 0);
        compare_data(b, NFT_CMP_EQ, &nfproto, sizeof(nfproto));
    }
}

/* Does the frame's type, which is asked for first, say the family? */
static bool says_family(const struct ww_stmt *stmt)
{
    const struct ww_term *t = &stmt->terms[0];
    return t->kind == WW_T_IS && t->field == WW_F_ETHERTYPE && !t->negate &&
           t->value == (stmt->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
}

int ww_expr_add(struct nftnl_rule *rule, enum ww_table_id table, const struct ww_stmt *stmt,
                struct ww_expr_lists *lists)
{
    struct building b = {.rule = rule, .stmt = stmt, .lists = lists};
    lists->n = 0;
    if (stmt->family && !says_family(stmt))
        add_family(&b, table, stmt->family);
    for (size_t i = 0; i < ww_stmt_count(stmt) && !b.rc; i++)
        add_term(&b, &stmt->terms[i]);
    return b.rc;
}
