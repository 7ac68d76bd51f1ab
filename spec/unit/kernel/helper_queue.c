#include "helper_queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 65536

struct queue_slot {
    atomic_uint seen;
    atomic_bool drop;
};

struct listener {
    struct helper_queue *q;
    struct mnl_socket *socket;
};

bool helper_queue_exists(void)
{
    bool has = system("nft 'add table ip probe; add chain ip probe c; add rule ip probe c queue num 1; "
                      "delete table ip probe' 2>/dev/null") == 0;
    if (!has)
        print_message("this kernel has no nfqueue (CONFIG_NFT_QUEUE)\n");
    return has;
}

/* Address family and queue as nfnetlink has them: a struct nfgenmsg behind the header. */
static struct nlmsghdr *put_head(char *bytes, uint16_t type, uint16_t queue)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
    msg->nlmsg_flags = NLM_F_REQUEST;
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = AF_UNSPEC;
    nfg->version = NFNETLINK_V0;
    nfg->res_id = htons(queue);
    return msg;
}

static void bind_queue(struct mnl_socket *socket, uint16_t queue)
{
    char bytes[1024] = {0};
    struct nfqnl_msg_config_cmd cmd = {.command = NFQNL_CFG_CMD_BIND};
    struct nfqnl_msg_config_params params = {.copy_range = 0, .copy_mode = NFQNL_COPY_META};
    struct nlmsghdr *msg = put_head(bytes, NFQNL_MSG_CONFIG, queue);
    msg->nlmsg_flags |= NLM_F_ACK;
    mnl_attr_put(msg, NFQA_CFG_CMD, sizeof(cmd), &cmd);
    mnl_attr_put(msg, NFQA_CFG_PARAMS, sizeof(params), &params);
    assert_true(mnl_socket_sendto(socket, msg, msg->nlmsg_len) > 0);
    ssize_t got = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
    assert_true(got > 0);
    if (mnl_cb_run(bytes, (size_t)got, 0, 0, NULL, NULL) < 0)
        fail_msg("cannot listen at queue %u: %s", queue, strerror(errno));
}

static void give_verdict(struct mnl_socket *socket, uint16_t queue, uint32_t packet, uint32_t verdict)
{
    char bytes[256] = {0};
    struct nfqnl_msg_verdict_hdr head = {.verdict = htonl(verdict), .id = packet};
    struct nlmsghdr *msg = put_head(bytes, NFQNL_MSG_VERDICT, queue);
    mnl_attr_put(msg, NFQA_VERDICT_HDR, sizeof(head), &head);
    mnl_socket_sendto(socket, msg, msg->nlmsg_len);
}

static int take_packet(const struct nlmsghdr *msg, void *arg)
{
    struct listener *l = arg;
    const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(msg);
    uint16_t queue = ntohs(nfg->res_id);
    unsigned i = (unsigned)queue - l->q->first;
    struct nfqnl_msg_packet_hdr head = {0};
    struct nlattr *attr;
    mnl_attr_for_each (attr, msg, sizeof(*nfg))
        if (mnl_attr_get_type(attr) == NFQA_PACKET_HDR)
            memcpy(&head, mnl_attr_get_payload(attr), sizeof(head));
    if (i >= HELPER_QUEUES)
        return MNL_CB_OK;
    atomic_fetch_add(&l->q->slots[i].seen, 1);
    give_verdict(l->socket, queue, head.packet_id, atomic_load(&l->q->slots[i].drop) ? NF_DROP : NF_ACCEPT);
    return MNL_CB_OK;
}

static void listen_on(struct listener *l)
{
    static char bytes[ROOM];
    for (;;) {
        ssize_t got = mnl_socket_recvfrom(l->socket, bytes, sizeof(bytes));
        if (got > 0)
            mnl_cb_run(bytes, (size_t)got, 0, 0, take_packet, l);
    }
}

void helper_queue_open(struct helper_queue *q, uint16_t first)
{
    struct listener l = {q, mnl_socket_open(NETLINK_NETFILTER)};
    assert_non_null(l.socket);
    assert_int_equal(mnl_socket_bind(l.socket, 0, MNL_SOCKET_AUTOPID), 0);
    q->first = first;
    size_t size = HELPER_QUEUES * sizeof(*q->slots);
    q->slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(q->slots != MAP_FAILED);
    for (uint16_t i = 0; i < HELPER_QUEUES; i++)
        bind_queue(l.socket, first + i);
    q->pid = fork();
    assert_true(q->pid >= 0);
    if (q->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        listen_on(&l);
    }
    mnl_socket_close(l.socket);
}

void helper_queue_close(struct helper_queue *q)
{
    kill(q->pid, SIGKILL);
    waitpid(q->pid, NULL, 0);
    munmap(q->slots, HELPER_QUEUES * sizeof(*q->slots));
}

void helper_queue_drop(struct helper_queue *q, unsigned i, bool drop)
{
    atomic_store(&q->slots[i].drop, drop);
}

unsigned helper_queue_count(struct helper_queue *q, unsigned i)
{
    return atomic_exchange(&q->slots[i].seen, 0);
}
