#include "core/kernel/table/dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/attrs.h"
#include "core/kernel/netlink/set_elements.h"
#include "core/kernel/wire/message.h"

#define QUESTION_BYTES 512

void ww_table_done(struct ww_table *table)
{
    for (size_t i = 0; i < table->n_chains; i++) {
        free(table->chains[i].name);
        free(table->chains[i].comment);
    }
    free(table->chains);
    *table = (struct ww_table){0};
}

static struct nlmsghdr *table_question(char *bytes, enum ww_table_id table, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type;
    msg->nlmsg_flags = NLM_F_REQUEST | flags;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = table == WW_BRIDGE ? NFPROTO_BRIDGE : NFPROTO_INET;
    gen->version = NFNETLINK_V0;
    return msg;
}

static uint32_t be32(const struct nlattr *attr)
{
    return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static enum ww_table_id table_of(const struct nlmsghdr *msg)
{
    const struct nfgenmsg *gen = mnl_nlmsg_get_payload(msg);
    return gen->nfgen_family == NFPROTO_BRIDGE ? WW_BRIDGE : WW_INET;
}

static bool in_our_table(const struct nlattr *table)
{
    return table && !strcmp(mnl_attr_get_str(table), WW_TABLE);
}

static bool is_ours(const char *text)
{
    return text && !strncmp(text, WW_MARK, strlen(WW_MARK));
}

static int take_chain(const struct nlmsghdr *msg, void *arg)
{
    struct ww_table *table = arg;
    struct ww_attrs a;
    ww_attrs_parse(msg, &a);
    if (!in_our_table(a.by_type[NFTA_CHAIN_TABLE]) || !a.by_type[NFTA_CHAIN_NAME])
        return 0;
    struct ww_found_chain *chains = reallocarray(table->chains, table->n_chains + 1, sizeof(*chains));
    if (!chains)
        return -ENOMEM;
    table->chains = chains;
    struct ww_found_chain *c = &chains[table->n_chains++];
    const char *text = ww_attrs_comment(a.by_type[NFTA_CHAIN_USERDATA]);
    struct ww_attrs hook = ww_attrs_nest(a.by_type[NFTA_CHAIN_HOOK]);
    *c = (struct ww_found_chain){
        .table = table_of(msg),
        .name = strdup(mnl_attr_get_str(a.by_type[NFTA_CHAIN_NAME])),
        .comment = text ? strdup(text) : NULL,
        .ours = is_ours(text) || ww_fixed_chain_find(table_of(msg), mnl_attr_get_str(a.by_type[NFTA_CHAIN_NAME])),
        .hook = a.by_type[NFTA_CHAIN_HOOK] ? (int)be32(hook.by_type[NFTA_HOOK_HOOKNUM]) : -1,
        .priority = (int)be32(hook.by_type[NFTA_HOOK_PRIORITY]),
        .use = be32(a.by_type[NFTA_CHAIN_USE])};
    return c->name && (!text || c->comment) ? 0 : -ENOMEM;
}

static int take_set(const struct nlmsghdr *msg, void *arg)
{
    struct ww_table *table = arg;
    struct ww_attrs a;
    ww_attrs_parse(msg, &a);
    if (!in_our_table(a.by_type[NFTA_SET_TABLE]) || !a.by_type[NFTA_SET_NAME])
        return 0;
    int set = ww_set_find(table_of(msg), mnl_attr_get_str(a.by_type[NFTA_SET_NAME]));
    if (set < 0)
        return 0;
    table->has_set[set] = true;
    if (be32(a.by_type[NFTA_SET_KEY_TYPE]) != ww_set_key_type((unsigned)set) ||
        be32(a.by_type[NFTA_SET_KEY_LEN]) != ww_set_key_len((unsigned)set) ||
        be32(a.by_type[NFTA_SET_FLAGS]) != ww_set_flags((unsigned)set))
        table->other_set = true;
    return 0;
}

/* Ask for all objects of a kind in a table; that there is no table, or no nf_tables object at all, is no failure. */
static int dump(struct mnl_socket *socket, enum ww_table_id id, uint16_t type, uint16_t table_attr, ww_ask_fn fn,
                void *arg, const char *what, struct ww_error *err)
{
    char bytes[QUESTION_BYTES];
    struct nlmsghdr *msg = table_question(bytes, id, type, NLM_F_DUMP);
    mnl_attr_put_strz(msg, table_attr, WW_TABLE);
    int rc = ww_netlink_ask(socket, msg, fn, arg);
    if (rc < 0 && rc != -ENOENT)
        return ww_fail(err, rc, "cannot read the %s of table %s %s: %s", what, ww_table_family_name(id), WW_TABLE,
                       strerror(-rc));
    return 0;
}

static int take_flags(const struct nlmsghdr *msg, void *arg)
{
    struct ww_found_table *found = arg;
    struct ww_attrs a;
    ww_attrs_parse(msg, &a);
    found->flags = be32(a.by_type[NFTA_TABLE_FLAGS]);
    found->owner = be32(a.by_type[NFTA_TABLE_OWNER]);
    return 0;
}

static int ask_table(struct mnl_socket *socket, enum ww_table_id id, struct ww_found_table *found, struct ww_error *err)
{
    char bytes[QUESTION_BYTES];
    struct nlmsghdr *msg = table_question(bytes, id, NFT_MSG_GETTABLE, NLM_F_ACK);
    mnl_attr_put_strz(msg, NFTA_TABLE_NAME, WW_TABLE);
    int rc = ww_netlink_ask(socket, msg, take_flags, found);
    if (rc < 0 && rc != -ENOENT)
        return ww_fail(err, rc, "cannot read table %s %s: %s", ww_table_family_name(id), WW_TABLE, strerror(-rc));
    found->exists = rc == 0;
    return 0;
}

static int dump_one(struct mnl_socket *socket, enum ww_table_id id, struct ww_table *table, struct ww_error *err)
{
    struct ww_found_table *found = &table->tables[id];
    int rc = ask_table(socket, id, found, err);
    if (rc == 0 && found->exists)
        rc = dump(socket, id, NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, take_chain, table, "chains", err);
    if (rc == 0 && found->exists)
        rc = dump(socket, id, NFT_MSG_GETSET, NFTA_SET_TABLE, take_set, table, "sets", err);
    return rc;
}

int ww_dump_table(struct mnl_socket *socket, struct ww_table *ret_table, struct ww_error *err)
{
    __attribute__((cleanup(ww_table_done))) struct ww_table table = {0};
    int rc = dump_one(socket, WW_INET, &table, err);
    if (rc == 0)
        rc = dump_one(socket, WW_BRIDGE, &table, err);
    if (rc < 0)
        return rc;
    *ret_table = table;
    table = (struct ww_table){0};
    return 0;
}

struct reading {
    struct ww_image *image;
    uint16_t set;
};

/* One element; what has no key of our length is none of ours (there is no such thing in our sets). */
static int take_element(const struct ww_found_element *e, void *arg)
{
    const struct reading *r = arg;
    if (e->key_len != ww_set_key_len(r->set))
        return 0;
    const char *text = NULL;
    if (ww_set_is_map(r->set)) {
        struct ww_attrs data = ww_attrs_nest(e->attrs.by_type[NFTA_SET_ELEM_DATA]);
        struct ww_attrs verdict = ww_attrs_nest(data.by_type[NFTA_DATA_VERDICT]);
        text = verdict.by_type[NFTA_VERDICT_CHAIN] ? mnl_attr_get_str(verdict.by_type[NFTA_VERDICT_CHAIN]) : "";
    } else if (ww_set_schema(r->set)->kind == WW_SET_NAMED) {
        text = e->comment;
    }
    return ww_image_found(r->image, r->set, e->key, e->key_len, text);
}

static int take_elements(const struct nlmsghdr *msg, void *arg)
{
    return ww_set_elements_each(msg, take_element, arg);
}

static int dump_set(struct mnl_socket *socket, struct reading *r, struct ww_error *err)
{
    char bytes[QUESTION_BYTES];
    char name[WW_SET_NAME];
    struct nlmsghdr *msg = table_question(bytes, ww_set_table(r->set), NFT_MSG_GETSETELEM, NLM_F_DUMP);
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, WW_TABLE);
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, ww_set_name(r->set, name));
    int rc = ww_netlink_ask(socket, msg, take_elements, r);
    return rc < 0 ? ww_fail(err, rc, "cannot read the elements of set %s: %s", name, strerror(-rc)) : 0;
}

static int found_chain(struct ww_image *image, const struct ww_found_chain *c)
{
    char hash[WW_CHAIN_HASH] = "";
    long rules = 0;
    bool told = sscanf(c->comment, WW_MARK "%16[0-9a-f] %ld", hash, &rules) == 2;
    if (ww_image_found(image, WW_CHAINS(c->table), c->name, strlen(c->name), told ? hash : "") < 0)
        return -ENOMEM;
    ww_image_find(image, WW_CHAINS(c->table), c->name, strlen(c->name))->unexplained = (int32_t)(c->use - rules);
    return 0;
}

/* A chain whose number of rules is not what its comment says was changed by another program: its hash counts for
 * nothing. */
static int distrust_changed(struct ww_image *image)
{
    for (struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e)) {
        struct ww_entry *chain = ww_entry_kernel_value(e) ? ww_image_target(image, e) : NULL;
        if (chain)
            chain->unexplained--;
    }
    int rc = 0;
    for (struct ww_entry *e = ww_image_first(image); e && rc == 0; e = ww_image_next(image, e))
        if (ww_entry_is_chain(e) && e->unexplained)
            rc = ww_image_found(image, e->set, ww_entry_key(e), e->len, "");
    return rc;
}

int ww_dump_elements(struct mnl_socket *socket, const struct ww_table *table, struct ww_image *image,
                     struct ww_error *err)
{
    for (unsigned set = 0; set < WW_SETS; set++) {
        struct reading r = {.image = image, .set = (uint16_t)set};
        int rc = table->has_set[set] && !ww_set_is_dynamic(set) ? dump_set(socket, &r, err) : 0;
        if (rc < 0)
            return rc;
        if (table->has_set[set])
            image->parts |= WW_PART_BIT(ww_set_part(set));
    }
    for (size_t i = 0; i < table->n_chains; i++) {
        const struct ww_found_chain *c = &table->chains[i];
        const struct ww_fixed_chain *fixed = ww_fixed_chain_find(c->table, c->name);
        if (fixed)
            image->parts |= WW_PART_BIT(fixed->part);
        if (c->ours && !fixed && found_chain(image, c) < 0)
            return ww_fail(err, -ENOMEM, "out of memory while reading table inet %s", WW_TABLE);
    }
    if (distrust_changed(image) < 0)
        return ww_fail(err, -ENOMEM, "out of memory while reading table inet %s", WW_TABLE);
    return 0;
}

int ww_dump_chain(struct mnl_socket *socket, const char *name, bool *ret_ours, struct ww_error *err)
{
    char bytes[QUESTION_BYTES];
    __attribute__((cleanup(ww_table_done))) struct ww_table table = {0};
    struct nlmsghdr *msg = table_question(bytes, WW_INET, NFT_MSG_GETCHAIN, NLM_F_ACK);
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, WW_TABLE);
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
    int rc = ww_netlink_ask(socket, msg, take_chain, &table);
    if (rc < 0)
        return ww_fail(err, rc, "cannot read chain %s of table inet %s: %s", name, WW_TABLE, strerror(-rc));
    if (!table.n_chains)
        return ww_fail(err, -ENOENT, "there is no chain %s in table inet %s", name, WW_TABLE);
    *ret_ours = table.chains[0].ours;
    return 0;
}
