#include "core/kernel/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "core/kernel/ask.h"

#define WATCH_BYTES 65536

struct ww_watch {
    struct mnl_socket *socket;
    bool seen;
    struct ww_author author;
    uint32_t pending; /* portid of a foreign change whose NEWGEN, which names the author, is still to come */
    bool has_pending;
    _Alignas(struct nlmsghdr) char bytes[WATCH_BYTES];
};

int ww_watch_new(struct ww_watch **ret_watch, struct ww_error *err)
{
    ww_auto_free struct ww_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_auto_mnl struct mnl_socket *socket = NULL;
    int result = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    if (result < 0)
        return result;
    int group = NFNLGRP_NFTABLES;
    if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        return ww_fail(err, -errno, "cannot watch nftables: %s", strerror(errno));
    watch->socket = ww_take(socket);
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

/* The attribute that names the table is number 1 in every kind of message (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, …). */
static int take_table(const struct nlattr *attr, void *arg)
{
    const char **name = arg;
    if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
        *name = mnl_attr_get_str(attr);
    return MNL_CB_OK;
}

static bool is_ours(const struct nlmsghdr *msg)
{
    const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(msg);
    const char *table = NULL;
    bool family = nfg->nfgen_family == NFPROTO_INET || nfg->nfgen_family == NFPROTO_BRIDGE;
    if (!family || mnl_attr_parse(msg, sizeof(*nfg), take_table, &table) < 0)
        return false;
    return table && !strcmp(table, "whalewall");
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

static int take_notification(struct ww_watch *watch, const struct nlmsghdr *msg, uint32_t own_portid)
{
    if (msg->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || msg->nlmsg_pid == own_portid ||
        mnl_nlmsg_get_payload_len(msg) < sizeof(struct nfgenmsg))
        return 0;
    if ((msg->nlmsg_type & 0xff) == NFT_MSG_NEWGEN) {
        end_of_commit(watch, msg);
        return 0;
    }
    if (!is_ours(msg))
        return 0;
    watch->author = (struct ww_author){.portid = msg->nlmsg_pid};
    watch->seen = true;
    watch->pending = msg->nlmsg_pid;
    watch->has_pending = true;
    return 1;
}

int ww_watch_drain(struct ww_watch *watch, uint32_t own_portid, struct ww_error *err)
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
            count += take_notification(watch, msg, own_portid);
    }
}
