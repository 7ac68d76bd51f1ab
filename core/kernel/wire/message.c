#include "core/kernel/wire/message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "core/kernel/wire/udata.h"

#define COMMENT_MAX 128 /* nftables' limit, with the NUL (libnftnl/udata.h) */
#define KEYBYTEORDER 0  /* nftables' types of a set's userdata (libnftnl/udata.h) */
#define SET_COMMENT 7
#define ORDER_HOST 1 /* nftables' include/datatype.h */
#define ORDER_BIG 2
#define TYPE_VERDICT 0xffffff00u

/* A comment as nft(8) keeps it. Quotes would not be listed in a form that can be read back. */
static void put_comment(struct nlmsghdr *msg, uint16_t attr, const char *comment)
{
    if (!comment || !*comment)
        return;
    uint8_t udata[COMMENT_MAX + 2];
    char text[COMMENT_MAX] = "";
    strncpy(text, comment, sizeof(text) - 1);
    for (char *c = text; *c; c++)
        if (*c == '"')
            *c = '\'';
    const uint8_t *end = ww_udata_put(udata, 0, text, (uint8_t)(strlen(text) + 1));
    mnl_attr_put(msg, attr, (size_t)(end - udata), udata);
}

static void put_be32(struct nlmsghdr *msg, uint16_t attr, uint32_t value)
{
    mnl_attr_put_u32(msg, attr, htonl(value));
}

void ww_msg_table(struct ww_batch *b, const char *table)
{
    ww_msg_table_flags(b, table, 0);
}

void ww_msg_table_flags(struct ww_batch *b, const char *table, uint32_t flags)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_TABLE_NAME, table);
    put_be32(msg, NFTA_TABLE_FLAGS, flags); /* never dormant */
    ww_batch_finish(b, msg);
}

void ww_msg_table_delete(struct ww_batch *b, const char *table)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_DELTABLE, 0, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_TABLE_NAME, table);
    ww_batch_finish(b, msg);
}

static void put_chain(struct ww_batch *b, const char *table, const char *name, const char *comment, const char *id)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, id, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
    put_comment(msg, NFTA_CHAIN_USERDATA, comment);
    ww_batch_finish(b, msg);
}

void ww_msg_chain(struct ww_batch *b, const char *name, const char *comment, const char *id)
{
    put_chain(b, ww_batch_name(b), name, comment, id);
}

void ww_msg_chain_in(struct ww_batch *b, const char *table, const char *name)
{
    put_chain(b, table, name, NULL, NULL);
}

void ww_msg_chain_base(struct ww_batch *b, const struct ww_fixed_chain *chain)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, chain->name);
    struct nlattr *hook = mnl_attr_nest_start(msg, NFTA_CHAIN_HOOK);
    put_be32(msg, NFTA_HOOK_HOOKNUM, (uint32_t)chain->hook);
    put_be32(msg, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
    mnl_attr_nest_end(msg, hook);
    put_be32(msg, NFTA_CHAIN_POLICY, NF_ACCEPT);
    mnl_attr_put_strz(msg, NFTA_CHAIN_TYPE, "filter");
    put_comment(msg, NFTA_CHAIN_USERDATA, WW_MARK "base");
    ww_batch_finish(b, msg);
}

void ww_msg_chain_delete(struct ww_batch *b, const char *name)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_DELCHAIN, 0, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
    ww_batch_finish(b, msg);
}

void ww_msg_chain_flush(struct ww_batch *b, const char *name)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_DELRULE, 0, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_RULE_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, name);
    ww_batch_finish(b, msg);
}

static void put_bounds(struct nlmsghdr *msg, unsigned set)
{
    struct nlattr *desc = mnl_attr_nest_start(msg, NFTA_SET_DESC);
    put_be32(msg, NFTA_SET_DESC_SIZE, ww_set_is_dynamic(set) ? WW_DYNAMIC_SIZE : WW_FIXED_SIZE);
    mnl_attr_nest_end(msg, desc);
    if (ww_set_flags(set) & NFT_SET_TIMEOUT)
        mnl_attr_put_u64(msg, NFTA_SET_TIMEOUT, htobe64(WW_SAMPLE_MEMORY_MS));
}

static bool is_interface(enum ww_field field)
{
    return field == WW_F_OIF || field == WW_F_IIFNAME || field == WW_F_OIFNAME;
}

/* Without a size the kernel takes the hash table that grows. */
void ww_msg_set(struct ww_batch *b, unsigned set)
{
    char name[WW_SET_NAME];
    b->table = ww_set_table(set);
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_NEWSET, NLM_F_CREATE, NULL, NULL);
    if (!msg)
        return;
    const struct ww_schema *schema = ww_set_schema(set);
    bool map = ww_set_is_map(set);
    bool host_order = schema->key[0] == WW_F_CT_LABEL || (is_interface(schema->key[0]) && !schema->key[1]);
    uint32_t order = host_order ? ORDER_HOST : ORDER_BIG;
    uint8_t udata[WW_UDATA_MAX];
    mnl_attr_put_strz(msg, NFTA_SET_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_SET_NAME, ww_set_name(set, name));
    put_be32(msg, NFTA_SET_FLAGS, ww_set_flags(set));
    put_be32(msg, NFTA_SET_KEY_TYPE, ww_set_key_type(set));
    put_be32(msg, NFTA_SET_KEY_LEN, ww_set_key_len(set));
    if (map) {
        put_be32(msg, NFTA_SET_DATA_TYPE, TYPE_VERDICT);
        put_be32(msg, NFTA_SET_DATA_LEN, 0);
    }
    put_be32(msg, NFTA_SET_ID, ++b->last_set);
    if (ww_set_is_dynamic(set) || ww_set_is_fixed(set))
        put_bounds(msg, set);
    uint8_t *end = ww_udata_put(udata, KEYBYTEORDER, &order, sizeof(order));
    end = ww_udata_put_typeof(end, set);
    end = ww_udata_put(end, SET_COMMENT, schema->comment, (uint8_t)(strlen(schema->comment) + 1));
    mnl_attr_put(msg, NFTA_SET_USERDATA, (size_t)(end - udata), udata);
    ww_batch_finish(b, msg);
}

void ww_msg_set_delete(struct ww_batch *b, const char *name)
{
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_DELSET, 0, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_SET_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_SET_NAME, name);
    ww_batch_finish(b, msg);
}

void ww_msg_set_flush(struct ww_batch *b, unsigned set)
{
    char name[WW_SET_NAME];
    b->table = ww_set_table(set);
    struct nlmsghdr *msg = ww_batch_start(b, NFT_MSG_DELSETELEM, 0, NULL, NULL);
    if (!msg)
        return;
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, ww_batch_name(b));
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, ww_set_name(set, name));
    ww_batch_finish(b, msg);
}

static void put_data(struct nlmsghdr *msg, uint16_t attr, const void *bytes, size_t len)
{
    struct nlattr *nest = mnl_attr_nest_start(msg, attr);
    mnl_attr_put(msg, NFTA_DATA_VALUE, len, bytes);
    mnl_attr_nest_end(msg, nest);
}

static void put_target(struct nlmsghdr *msg, enum ww_set_kind kind, const char *chain)
{
    struct nlattr *data = mnl_attr_nest_start(msg, NFTA_SET_ELEM_DATA);
    struct nlattr *verdict = mnl_attr_nest_start(msg, NFTA_DATA_VERDICT);
    put_be32(msg, NFTA_VERDICT_CODE, (uint32_t)(kind == WW_SET_GOTO ? NFT_GOTO : NFT_JUMP));
    mnl_attr_put_strz(msg, NFTA_VERDICT_CHAIN, chain);
    mnl_attr_nest_end(msg, verdict);
    mnl_attr_nest_end(msg, data);
}

static void put_element(struct nlmsghdr *msg, bool add, unsigned set, const struct ww_msg_element *e)
{
    enum ww_set_kind kind = ww_set_schema(set)->kind;
    struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);
    put_data(msg, NFTA_SET_ELEM_KEY, e->key, ww_set_key_len(set));
    if (add && kind == WW_SET_NAMED)
        put_comment(msg, NFTA_SET_ELEM_USERDATA, e->value);
    else if (add && kind != WW_SET_PLAIN)
        put_target(msg, kind, e->value);
    mnl_attr_nest_end(msg, nest);
}

#define ELEMENT_ROOM 512 /* the longest one: two IPv6 addresses and a chain's name or a comment */

void ww_msg_elements(struct ww_batch *b, bool add, unsigned set, const struct ww_msg_element *list, size_t n,
                     const char *id, const char *origin)
{
    char name[WW_SET_NAME];
    b->table = ww_set_table(set);
    for (size_t i = 0; i < n;) {
        struct nlmsghdr *msg =
            ww_batch_start(b, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, add ? NLM_F_CREATE : 0, id, origin);
        if (!msg)
            return;
        mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, ww_batch_name(b));
        mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, ww_set_name(set, name));
        struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
        while (i < n && msg->nlmsg_len < WW_BATCH_ROOM / 2 - ELEMENT_ROOM)
            put_element(msg, add, set, &list[i++]);
        mnl_attr_nest_end(msg, nest);
        ww_batch_finish(b, msg);
    }
}
