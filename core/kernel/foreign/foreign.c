#include "core/kernel/foreign/foreign.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/kernel/foreign/foreign_batch.h"
#include "core/kernel/netlink/ask.h"

#define TABLE "filter"
#define FIRST_CHAIN "whalewall"
#define TRIES 5
#define ID_DIGITS 12

/* A set or map of the Go program: the names of its releases 0.1 and 0.2. */
static bool is_its_set(const char *name)
{
    return !strcmp(name, "whalewall-container-addrs") || !strcmp(name, "whalewall-ipv4-drop");
}

/* `whalewall`, or `whalewall-<container>-<id12>`: not just any name that begins so. */
static bool is_its_chain(const char *name)
{
    static const char prefix[] = "whalewall-";
    size_t len = strlen(name);
    if (!strcmp(name, FIRST_CHAIN))
        return true;
    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || len < sizeof(prefix) - 1 + 1 + 1 + ID_DIGITS)
        return false;
    const char *id = name + len - ID_DIGITS;
    if (id[-1] != '-')
        return false;
    for (; *id; id++)
        if (!isxdigit((unsigned char)*id) || isupper((unsigned char)*id))
            return false;
    return true;
}

static const struct nlattr *find_attr(const struct nlattr *nest, int type)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, nest)
        if (mnl_attr_get_type(attr) == type)
            return attr;
    return NULL;
}

/* A string attribute of a message, "" if it is not there. */
static const char *text_of(const struct nlmsghdr *msg, int type)
{
    const struct nlattr *attr;
    mnl_attr_for_each (attr, msg, sizeof(struct nfgenmsg)) {
        if (mnl_attr_get_type(attr) == type && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
            return mnl_attr_get_str(attr);
    }
    return "";
}

/* Does this expression of a rule jump (or go) to one of its chains? */
static bool expr_jumps(const struct nlattr *expr)
{
    const struct nlattr *name = find_attr(expr, NFTA_EXPR_NAME);
    if (!name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 || strcmp(mnl_attr_get_str(name), "immediate") != 0)
        return false;
    const struct nlattr *at = find_attr(expr, NFTA_EXPR_DATA);
    static const int path[] = {NFTA_IMMEDIATE_DATA, NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN};
    for (size_t i = 0; at && i < sizeof(path) / sizeof(path[0]); i++)
        at = find_attr(at, path[i]);
    return at && mnl_attr_validate(at, MNL_TYPE_NUL_STRING) >= 0 && is_its_chain(mnl_attr_get_str(at));
}

static bool rule_jumps(const struct nlmsghdr *msg, uint64_t *ret_handle)
{
    const struct nlattr *attr, *expr;
    bool jumps = false;
    mnl_attr_for_each (attr, msg, sizeof(struct nfgenmsg)) {
        if (mnl_attr_get_type(attr) == NFTA_RULE_HANDLE && mnl_attr_validate(attr, MNL_TYPE_U64) >= 0)
            *ret_handle = be64toh(mnl_attr_get_u64(attr));
        if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS)
            continue;
        mnl_attr_for_each_nested (expr, attr)
            jumps = jumps || expr_jumps(expr);
    }
    return jumps;
}

static int take_rule(const struct nlmsghdr *msg, void *arg)
{
    uint64_t handle = 0;
    const char *chain = text_of(msg, NFTA_RULE_CHAIN);
    if (strcmp(text_of(msg, NFTA_RULE_TABLE), TABLE) != 0 || is_its_chain(chain) || !rule_jumps(msg, &handle))
        return 0;
    return ww_foreign_batch_rule(arg, TABLE, chain, handle);
}

/* Its chains' rules go first, then what its maps hold: both keep chains in use. */
static int take_chain_rules(const struct nlmsghdr *msg, void *arg)
{
    const char *name = text_of(msg, NFTA_CHAIN_NAME);
    if (strcmp(text_of(msg, NFTA_CHAIN_TABLE), TABLE) != 0 || !is_its_chain(name))
        return 0;
    return ww_foreign_batch_flush(arg, TABLE, name);
}

static int take_set(const struct nlmsghdr *msg, void *arg)
{
    const char *name = text_of(msg, NFTA_SET_NAME);
    if (strcmp(text_of(msg, NFTA_SET_TABLE), TABLE) != 0 || !is_its_set(name))
        return 0;
    return ww_foreign_batch_set(arg, TABLE, name);
}

static int take_chain(const struct nlmsghdr *msg, void *arg)
{
    const char *name = text_of(msg, NFTA_CHAIN_NAME);
    if (strcmp(text_of(msg, NFTA_CHAIN_TABLE), TABLE) != 0 || !is_its_chain(name))
        return 0;
    return ww_foreign_batch_chain(arg, TABLE, name);
}

static struct nlmsghdr *put_question(char *bytes, int type, uint16_t flags)
{
    struct nlmsghdr *question = mnl_nlmsg_put_header(bytes);
    question->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type);
    question->nlmsg_flags = NLM_F_REQUEST | flags;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(question, sizeof(*nfg));
    nfg->nfgen_family = NFPROTO_IPV4;
    nfg->version = NFNETLINK_V0;
    return question;
}

static int ask_all(struct mnl_socket *socket, int type, ww_ask_fn fn, struct ww_foreign_batch *batch)
{
    char bytes[64] = {0};
    return ww_netlink_ask(socket, put_question(bytes, type, NLM_F_DUMP), fn, batch);
}

/* Everything of the Go program's, as the transaction that removes it. */
static int collect_once(struct mnl_socket *socket, struct ww_foreign_batch *batch)
{
    ww_foreign_batch_begin(batch);
    int result = ask_all(socket, NFT_MSG_GETRULE, take_rule, batch);
    if (!result)
        result = ask_all(socket, NFT_MSG_GETCHAIN, take_chain_rules, batch);
    if (!result)
        result = ask_all(socket, NFT_MSG_GETSET, take_set, batch);
    if (!result)
        result = ask_all(socket, NFT_MSG_GETCHAIN, take_chain, batch);
    return result;
}

static int collect_objects(struct mnl_socket *socket, struct ww_foreign_batch *batch, struct ww_error *err)
{
    int result = -EINTR;
    for (int i = 0; i < TRIES && result == -EINTR; i++)
        result = collect_once(socket, batch);
    if (result < 0)
        return ww_fail(err, result, "cannot read table ip filter: %s", strerror(-result));
    return batch->objects;
}

int ww_foreign_count(struct ww_error *err)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    ww_auto(ww_foreign_batch_done) struct ww_foreign_batch batch = {0};
    int result = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    return result < 0 ? result : collect_objects(socket, &batch, err);
}

bool ww_foreign_is_active(void)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    char bytes[128] = {0};
    if (ww_ask_open(NETLINK_NETFILTER, &socket, NULL) < 0)
        return false;
    struct nlmsghdr *question = put_question(bytes, NFT_MSG_GETCHAIN, NLM_F_ACK);
    mnl_attr_put_strz(question, NFTA_CHAIN_TABLE, TABLE);
    mnl_attr_put_strz(question, NFTA_CHAIN_NAME, FIRST_CHAIN);
    return ww_netlink_ask(socket, question, NULL, NULL) == 0;
}

int ww_foreign_clear(struct ww_error *err)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    ww_auto(ww_foreign_batch_done) struct ww_foreign_batch batch = {0};
    int result = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    if (result < 0)
        return result;
    /* What was read may be gone a moment later (-ENOENT): look again. */
    for (int i = 0; i < TRIES; i++) {
        result = collect_objects(socket, &batch, err);
        if (result <= 0)
            return result;
        result = ww_foreign_batch_send(&batch, socket);
        if (result != -ENOENT)
            break;
    }
    if (result < 0)
        return ww_fail(err, result, "cannot remove what the Go whalewall left in table ip filter: %s",
                       strerror(-result));
    return batch.objects;
}
