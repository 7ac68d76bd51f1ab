#include "helper_tracked.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/kernel/conntrack/conntrack_filter.h"
#include "core/kernel/conntrack/tracked.h"
#include "core/kernel/netlink/ask.h"
#include "spec/unit/addr.h"

static void put_ip(struct nlmsghdr *msg, const struct ww_addr *src, const struct ww_addr *dst)
{
    bool v4 = src->family == AF_INET;
    struct nlattr *nest = mnl_attr_nest_start(msg, CTA_TUPLE_IP);
    mnl_attr_put(msg, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, ww_addr_size(src), src->bytes);
    mnl_attr_put(msg, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, ww_addr_size(dst), dst->bytes);
    mnl_attr_nest_end(msg, nest);
}

/* A ping, or (in place of a port) another question by its type and code; answers have the next type. */
static void put_icmp(struct nlmsghdr *msg, const struct ww_tuple *t, bool reply)
{
    bool v4 = t->proto == IPPROTO_ICMP;
    uint16_t question = t->dport | t->sport;
    uint8_t request = question ? (uint8_t)(question >> 8) : v4 ? 8 : 128;
    uint8_t answer = request == 8 ? 0 : (uint8_t)(request + 1);
    mnl_attr_put_u16(msg, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID, htons(77));
    mnl_attr_put_u8(msg, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE, reply ? answer : request);
    mnl_attr_put_u8(msg, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE, 0);
}

static void put_tuple(struct nlmsghdr *msg, uint16_t which, const struct ww_tuple *t)
{
    struct nlattr *tuple = mnl_attr_nest_start(msg, which);
    put_ip(msg, &t->src, &t->dst);
    struct nlattr *nest = mnl_attr_nest_start(msg, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(msg, CTA_PROTO_NUM, t->proto);
    if (t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) {
        put_icmp(msg, t, which == CTA_TUPLE_REPLY);
    } else {
        mnl_attr_put_u16(msg, CTA_PROTO_SRC_PORT, htons(t->sport));
        mnl_attr_put_u16(msg, CTA_PROTO_DST_PORT, htons(t->dport));
    }
    mnl_attr_nest_end(msg, nest);
    mnl_attr_nest_end(msg, tuple);
}

/* Put into bytes, which are zero; answered only when `ack`, or when refused. */
static struct nlmsghdr *put_flow(char *bytes, const struct ww_tuple *orig, const struct ww_tuple *reply,
                                 const struct helper_flow *flow, bool ack)
{
    struct nlmsghdr *msg = ww_ct_ask_family(bytes, orig->src.family);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | (ack ? NLM_F_ACK : 0);
    put_tuple(msg, CTA_TUPLE_ORIG, orig);
    put_tuple(msg, CTA_TUPLE_REPLY, reply);
    mnl_attr_put_u32(msg, CTA_TIMEOUT, htonl(3600));
    mnl_attr_put_u32(msg, CTA_STATUS, htonl(IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED));
    uint8_t label[16] = {[0] = flow->label & 1, [8] = (flow->label & 2) != 0};
    if (flow->zone)
        mnl_attr_put_u16(msg, CTA_ZONE, htons(flow->zone));
    if (flow->label)
        mnl_attr_put(msg, CTA_LABELS, sizeof(label), label);
    return msg;
}

static int track(struct mnl_socket *socket, const struct ww_tuple *orig, const struct ww_tuple *reply,
                 const struct helper_flow *flow)
{
    char bytes[1024] = {0};
    return ww_netlink_ask(socket, put_flow(bytes, orig, reply, flow, true), NULL, NULL);
}

void helper_track(struct mnl_socket *socket, const struct helper_flow *flow)
{
    const char *dst = flow->dst ? flow->dst : flow->orig_dst;
    struct ww_tuple orig = {addr_of(flow->src), addr_of(flow->orig_dst), flow->proto, flow->sport, flow->orig_dport, 0};
    struct ww_tuple reply = {addr_of(dst), orig.src, flow->proto, flow->dst ? flow->dport : flow->orig_dport,
                             flow->sport,  0};
    int result = track(socket, &orig, &reply, flow);
    if (result)
        fail_msg("cannot track %s -> %s: %s", flow->src, flow->orig_dst, strerror(-result));
}

void helper_forget_all(struct mnl_socket *socket)
{
    char bytes[64] = {0};
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    mnl_nlmsg_put_extra_header(msg, sizeof(struct nfgenmsg));
    assert_int_equal(ww_netlink_ask(socket, msg, NULL, NULL), 0);
}

/* Number i of the crowd. */
static struct nlmsghdr *put_one_of_many(char *bytes, unsigned i, bool ack)
{
    struct ww_tuple orig = {addr_of("198.51.100.0"), addr_of("203.0.113.0"), IPPROTO_UDP, 0, 53, 0};
    orig.src.bytes[3] = (uint8_t)(1 + i % 200);
    orig.dst.bytes[3] = (uint8_t)(1 + i / 200 % 250);
    orig.sport = (uint16_t)(1024 + i / 50000);
    struct ww_tuple reply = {orig.dst, orig.src, orig.proto, orig.dport, orig.sport, 0};
    return put_flow(bytes, &orig, &reply, &(struct helper_flow){0}, ack);
}

/* Many in a datagram, of which the last is answered: one by one they take longer than all that is tested with them. */
void helper_track_many(struct mnl_socket *socket, unsigned n)
{
    char bytes[32768], answer[1024];
    for (unsigned i = 0; i < n;) {
        size_t len = 0;
        memset(bytes, 0, sizeof(bytes));
        for (bool last = false; !last; i++) {
            last = i + 1 == n || len > sizeof(bytes) - 2048;
            len += put_one_of_many(bytes + len, i, last)->nlmsg_len;
        }
        assert_int_equal(mnl_socket_sendto(socket, bytes, len), len);
        ssize_t got = mnl_socket_recvfrom(socket, answer, sizeof(answer));
        assert_true(got >= (ssize_t)(sizeof(struct nlmsghdr) + sizeof(int)));
        const int *code = mnl_nlmsg_get_payload((void *)answer);
        assert_int_equal(*code, 0);
    }
}

/* Asked for by its tuple: a dump of a crowded table takes long. */
bool helper_is_tracked(struct mnl_socket *socket, const struct helper_flow *flow)
{
    struct ww_tuple orig = {addr_of(flow->src), addr_of(flow->orig_dst), flow->proto, flow->sport, flow->orig_dport, 0};
    char bytes[1024] = {0};
    struct nlmsghdr *msg = ww_ct_ask_family(bytes, orig.src.family);
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    put_tuple(msg, CTA_TUPLE_ORIG, &orig);
    if (flow->zone)
        mnl_attr_put_u16(msg, CTA_ZONE, htons(flow->zone));
    int rc = ww_netlink_ask(socket, msg, NULL, NULL);
    assert_true(rc == 0 || rc == -ENOENT);
    return rc == 0;
}

int helper_remove_flows(struct ww_conntrack *ct, const struct ww_plan *plan, const struct ww_diff *diff,
                        struct ww_error *err)
{
    struct ww_ct_scan *scan = ww_ct_scan_new(ct);
    assert_non_null(scan);
    int rc = ww_ct_scan_add(scan, diff, NULL, err);
    if (rc == 0)
        rc = ww_ct_scan_go_through(scan, plan, err);
    ww_ct_scan_free(scan);
    return rc;
}

static int count(const struct nlmsghdr *msg, void *arg)
{
    (void)msg;
    ++*(size_t *)arg;
    return 0;
}

size_t helper_count(struct mnl_socket *socket, struct nlmsghdr *question)
{
    size_t n = 0;
    assert_int_equal(ww_netlink_ask(socket, question, count, &n), 0);
    return n;
}
