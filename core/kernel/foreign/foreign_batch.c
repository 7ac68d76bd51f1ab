#include "core/kernel/foreign/foreign_batch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/kernel/netlink/ask.h"

#define MESSAGE_BYTES 1024 /* two names of at most 255 bytes each, and a handle */

static struct nlmsghdr *put_header(struct ww_foreign_batch *batch, void *bytes, int type, int family, int res_id)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (uint16_t)type;
    msg->nlmsg_flags = NLM_F_REQUEST;
    msg->nlmsg_seq = ++batch->seq;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = (uint8_t)family;
    nfg->version = NFNETLINK_V0;
    nfg->res_id = htons((uint16_t)res_id);
    return msg;
}

static int add_message(struct ww_foreign_batch *batch, const struct nlmsghdr *msg)
{
    batch->last = batch->messages.len;
    ww_buf_add(&batch->messages, msg, msg->nlmsg_len);
    return ww_buf_ok(&batch->messages) ? 0 : -ENOMEM;
}

static void add_mark(struct ww_foreign_batch *batch, int type)
{
    char bytes[64] = {0};
    const struct nlmsghdr *msg = put_header(batch, bytes, type, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    ww_buf_add(&batch->messages, msg, msg->nlmsg_len);
}

void ww_foreign_batch_begin(struct ww_foreign_batch *batch)
{
    ww_buf_reset(&batch->messages);
    batch->seq = batch->first = (uint32_t)ww_clock_mono();
    batch->objects = 0;
    add_mark(batch, NFNL_MSG_BATCH_BEGIN);
}

void ww_foreign_batch_done(struct ww_foreign_batch *batch)
{
    ww_buf_done(&batch->messages);
}

/* A deletion that names its table and, in attribute `which`, one thing in it. handle 0: no handle. */
static int add_deletion(struct ww_foreign_batch *batch, int type, const char *table, uint16_t which, const char *name,
                        uint64_t handle)
{
    char bytes[MESSAGE_BYTES] = {0};
    struct nlmsghdr *msg = put_header(batch, bytes, (NFNL_SUBSYS_NFTABLES << 8) | type, NFPROTO_IPV4, 0);
    if (!mnl_attr_put_strz_check(msg, sizeof(bytes), NFTA_TABLE_NAME, table) ||
        !mnl_attr_put_strz_check(msg, sizeof(bytes), which, name))
        return -ENAMETOOLONG;
    if (handle)
        mnl_attr_put_u64(msg, NFTA_RULE_HANDLE, htobe64(handle));
    return add_message(batch, msg);
}

int ww_foreign_batch_rule(struct ww_foreign_batch *batch, const char *table, const char *chain, uint64_t handle)
{
    batch->objects++;
    return add_deletion(batch, NFT_MSG_DELRULE, table, NFTA_RULE_CHAIN, chain, handle);
}

int ww_foreign_batch_flush(struct ww_foreign_batch *batch, const char *table, const char *chain)
{
    return add_deletion(batch, NFT_MSG_DELRULE, table, NFTA_RULE_CHAIN, chain, 0);
}

/* The elements go first: kernels before 6.4 count the chains in them as used until the set's own end. */
int ww_foreign_batch_set(struct ww_foreign_batch *batch, const char *table, const char *set)
{
    batch->objects++;
    int result = add_deletion(batch, NFT_MSG_DELSETELEM, table, NFTA_SET_ELEM_LIST_SET, set, 0);
    return result ? result : add_deletion(batch, NFT_MSG_DELSET, table, NFTA_SET_NAME, set, 0);
}

int ww_foreign_batch_chain(struct ww_foreign_batch *batch, const char *table, const char *chain)
{
    batch->objects++;
    return add_deletion(batch, NFT_MSG_DELCHAIN, table, NFTA_CHAIN_NAME, chain, 0);
}

/* The whole batch is one datagram; the default limit of a socket's buffer is 208 KiB. */
static void widen(struct mnl_socket *socket, size_t len)
{
    int bytes = (int)len * 2;
    if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* Errors come first, in the order of the messages; the last message's ack ends them. */
static int read_acks(const struct ww_foreign_batch *batch, uint32_t end, struct mnl_socket *socket)
{
    ww_auto_free char *bytes = malloc(WW_ASK_BYTES);
    int refused = 0;
    if (!bytes)
        return -ENOMEM;
    for (;;) {
        ssize_t got = mnl_socket_recvfrom(socket, bytes, WW_ASK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        int rest = (int)got;
        for (const struct nlmsghdr *msg = (void *)bytes; mnl_nlmsg_ok(msg, rest); msg = mnl_nlmsg_next(msg, &rest)) {
            const struct nlmsgerr *ack = mnl_nlmsg_get_payload(msg);
            if (msg->nlmsg_type != NLMSG_ERROR || msg->nlmsg_seq - batch->first > end - batch->first)
                continue;
            if (ack->error && !refused)
                refused = ack->error;
            /* An error about the first one is about all; kernels after 6.10 may also send an ack for it, unasked. */
            if (msg->nlmsg_seq == end || (msg->nlmsg_seq == batch->first + 1 && ack->error))
                return refused;
        }
    }
}

int ww_foreign_batch_send(struct ww_foreign_batch *batch, struct mnl_socket *socket)
{
    uint32_t end = batch->seq;
    struct nlmsghdr *last = (void *)(batch->messages.data + batch->last);
    last->nlmsg_flags |= NLM_F_ACK; /* not on the end mark, which kernels before 6.10 do not acknowledge */
    add_mark(batch, NFNL_MSG_BATCH_END);
    if (!ww_buf_ok(&batch->messages))
        return -ENOMEM;
    widen(socket, batch->messages.len);
    if (mnl_socket_sendto(socket, batch->messages.data, batch->messages.len) < 0)
        return -errno;
    return read_acks(batch, end, socket);
}
