#include "core/kernel/docker_user/docker_user.h"

#include <endian.h>
#include <errno.h>
#include <libnftnl/rule.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/base_ruleset/numbers.h"
#include "core/kernel/docker_user/docker_rule.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/wire/batch.h"

#define TABLE "filter"
#define CHAIN "DOCKER-USER"
#define DAEMON_TABLE "docker-bridges" /* of Docker's own nftables backend, which has no such chain */
#define TRIES 5
#define QUESTION_BYTES 512

static const uint8_t families[WW_DOCKER_USER_FAMILIES] = {NFPROTO_IPV4, NFPROTO_IPV6};

static void put_names(struct nlmsghdr *msg)
{
    mnl_attr_put_strz(msg, NFTA_RULE_TABLE, TABLE);
    mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, CHAIN);
}

/* The transaction's messages are for family inet, unless they say otherwise. */
static struct nlmsghdr *start_message(struct ww_batch *b, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nlmsghdr *msg = ww_batch_start(b, type, flags, NULL, NULL);
    if (msg)
        ((struct nfgenmsg *)mnl_nlmsg_get_payload(msg))->nfgen_family = family;
    return msg;
}

static int put_deletion(struct ww_batch *b, uint8_t family, uint64_t handle)
{
    struct nlmsghdr *msg = start_message(b, NFT_MSG_DELRULE, 0, family);
    if (!msg)
        return -ENOMEM;
    put_names(msg);
    mnl_attr_put_u64(msg, NFTA_RULE_HANDLE, htobe64(handle));
    ww_batch_finish(b, msg);
    return 0;
}

/* What DOCKER-USER of one family holds of ours, and the transaction that takes it away. */
struct look {
    uint8_t family;
    bool chain;  /* it exists */
    bool daemon; /* it does not, and need not: dockerd itself accepts the mark */
    int rules;
    bool last;    /* ours is the last one that is tried */
    uint64_t end; /* handle of the first rule that returns everything; 0: none does */
    struct ww_batch batch;
};

/* After all rules of other programs: before the one that returns everything, else at the chain's end. */
static int put_rule(struct look *look)
{
    ww_auto(ww_docker_rule_free) struct nftnl_rule *rule = ww_docker_rule_new();
    if (!rule || nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE) < 0 ||
        nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN) < 0)
        return -ENOMEM;
    if (look->end)
        nftnl_rule_set_u64(rule, NFTNL_RULE_POSITION, look->end);
    struct nlmsghdr *msg =
        start_message(&look->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | (look->end ? 0 : NLM_F_APPEND), look->family);
    if (!msg)
        return -ENOMEM;
    nftnl_rule_nlmsg_build_payload(msg, rule);
    ww_batch_finish(&look->batch, msg);
    return 0;
}

static void done(struct look *look)
{
    ww_batch_done(&look->batch);
}

static struct nlmsghdr *nft_question(char bytes[static QUESTION_BYTES], uint8_t family, int type, uint16_t flags)
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
    if (nftnl_rule_nlmsg_parse(msg, rule) < 0 || !is_in_chain(rule))
        return 0;
    bool ours = ww_docker_rule_is(rule);
    uint64_t handle = nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE);
    if (!look->end && ww_docker_rule_returns_all(rule))
        look->end = handle;
    else if (!look->end)
        look->last = ours;
    if (!ours)
        return 0;
    look->rules++;
    return put_deletion(&look->batch, look->family, handle);
}

static int take_daemon_rule(const struct nlmsghdr *msg, void *arg)
{
    struct look *look = arg;
    ww_auto(ww_docker_rule_free) struct nftnl_rule *rule = nftnl_rule_alloc();
    if (!rule)
        return -ENOMEM;
    if (nftnl_rule_nlmsg_parse(msg, rule) < 0)
        return 0;
    const char *table = nftnl_rule_get_str(rule, NFTNL_RULE_TABLE);
    if (table && !strcmp(table, DAEMON_TABLE) && ww_docker_rule_accepts_mark(rule))
        look->daemon = true;
    return 0;
}

static int look_for_daemon(struct mnl_socket *reads, struct look *look)
{
    char bytes[QUESTION_BYTES];
    struct nlmsghdr *msg = nft_question(bytes, look->family, NFT_MSG_GETRULE, NLM_F_DUMP);
    mnl_attr_put_strz(msg, NFTA_RULE_TABLE, DAEMON_TABLE);
    return ww_netlink_ask(reads, msg, take_daemon_rule, look);
}

static int look_once(struct mnl_socket *reads, struct look *look)
{
    char bytes[QUESTION_BYTES];
    ww_batch_done(&look->batch);
    look->rules = 0;
    look->last = look->daemon = false;
    look->end = 0;
    struct nlmsghdr *msg = nft_question(bytes, look->family, NFT_MSG_GETCHAIN, NLM_F_ACK);
    mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, TABLE);
    mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, CHAIN);
    int rc = ww_netlink_ask(reads, msg, NULL, NULL);
    look->chain = rc == 0;
    if (rc < 0)
        return rc == -ENOENT ? look_for_daemon(reads, look) : rc;
    msg = nft_question(bytes, look->family, NFT_MSG_GETRULE, NLM_F_DUMP);
    put_names(msg);
    return ww_netlink_ask(reads, msg, take_rule, look);
}

static int look_at_chain(struct mnl_socket *reads, struct look *look, struct ww_error *err)
{
    int rc = -EINTR;
    for (int i = 0; i < TRIES && rc == -EINTR; i++)
        rc = look_once(reads, look);
    return rc < 0 ? ww_fail(err, rc, "cannot read chain %s of table filter: %s", CHAIN, strerror(-rc)) : 0;
}

static enum ww_docker_user_place found(const struct look *look)
{
    if (!look->chain)
        return look->daemon ? WW_DOCKER_USER_NOT_NEEDED : WW_DOCKER_USER_NO_CHAIN;
    if (!look->rules)
        return WW_DOCKER_USER_MISSING;
    return look->rules == 1 && look->last ? WW_DOCKER_USER_IN_PLACE : WW_DOCKER_USER_MISPLACED;
}

static int mend_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    if (put_rule(look) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    return ww_batch_send(&look->batch, commits, NULL, err);
}

static int keep_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    return found(look) == WW_DOCKER_USER_MISSING || found(look) == WW_DOCKER_USER_MISPLACED
               ? mend_once(look, commits, err)
               : 0;
}

static int move_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    return found(look) == WW_DOCKER_USER_MISPLACED ? mend_once(look, commits, err) : 0;
}

static int take_once(struct look *look, struct mnl_socket *commits, struct ww_error *err)
{
    return look->rules ? ww_batch_send(&look->batch, commits, NULL, err) : 0;
}

typedef int (*change_fn)(struct look *look, struct mnl_socket *commits, struct ww_error *err);

/* What was read may be gone a moment later (-ENOENT): look again. */
static int change(struct mnl_socket *reads, struct mnl_socket *commits, struct look *look, change_fn fn,
                  struct ww_error *err)
{
    int rc = -ENOENT;
    for (int i = 0; i < TRIES && rc == -ENOENT; i++) {
        rc = look_at_chain(reads, look, err);
        if (rc == 0)
            rc = fn(look, commits, err);
    }
    if (rc < 0)
        return ww_context(err, "chain %s of table %s filter", CHAIN, look->family == NFPROTO_IPV4 ? "ip" : "ip6");
    return 0;
}

static int say_no_chain(struct ww_error *err)
{
    return ww_fail(
        err, -ENOENT,
        "nftables has no chain %s in tables ip filter and ip6 filter. Docker's nftables backend: start dockerd "
        "with --bridge-accept-fwmark=" WW_ALLOWED_MARK_TEXT "; iptables-legacy, which cannot be seen from here: add "
        "the rule yourself, behind all other rules and before a final "
        "RETURN, iptables-legacy -I %s NUMBER -m mark --mark " WW_ALLOWED_MARK_TEXT " -j ACCEPT",
        CHAIN, CHAIN);
}

int ww_docker_user_keep(struct mnl_socket *reads, struct mnl_socket *commits, bool put,
                        enum ww_docker_user_place ret_found[WW_DOCKER_USER_FAMILIES], struct ww_error *err)
{
    int n = 0;
    int places = 0;
    int failed = 0;
    for (size_t i = 0; i < WW_DOCKER_USER_FAMILIES; i++) {
        ww_auto(done) struct look look = {.family = families[i]};
        struct ww_error here = {0};
        int rc = change(reads, commits, &look, put ? keep_once : move_once, &here);
        ret_found[i] = found(&look);
        bool accepts = look.chain || look.daemon;
        places += accepts;
        n += accepts && (put || ret_found[i] != WW_DOCKER_USER_MISSING);
        if (rc < 0)
            failed = ww_fail(err, rc, "%s", here.text); /* the other family is no worse off for it */
    }
    if (failed)
        return failed;
    return places ? n : say_no_chain(err);
}

int ww_docker_user_take(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err)
{
    int n = 0;
    for (size_t i = 0; i < WW_DOCKER_USER_FAMILIES; i++) {
        ww_auto(done) struct look look = {.family = families[i]};
        int rc = change(reads, commits, &look, take_once, err);
        if (rc < 0)
            return rc;
        n += look.rules;
    }
    return n;
}
