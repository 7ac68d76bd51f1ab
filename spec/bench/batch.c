#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "bench.h"

#define ROOM (128 * 1024)
#define ANSWER_BYTES (64 * 1024)

struct mnl_socket *batch_socket(void)
{
    int room = 4 * 1024 * 1024;
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        bench_die("cannot open a netlink socket: %s", strerror(errno));
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    return socket;
}

static void reserve(struct batch *b)
{
    if (b->cap - b->len >= ROOM)
        return;
    b->cap = 2 * b->cap + 2 * ROOM;
    b->data = realloc(b->data, b->cap);
    if (!b->data)
        bench_die("out of memory");
}

static void put_frame(struct batch *b, uint16_t type)
{
    reserve(b);
    struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(b->data + b->len, type, AF_UNSPEC, 0, b->n++);
    struct nfgenmsg *gen = mnl_nlmsg_get_payload(msg);
    msg->nlmsg_type = type;
    gen->res_id = NFNL_SUBSYS_NFTABLES << 8; /* network byte order */
    b->len += NLMSG_ALIGN(msg->nlmsg_len);
}

struct nlmsghdr *batch_start(struct batch *b, uint16_t type, uint16_t flags, uint8_t family)
{
    if (b->n == 0)
        put_frame(b, NFNL_MSG_BATCH_BEGIN);
    reserve(b);
    return nftnl_nlmsg_build_hdr(b->data + b->len, type, family, flags, b->n);
}

void batch_finish(struct batch *b, const struct nlmsghdr *msg)
{
    b->last = b->len;
    b->len += NLMSG_ALIGN(msg->nlmsg_len);
    b->n++;
}

/* The kernel has answered when send returns: the first failure, or the ack of the last message. */
static void take_answers(struct mnl_socket *socket, uint32_t last)
{
    static char bytes[ANSWER_BYTES];
    for (;;) {
        ssize_t got = recv(mnl_socket_get_fd(socket), bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got <= 0)
            bench_die("no answer to a transaction: %s", strerror(errno));
        int rest = (int)got;
        for (struct nlmsghdr *msg = (void *)bytes; mnl_nlmsg_ok(msg, rest); msg = mnl_nlmsg_next(msg, &rest)) {
            const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);
            if (msg->nlmsg_type != NLMSG_ERROR)
                continue;
            if (e->error)
                bench_die("message %u (type %u) of a transaction of %u is refused: %s", msg->nlmsg_seq,
                          e->msg.nlmsg_type & 0xffu, last, strerror(-e->error));
            if (msg->nlmsg_seq == last)
                return;
        }
    }
}

int64_t batch_send(struct batch *b, struct mnl_socket *socket)
{
    if (!b->n)
        return 0;
    uint32_t last = b->n - 1;
    size_t at = b->last;
    put_frame(b, NFNL_MSG_BATCH_END);
    ((struct nlmsghdr *)(b->data + at))->nlmsg_flags |= NLM_F_ACK;
    int room = (int)b->len + ROOM;
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int fd = mnl_socket_get_fd(socket);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    int64_t start = bench_now();
    bench_must((int)sendto(fd, b->data, b->len, 0, (struct sockaddr *)&kernel, sizeof(kernel)), "send a transaction");
    take_answers(socket, last);
    int64_t took = bench_now() - start;
    b->len = b->n = 0;
    return took;
}

int batch_ask(struct mnl_socket *socket, struct nlmsghdr *msg, mnl_cb_t fn, void *arg)
{
    static char bytes[ANSWER_BYTES];
    bench_must((int)mnl_socket_sendto(socket, msg, msg->nlmsg_len), "ask the kernel");
    for (;;) {
        ssize_t got = bench_must((int)mnl_socket_recvfrom(socket, bytes, sizeof(bytes)), "read the kernel's answer");
        int rc = mnl_cb_run(bytes, (size_t)got, msg->nlmsg_seq, mnl_socket_get_portid(socket), fn, arg);
        if (rc <= MNL_CB_STOP)
            return rc < 0 ? -errno : 0;
    }
}
