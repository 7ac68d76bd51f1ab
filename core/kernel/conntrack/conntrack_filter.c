#include "core/kernel/conntrack/conntrack_filter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "core/base/mem.h"

/* The bits of CTA_FILTER_ORIG_FLAGS and CTA_FILTER_REPLY_FLAGS: nf_internals.h, not in any uapi header. */
#define FILTER_IP_SRC (1U << 0)
#define FILTER_PROTO_NUM (1U << 3)
#define FILTER_PROTO_SRC_PORT (1U << 4)
#define FILTER_PROTO_DST_PORT (1U << 5)

/* What a dump costs, in nanoseconds (Linux 6.18; it is only to choose by): walking past a bucket, a flow, telling one.
 */
#define COST_BUCKET 35.0
#define COST_PASS 200.0
#define COST_TELL 1450.0

struct nlmsghdr *ww_ct_ask_family(void *bytes, int family)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = (uint8_t)family;
    nfg->version = NFNETLINK_V0;
    return msg;
}

static void put_flags(struct nlmsghdr *msg, uint16_t which, uint32_t flags)
{
    struct nlattr *nest = mnl_attr_nest_start(msg, CTA_FILTER);
    mnl_attr_put_u32(msg, which, flags);
    mnl_attr_nest_end(msg, nest);
}

struct nlmsghdr *ww_ct_ask_source(void *bytes, const struct ww_addr *addr, bool reply)
{
    struct nlmsghdr *msg = ww_ct_ask_family(bytes, AF_INET);
    struct nlattr *tuple = mnl_attr_nest_start(msg, reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
    struct nlattr *ip = mnl_attr_nest_start(msg, CTA_TUPLE_IP);
    mnl_attr_put(msg, CTA_IP_V4_SRC, ww_addr_size(addr), addr->bytes);
    mnl_attr_nest_end(msg, ip);
    mnl_attr_nest_end(msg, tuple);
    put_flags(msg, reply ? CTA_FILTER_REPLY_FLAGS : CTA_FILTER_ORIG_FLAGS, FILTER_IP_SRC);
    return msg;
}

struct nlmsghdr *ww_ct_ask_port(void *bytes, uint8_t proto, uint16_t port, bool from)
{
    struct nlmsghdr *msg = ww_ct_ask_family(bytes, AF_INET);
    struct nlattr *tuple = mnl_attr_nest_start(msg, CTA_TUPLE_ORIG);
    struct nlattr *nest = mnl_attr_nest_start(msg, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(msg, CTA_PROTO_NUM, proto);
    mnl_attr_put_u16(msg, from ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT, htons(port));
    mnl_attr_nest_end(msg, nest);
    mnl_attr_nest_end(msg, tuple);
    put_flags(msg, CTA_FILTER_ORIG_FLAGS, FILTER_PROTO_NUM | (from ? FILTER_PROTO_SRC_PORT : FILTER_PROTO_DST_PORT));
    return msg;
}

bool ww_ct_can_filter(void)
{
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
        return false;
    return major > 5 || (major == 5 && minor >= 17);
}

bool ww_ct_prefers_filter(const struct ww_ct_load *load)
{
    if (!load->can_filter)
        return false;
    double walk = COST_BUCKET * (double)load->buckets + COST_PASS * (double)load->tracked;
    double v6 = (double)(load->tracked_v6 < load->tracked ? load->tracked_v6 : load->tracked);
    double all = walk + COST_TELL * ((double)load->tracked - (load->needs_v6 ? 0 : v6));
    double filtered = walk * (double)load->questions + (load->needs_v6 ? walk + COST_TELL * v6 : 0);
    return filtered < all;
}

static size_t read_number_file(const char *path, size_t unknown)
{
    ww_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[32] = {0};
    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
        return unknown;
    return strtoul(text, NULL, 10);
}

void ww_ct_measure(struct ww_ct_load *load)
{
    load->buckets = read_number_file("/proc/sys/net/netfilter/nf_conntrack_buckets", 262144);
    load->tracked = read_number_file("/proc/sys/net/netfilter/nf_conntrack_count", 262144);
}
