/* The message for one rule of a chain, with the lists that its conditions look into. */
#include <arpa/inet.h>
#include <libnftnl/udata.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "core/kernel/wire/expr.h"
#include "core/kernel/wire/message.h"

static void free_rule(struct nftnl_rule **rule)
{
    if (*rule)
        nftnl_rule_free(*rule);
}

static void put_be32(struct nlmsghdr *msg, uint16_t attr, uint32_t value)
{
    mnl_attr_put_u32(msg, attr, htonl(value));
}

static bool has_range(const struct ww_expr_list *list)
{
    for (size_t i = 0; i < list->term->n_spans; i++)
        if (memcmp(list->term->spans[i].lo, list->term->spans[i].hi, list->field->len) != 0)
            return true;
    return false;
}

static uint32_t key_type(const struct ww_field_info *field)
{
    static const uint32_t types[] = {[WW_TYPE_NUMBER] = 4, [WW_TYPE_ADDR] = 7,  [WW_TYPE_MAC] = 9,
                                     [WW_TYPE_PROTO] = 12, [WW_TYPE_PORT] = 13, [WW_TYPE_IFACE] = 20};
    if (field->type == WW_TYPE_ADDR && field->len == 16)
        return 8;
    return types[field->type];
}

static void put_list_set(struct ww_batch *b, const struct ww_expr_list *list, bool interval, const char *id,
                         const char *origin)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWSET, NLM_F_CREATE, id, origin);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_SET_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_SET_NAME, "__set%d");
    put_be32(msg, NFTA_SET_FLAGS, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | (interval ? NFT_SET_INTERVAL : 0));
    put_be32(msg, NFTA_SET_KEY_TYPE, key_type(list->field));
    put_be32(msg, NFTA_SET_KEY_LEN, list->field->len);
    put_be32(msg, NFTA_SET_ID, list->id);
    ww_batch_finish(b, msg);
}

static void put_list_element(struct nlmsghdr *msg, const uint8_t *key, uint8_t len, bool end)
{
    struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);
    struct nlattr *data = mnl_attr_nest_start(msg, NFTA_SET_ELEM_KEY);
    mnl_attr_put(msg, NFTA_DATA_VALUE, len, key);
    mnl_attr_nest_end(msg, data);
    if (end)
        put_be32(msg, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
    mnl_attr_nest_end(msg, nest);
}

/* Intervals are half open: the end is the first that is not in it. One up to the last value has none. */
static void put_span(struct nlmsghdr *msg, const struct ww_span *span, uint8_t len, bool interval)
{
    put_list_element(msg, span->lo, len, false);
    if (!interval)
        return;
    uint8_t end[WW_FIELD_BYTES];
    memcpy(end, span->hi, len);
    for (int i = len - 1; i >= 0; i--)
        if (++end[i] != 0) {
            put_list_element(msg, end, len, true);
            return;
        }
}

static void put_list_elements(struct ww_batch *b, const struct ww_expr_list *list, bool interval, const char *id,
                              const char *origin)
{
    for (size_t i = 0; i < list->term->n_spans;) {
        struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, id, origin);
        if (!msg)
            return;
        mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, ww_batch_name(b));
        mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, "__set%d");
        put_be32(msg, NFTA_SET_ELEM_LIST_SET_ID, list->id);
        struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
        while (i < list->term->n_spans && msg->nlmsg_len < WW_BATCH_ROOM / 2)
            put_span(msg, &list->term->spans[i++], list->field->len, interval);
        mnl_attr_nest_end(msg, nest);
        ww_batch_finish(b, msg);
    }
}

static void put_lists(struct ww_batch *b, const struct ww_expr_lists *lists, const char *id, const char *origin)
{
    for (unsigned i = 0; i < lists->n; i++) {
        bool interval = has_range(&lists->lists[i]);
        put_list_set(b, &lists->lists[i], interval, id, origin);
        put_list_elements(b, &lists->lists[i], interval, id, origin);
    }
}

static int set_comment(struct nftnl_rule *rule, const char *comment)
{
    uint8_t udata[NFTNL_UDATA_COMMENT_MAXLEN + 2] = {NFTNL_UDATA_RULE_COMMENT};
    char *text = (char *)udata + 2;
    strncpy(text, comment, NFTNL_UDATA_COMMENT_MAXLEN - 1);
    for (char *c = text; *c; c++)
        if (*c == '"')
            *c = '\'';
    udata[1] = (uint8_t)(strlen(text) + 1);
    return nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, udata, udata[1] + 2u);
}

void ww_msg_rule(struct ww_batch *b, const char *chain, const struct ww_stmt *stmt, const char *id)
{
    ww_msg_rule_in(b, ww_batch_name(b), chain, stmt, id);
}

void ww_msg_rule_in(struct ww_batch *b, const char *table, const char *chain, const struct ww_stmt *stmt,
                    const char *id)
{
    __attribute__((cleanup(free_rule))) struct nftnl_rule *rule = nftnl_rule_alloc();
    struct ww_expr_lists lists = {.last_id = b->last_set};
    b->failed = b->failed || !rule || nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table) < 0 ||
                nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain) < 0 ||
                (stmt->origin && set_comment(rule, stmt->origin) < 0) || ww_expr_add(rule, b->table, stmt, &lists) < 0;
    b->last_set = lists.last_id;
    if (b->failed)
        return;
    put_lists(b, &lists, id, stmt->origin);
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, id, stmt->origin);
    if (!msg)
        return;
    nftnl_rule_nlmsg_build_payload(msg, rule);
    ww_batch_finish(b, msg);
}
