#include "core/kernel/docker_user.h"

#include <endian.h>
#include <errno.h>
#include <libnftnl/rule.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/ask.h"
#include "core/kernel/batch.h"
#include "core/kernel/docker_rule.h"
#include "core/kernel/kernel.h"

#define TABLE "filter"
#define CHAIN "DOCKER-USER"
#define TRIES 5
#define QUESTION_BYTES 512

static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

static void put_names(struct nlmsghdr *msg)
{
    mnl_attr_put_strz(msg, NFTA_RULE_TABLE, TABLE);
    mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, CHAIN);
}

/* The transaction's messages are for family inet, unless they say otherwise. */
static struct nlmsghdr *start(struct ww_batch *b, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nlmsghdr *msg = ww_batch_start(b, type, flags, NULL, NULL);
    if (msg)
        ((struct nfgenmsg *)mnl_nlmsg_get_payload(msg))->nfgen_family = family;
    return msg;
}

static int put_deletion(struct ww_batch *b, uint8_t family, uint64_t handle)
{
    struct nlmsghdr *msg = start(b, NFT_MSG_DELRULE, 0, family);
    if (!msg)
        return -ENOMEM;
    put_names(msg);
    mnl_attr_put_u64(msg, NFTA_RULE_HANDLE, htobe64(handle));
    ww_batch_finish(b, msg);
    return 0;
}

/* Without NLM_F_APPEND it goes before all others. */
static int put_rule(struct ww_batch *b, uint8_t family)
{
    ww_auto(ww_docker_rule_free) struct nftnl_rule *rule = ww_docker_rule_new();
    if (!rule || nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE) < 0 ||
        nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN) < 0)
        return -ENOMEM;
    struct nlmsghdr *msg = start(b, NFT_MSG_NEWRULE, NLM_F_CREATE, family);
    if (!msg)
        return -ENOMEM;
    nftnl_rule_nlmsg_build_payload(msg, rule);
    ww_batch_finish(b, msg);
    return 0;
}

/* What DOCKER-USER of one family holds of ours, and the transaction that takes it away. */
struct look {
    uint8_t family;
    bool chain; /* it exists */
    int rules;
    struct ww_batch batch;
};

static void done(struct look *look)
{
    ww_batch_done(&look->batch);
}

static struct nlmsghdr *question(char bytes[static QUESTION_BYTES], uint8_t family, int type, uint16_t flags)
{
    memset(bytes, 0, QUESTION_BYTES);
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type);
    msg->nlmsg_flags = NLM_F_REQUEST | flags;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = family;
    gen->version = NFNETLINK_V0;
    return msg;
}

/* Older kernels ignore the names in the question, and answer with all rules of the family. */
static bool is_in_chain(const struct nftnl_rule *rule)
{
    const char *table = nftnl_rule_get_str(rule, NFTNL_RULE_TABLE);
    const char *chain = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
    return table && chain && !strcmp(table, TABLE) && !strcmp(chain, CHAIN);
}

static int take_rule(const struct nlmsghdr *msg, void *arg)
{
    struct look *look = arg;
    ww_auto(ww_docker_rule_free) struct nftnl_rule *rule = nftnl_rule_alloc();
    if (!rule)
        return -ENOMEM;
    if (nftnl_rule_nlmsg_parse(msg, rule) < 0 || !is_in_chain(rule) || !ww_docker_rule_is(rule))
        return 0;
    look->rules++;
    return put_deletion(&look->batch, look->family, nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE));
}

static int look_once(struct mnl_socket *reads, struct look *look)
{
    char bytes[QUESTION_BYTES];
    ww_batch_done(&look->batch);
    look->rules = 0;
    struct nlmsghdr *msg = question(bytes, look->family, NFT_MSG_GETCHAIN, NLM_F_ACK);
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, TABLE);
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, CHAIN);
    int rc = ww_netlink_ask(reads, msg, NULL, NULL);
    look->chain = rc == 0;
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    msg = question(bytes, look->family, NFT_MSG_GETRULE, NLM_F_DUMP);
    put_names(msg);
    return ww_netlink_ask(reads, msg, take_rule, look);
}

static int look_at(struct mnl_socket *reads, struct look *look, struct ww_error *err)
{
    int rc = -EINTR;
    for (int i = 0; i < TRIES && rc == -EINTR; i++)
        rc = look_once(reads, look);
    return rc < 0 ? ww_fail(err, rc, "cannot read chain %s of table filter: %s", CHAIN, strerror(-rc)) : 0;
}

/* One is right, wherever it stands: the administrator may have put a rule before it. More become one. */
static int put_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    if (!look->chain || look->rules == 1)
        return look->chain;
    if (put_rule(&look->batch, look->family) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = ww_batch_send(&look->batch, commits, NULL, err);
    return rc < 0 ? rc : 1;
}

static int take_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    int rc = look->rules ? ww_batch_send(&look->batch, commits, NULL, err) : 0;
    return rc < 0 ? rc : look->rules;
}

typedef int (*change_fn)(struct look *look, struct mnl_socket *commits, struct ww_error *err);

/* What was read may be gone a moment later (-ENOENT): look again. */
static int change(struct mnl_socket *reads, struct mnl_socket *commits, uint8_t family, change_fn fn,
                  struct ww_error *err)
{
    ww_auto(done) struct look look = {.family = family};
    int rc = -ENOENT;
    for (int i = 0; i < TRIES && rc == -ENOENT; i++) {
        rc = look_at(reads, &look, err);
        if (rc == 0)
            rc = fn(&look, commits, err);
    }
    return rc < 0 ? ww_context(err, "chain %s of table %s filter", CHAIN, family == NFPROTO_IPV4 ? "ip" : "ip6") : rc;
}

static int change_all(struct mnl_socket *reads, struct mnl_socket *commits, change_fn fn, struct ww_error *err)
{
    int n = 0;
    for (size_t i = 0; i < sizeof(families); i++) {
        int rc = change(reads, commits, families[i], fn, err);
        if (rc < 0)
            return rc;
        n += rc;
    }
    return n;
}

int ww_docker_user_put(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err)
{
    int n = change_all(reads, commits, put_once, err);
    if (n)
        return n;
    return ww_fail(
        err, -ENOENT,
        "nftables has no chain %s in tables ip filter and ip6 filter. Docker's nftables backend: start dockerd "
        "with --bridge-accept-fwmark=" WW_ALLOWED_MARK_TEXT "; iptables-legacy: add the rule yourself, "
        "iptables-legacy -I %s -m mark --mark " WW_ALLOWED_MARK_TEXT " -j ACCEPT",
        CHAIN, CHAIN);
}

int ww_docker_user_take(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err)
{
    return change_all(reads, commits, take_once, err);
}
