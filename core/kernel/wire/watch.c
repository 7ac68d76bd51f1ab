#include "core/kernel/wire/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "core/kernel/base_ruleset/schema.h"
#include "core/kernel/netlink/ask.h"

#define WATCH_BYTES 65536
#define WATCH_ROOM (4 * 1024 * 1024) /* for what other programs change while a transaction is made */

struct ww_watch {
    struct mnl_socket *socket;
    uint32_t own_portid;
    bool seen;
    struct ww_author author;
    uint32_t pending; /* portid of an external change whose NEWGEN, which names the author, is still to come */
    bool has_pending;
    _Alignas(struct nlmsghdr) char bytes[WATCH_BYTES];
};

/*
 * Let the kernel leave out what the socket `portid` changed, or a large transaction of ours would push out what other
 * programs do. One packet has the changes of one commit; the filter looks at the first one's nlmsg_pid. Without it the
 * rest of the code does, only later.
 */
static void leave_out(struct mnl_socket *socket, uint32_t portid)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)), /* as if it were big-endian */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(portid), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    int room = WATCH_ROOM;
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
}

int ww_watch_new(uint32_t own_portid, struct ww_watch **ret_watch, struct ww_error *err)
{
    ww_auto_free struct ww_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_auto_mnl struct mnl_socket *socket = NULL;
    int result = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    if (result < 0)
        return result;
    leave_out(socket, own_portid);
    int group = NFNLGRP_NFTABLES;
    if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        return ww_fail(err, -errno, "cannot watch nftables: %s", strerror(errno));
    watch->socket = ww_take(socket);
    watch->own_portid = own_portid;
    *ret_watch = ww_take(watch);
    return 0;
}

void ww_watch_free(struct ww_watch *watch)
{
    if (!watch)
        return;
    mnl_socket_close(watch->socket);
    free(watch);
}

int ww_watch_fd(const struct ww_watch *watch)
{
    return mnl_socket_get_fd(watch->socket);
}

const struct ww_author *ww_watch_author(const struct ww_watch *watch)
{
    return watch->seen ? &watch->author : NULL;
}

struct attrs {
    const struct nlattr *table;
    const struct nlattr *name;
    const struct nlattr *comment;
    bool is_chain;
};

/*
 * Number 1 names the table in every kind of message, number 2 the chain or set of a rule, set or element (NFTA_RULE_…,
 * NFTA_SET_…, NFTA_SET_ELEM_LIST_…); a chain's own name has number 3.
 */
static int take_name_attr(const struct nlattr *attr, void *arg)
{
    struct attrs *a = arg;
    uint16_t type = mnl_attr_get_type(attr);
    if (type == NFTA_TABLE_NAME)
        a->table = attr;
    else if (type == (a->is_chain ? NFTA_CHAIN_NAME : NFTA_RULE_CHAIN))
        a->name = attr;
    else if (a->is_chain && type == NFTA_CHAIN_USERDATA)
        a->comment = attr;
    return MNL_CB_OK;
}

static const char *attr_text(const struct nlattr *attr)
{
    return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr) : NULL;
}

static bool is_table(uint8_t type)
{
    return type == NFT_MSG_NEWTABLE || type == NFT_MSG_DELTABLE;
}

static bool is_chain(uint8_t type)
{
    return type == NFT_MSG_NEWCHAIN || type == NFT_MSG_DELCHAIN;
}

static bool is_ours(const struct nlmsghdr *msg, struct ww_notification *ret_n)
{
    const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(msg);
    uint8_t type = msg->nlmsg_type & 0xff;
    struct attrs a = {.is_chain = is_chain(type)};
    bool family = nfg->nfgen_family == NFPROTO_INET || nfg->nfgen_family == NFPROTO_BRIDGE;
    if (!family || mnl_attr_parse(msg, sizeof(*nfg), take_name_attr, &a) < 0)
        return false;
    const char *table = attr_text(a.table);
    *ret_n = (struct ww_notification){.table = nfg->nfgen_family == NFPROTO_BRIDGE ? WW_BRIDGE : WW_INET,
                                      .type = type,
                                      .name = is_table(type) ? NULL : attr_text(a.name)};
    if (a.comment) {
        ret_n->comment = mnl_attr_get_payload(a.comment);
        ret_n->comment_len = mnl_attr_get_payload_len(a.comment);
    }
    return table && !strcmp(table, WW_TABLE);
}

static int take_author(const struct nlattr *attr, void *arg)
{
    struct ww_author *author = arg;
    switch (mnl_attr_get_type(attr)) {
    case NFTA_GEN_PROC_PID:
        if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
            author->pid = ntohl(mnl_attr_get_u32(attr));
        break;
    case NFTA_GEN_PROC_NAME:
        if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
            strncpy(author->name, mnl_attr_get_str(attr), sizeof(author->name) - 1);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

/* Each commit ends with NEWGEN; its changes come before it with the same portid. */
static void end_of_commit(struct ww_watch *watch, const struct nlmsghdr *msg)
{
    if (!watch->has_pending || msg->nlmsg_pid != watch->pending)
        return;
    struct ww_author author = {.portid = msg->nlmsg_pid};
    mnl_attr_parse(msg, sizeof(struct nfgenmsg), take_author, &author);
    watch->author = author;
    watch->has_pending = false;
}

static int take_notification(struct ww_watch *watch, const struct nlmsghdr *msg, ww_watch_fn fn, void *arg)
{
    struct ww_notification n;
    if (msg->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || msg->nlmsg_pid == watch->own_portid ||
        mnl_nlmsg_get_payload_len(msg) < sizeof(struct nfgenmsg))
        return 0;
    if ((msg->nlmsg_type & 0xff) == NFT_MSG_NEWGEN) {
        end_of_commit(watch, msg);
        return 0;
    }
    if (!is_ours(msg, &n))
        return 0;
    watch->author = (struct ww_author){.portid = msg->nlmsg_pid};
    watch->seen = true;
    watch->pending = msg->nlmsg_pid;
    watch->has_pending = true;
    if (fn)
        fn(&n, arg);
    return 1;
}

int ww_watch_drain(struct ww_watch *watch, ww_watch_fn fn, void *arg, struct ww_error *err)
{
    int count = 0;
    for (;;) {
        ssize_t got = recv(ww_watch_fd(watch), watch->bytes, sizeof(watch->bytes), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return count;
        if (got < 0)
            return ww_fail(err, -errno, "cannot read notifications of nftables: %s", strerror(errno));
        int rest = (int)got;
        for (const struct nlmsghdr *msg = (void *)watch->bytes; mnl_nlmsg_ok(msg, rest);
             msg = mnl_nlmsg_next(msg, &rest))
            count += take_notification(watch, msg, fn, arg);
    }
}
