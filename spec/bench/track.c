/*
 * As many tracked flows as are wanted.
 *
 *     wwbench track NETNS ADDRESS COUNT
 *
 * Puts flows of UDP from the IPv4 address to 192.0.2.x into the kernel's table, and prints how many are there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "bench.h"

#define AT_ONCE 100
#define MESSAGE_BYTES 256
#define PORTS 50000 /* that one address sends from */

struct end {
    struct in_addr addr;
    uint16_t port;
};

static void put_tuple(struct nlmsghdr *msg, uint16_t which, const struct end *from, const struct end *to)
{
    struct nlattr *tuple = mnl_attr_nest_start(msg, which);
    struct nlattr *nest = mnl_attr_nest_start(msg, CTA_TUPLE_IP);
    mnl_attr_put(msg, CTA_IP_V4_SRC, sizeof(from->addr), &from->addr);
    mnl_attr_put(msg, CTA_IP_V4_DST, sizeof(to->addr), &to->addr);
    mnl_attr_nest_end(msg, nest);
    nest = mnl_attr_nest_start(msg, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(msg, CTA_PROTO_NUM, IPPROTO_UDP);
    mnl_attr_put_u16(msg, CTA_PROTO_SRC_PORT, htons(from->port));
    mnl_attr_put_u16(msg, CTA_PROTO_DST_PORT, htons(to->port));
    mnl_attr_nest_end(msg, nest);
    mnl_attr_nest_end(msg, tuple);
}

static size_t put_flow(char *bytes, const struct in_addr *own, unsigned i)
{
    struct end from = {*own, (uint16_t)(1024 + i % PORTS)};
    struct end to = {{htonl(0xC0000202 + i / PORTS)}, 53};
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = AF_INET;
    put_tuple(msg, CTA_TUPLE_ORIG, &from, &to);
    put_tuple(msg, CTA_TUPLE_REPLY, &to, &from);
    mnl_attr_put_u32(msg, CTA_TIMEOUT, htonl(600));
    mnl_attr_put_u32(msg, CTA_STATUS, htonl(IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED));
    return MNL_ALIGN(msg->nlmsg_len);
}

static unsigned long count(void)
{
    char text[32] = "";
    FILE *file = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
    if (!file || !fgets(text, sizeof(text), file))
        bench_die("cannot count tracked flows: %s", strerror(errno));
    fclose(file);
    return strtoul(text, NULL, 10);
}

void bench_track(int argc, char *argv[])
{
    static char bytes[AT_ONCE * MESSAGE_BYTES];
    struct in_addr own;
    if (argc != 3 || inet_pton(AF_INET, argv[1], &own) != 1)
        bench_die("usage: wwbench track NETNS ADDRESS COUNT");
    bench_enter(argv[0]);
    struct mnl_socket *socket = batch_socket();
    const unsigned wanted = (unsigned)strtoul(argv[2], NULL, 10);
    for (unsigned i = 0; i < wanted;) {
        size_t len = 0;
        memset(bytes, 0, sizeof(bytes));
        for (unsigned n = 0; n < AT_ONCE && i < wanted; n++, i++)
            len += put_flow(bytes + len, &own, i);
        bench_must((int)mnl_socket_sendto(socket, bytes, len), "cannot track flows");
    }
    printf("%lu\n", count());
}
