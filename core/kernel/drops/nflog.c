#include "core/kernel/drops/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "core/kernel/base_ruleset/reason.h"
#include "core/kernel/drops/packet.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/attrs.h"

#define NFLOG_BYTES 65536
#define QUESTION_BYTES 256
#define SNAP 128     /* of a packet: enough for the headers of all but the strangest */
#define FLUSH_CS 10  /* hundredths of a second that the kernel gathers reports */
#define DRAIN_MAX 64 /* datagrams at once: other work waits meanwhile */

struct ww_nflog {
    struct mnl_socket *socket;
    _Alignas(struct nlmsghdr) char bytes[NFLOG_BYTES];
};

static struct nlmsghdr *nflog_question(char *bytes, uint16_t group)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = AF_UNSPEC;
    gen->version = NFNETLINK_V0;
    gen->res_id = htons(group);
    return msg;
}

/* One question: the kernel sets the mode of an instance only after the bind has made it. */
static int bind_group(struct mnl_socket *socket, uint16_t group, struct nfulnl_msg_config_mode mode)
{
    char bytes[QUESTION_BYTES];
    struct nfulnl_msg_config_cmd cmd = {.command = NFULNL_CFG_CMD_BIND};
    struct nlmsghdr *msg = nflog_question(bytes, group);
    mnl_attr_put(msg, NFULA_CFG_CMD, sizeof(cmd), &cmd);
    mnl_attr_put(msg, NFULA_CFG_MODE, sizeof(mode), &mode);
    mnl_attr_put_u32(msg, NFULA_CFG_TIMEOUT, htonl(FLUSH_CS));
    return ww_netlink_ask(socket, msg, NULL, NULL);
}

static int take_group(uint16_t group, struct nfulnl_msg_config_mode mode, struct mnl_socket **ret_socket,
                      struct ww_error *err)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    int rc = ww_ask_open(NETLINK_NETFILTER, &socket, err);
    if (rc < 0)
        return rc;
    rc = bind_group(socket, group, mode);
    if (rc == -EBUSY || rc == -EPERM) /* the latter when it is another socket's; rights were checked before */
        return ww_fail(err, -EBUSY, "another program listens to NFLOG group %u", group);
    if (rc == -EINVAL || rc == -EOPNOTSUPP)
        return ww_fail(err, -EOPNOTSUPP, "the kernel has no NFLOG: load the module nfnetlink_log");
    if (rc < 0)
        return ww_fail(err, rc, "cannot listen to NFLOG group %u: %s", group, strerror(-rc));
    *ret_socket = ww_take(socket);
    return 0;
}

/* Without nf_conntrack_netlink the reports do not tell the original destination of a packet. */
static void ask_for_flows(struct mnl_socket *socket, uint16_t group)
{
    char bytes[QUESTION_BYTES];
    struct nlmsghdr *msg = nflog_question(bytes, group);
    mnl_attr_put_u16(msg, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_CONNTRACK));
    (void)ww_netlink_ask(socket, msg, NULL, NULL);
}

int ww_nflog_new(uint16_t group, struct ww_nflog **ret_nflog, struct ww_error *err)
{
    struct nfulnl_msg_config_mode mode = {.copy_range = htonl(SNAP), .copy_mode = NFULNL_COPY_PACKET};
    ww_auto_free struct ww_nflog *nflog = calloc(1, sizeof(*nflog));
    if (!nflog)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = take_group(group, mode, &nflog->socket, err);
    if (rc < 0)
        return rc;
    ask_for_flows(nflog->socket, group);
    *ret_nflog = ww_take(nflog);
    return 0;
}

int ww_nflog_hold(uint16_t group, struct mnl_socket **ret_socket, struct ww_error *err)
{
    struct nfulnl_msg_config_mode mode = {.copy_mode = NFULNL_COPY_NONE};
    return take_group(group, mode, ret_socket, err);
}

void ww_nflog_free(struct ww_nflog *nflog)
{
    if (!nflog)
        return;
    mnl_socket_close(nflog->socket);
    free(nflog);
}

int ww_nflog_fd(const struct ww_nflog *nflog)
{
    return mnl_socket_get_fd(nflog->socket);
}

/* Of an attribute the length is checked where it is read. */
static uint32_t be32(const struct nlattr *attr)
{
    return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint32_t) ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static bool take_prefix(const struct nlattr *attr, struct ww_drop *drop)
{
    if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
        return false;
    const char *prefix = mnl_attr_get_str(attr);
    drop->audited = !strncmp(prefix, WW_AUDIT_PREFIX, strlen(WW_AUDIT_PREFIX));
    if (!drop->audited && strncmp(prefix, WW_REASON_PREFIX, strlen(WW_REASON_PREFIX)) != 0)
        return false;
    prefix += strlen(drop->audited ? WW_AUDIT_PREFIX : WW_REASON_PREFIX);
    drop->sender = !strcmp(prefix, WW_NAME_SENDER);
    if (drop->sender || !strcmp(prefix, WW_NAME_RECEIVER))
        prefix = ww_drop_reason_name(WW_REASON_CHAIN);
    for (int reason = 0; reason < WW_REASONS; reason++) {
        drop->reason = (enum ww_drop_reason)reason;
        if (!strcmp(prefix, ww_drop_reason_name(drop->reason)))
            return true;
    }
    return false;
}

static void take_mac(const struct nlattr *attr, struct ww_drop *drop)
{
    struct nfulnl_msg_packet_hw hw;
    if (!attr || mnl_attr_get_payload_len(attr) < sizeof(hw))
        return;
    memcpy(&hw, mnl_attr_get_payload(attr), sizeof(hw));
    if (ntohs(hw.hw_addrlen) == sizeof(drop->mac.bytes))
        memcpy(drop->mac.bytes, hw.hw_addr, sizeof(drop->mac.bytes));
}

static bool take_report(const struct nlmsghdr *msg, struct ww_drop *drop)
{
    struct ww_attrs a;
    if (msg->nlmsg_type != ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET) ||
        mnl_nlmsg_get_payload_len(msg) < sizeof(struct nfgenmsg) || ww_attrs_parse(msg, &a) < 0 ||
        !take_prefix(a.by_type[NFULA_PREFIX], drop))
        return false;
    const struct nfgenmsg *gen = mnl_nlmsg_get_payload(msg);
    if (gen->nfgen_family == NFPROTO_BRIDGE)
        drop->bridge_port =
            be32(a.by_type[drop->reason == WW_REASON_BRIDGE ? NFULA_IFINDEX_PHYSOUTDEV : NFULA_IFINDEX_PHYSINDEV]);
    drop->in = be32(a.by_type[NFULA_IFINDEX_INDEV]);
    drop->out = be32(a.by_type[NFULA_IFINDEX_OUTDEV]);
    take_mac(a.by_type[NFULA_HWADDR], drop);
    if (a.by_type[NFULA_CT_INFO] && be32(a.by_type[NFULA_CT_INFO]) < IP_CT_IS_REPLY)
        ww_nflog_take_orig_dst(a.by_type[NFULA_CT], drop);
    const struct nlattr *payload = a.by_type[NFULA_PAYLOAD];
    if (payload)
        ww_packet_read(mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload), drop);
    return true;
}

/* mnl_nlmsg_ok takes a length above INT_MAX for a negative one, which fits always. */
static bool is_whole(const struct nlmsghdr *msg, int rest)
{
    return mnl_nlmsg_ok(msg, rest) && msg->nlmsg_len <= (uint32_t)rest;
}

int ww_nflog_decode(const void *bytes, size_t len, ww_drop_fn fn, void *arg)
{
    int n = 0;
    int rest = (int)len;
    for (const struct nlmsghdr *msg = bytes; is_whole(msg, rest); msg = mnl_nlmsg_next(msg, &rest)) {
        struct ww_drop drop = {0};
        if (!take_report(msg, &drop))
            continue;
        fn(&drop, arg);
        n++;
    }
    return n;
}

int ww_nflog_drain(struct ww_nflog *nflog, ww_drop_fn fn, void *arg, struct ww_error *err)
{
    int n = 0;
    bool lost = false;
    for (int i = 0; i < DRAIN_MAX; i++) {
        ssize_t got = recv(ww_nflog_fd(nflog), nflog->bytes, sizeof(nflog->bytes), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == ENOBUFS) {
            lost = true;
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (got < 0)
            return ww_fail(err, -errno, "cannot read reports of dropped packets: %s", strerror(errno));
        n += ww_nflog_decode(nflog->bytes, (size_t)got, fn, arg);
    }
    return lost ? ww_fail(err, -ENOBUFS, "the kernel had more reports of dropped packets than room for them") : n;
}
