#include "core/kernel/wire/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "core/base/mem.h"

#define ANSWER_BYTES 65536

void ww_batch_done(struct ww_batch *b)
{
    free(b->data);
    free(b->tags);
    *b = (struct ww_batch){0};
}

static bool reserve_batch(struct ww_batch *b)
{
    if (b->failed)
        return false;
    if (b->cap - b->len < 2 * (size_t)WW_BATCH_ROOM) {
        size_t cap = 2 * b->cap + 4 * (size_t)WW_BATCH_ROOM;
        char *data = realloc(b->data, cap);
        if (!data)
            return !(b->failed = true);
        b->data = data;
        b->cap = cap;
    }
    if (b->n == b->cap_tags) {
        size_t cap = b->cap_tags ? 2 * b->cap_tags : 64;
        struct ww_batch_tag *tags = reallocarray(b->tags, cap, sizeof(*tags));
        if (!tags)
            return !(b->failed = true);
        b->tags = tags;
        b->cap_tags = cap;
    }
    return true;
}

static struct nlmsghdr *put_header(struct ww_batch *b, uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(b->data + b->len);
    msg->nlmsg_type = type;
    msg->nlmsg_flags = NLM_F_REQUEST | flags;
    msg->nlmsg_seq = (uint32_t)b->n;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = family;
    gen->version = NFNETLINK_V0;
    gen->res_id = htons(res_id);
    return msg;
}

void ww_batch_finish(struct ww_batch *b, const struct nlmsghdr *msg)
{
    b->last = b->len;
    b->len += NLMSG_ALIGN(msg->nlmsg_len);
    b->n++;
}

/* The frame around the messages: BATCH_BEGIN has number 0. */
static bool put_frame(struct ww_batch *b, uint16_t type)
{
    if (!reserve_batch(b))
        return false;
    b->tags[b->n] = (struct ww_batch_tag){0};
    struct nlmsghdr *msg = put_header(b, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    b->len += NLMSG_ALIGN(msg->nlmsg_len);
    b->n++;
    return true;
}

struct nlmsghdr *ww_batch_start(struct ww_batch *b, uint16_t type, uint16_t flags, const char *id, const char *origin)
{
    if (b->n == 0 && !put_frame(b, NFNL_MSG_BATCH_BEGIN))
        return NULL;
    if (!reserve_batch(b))
        return NULL;
    b->tags[b->n] = (struct ww_batch_tag){.id = id, .origin = origin};
    uint8_t family = b->table == WW_BRIDGE ? NFPROTO_BRIDGE : NFPROTO_INET;
    return put_header(b, (NFNL_SUBSYS_NFTABLES << 8) | type, flags, family, 0);
}

/* What the kernel answered so far. */
struct answers {
    uint32_t last; /* number of the message that is always answered */
    bool acked;
    int code;        /* the first failure */
    uint32_t number; /* of the message that failed */
    char text[256];  /* what the kernel says about it (NLMSGERR_ATTR_MSG), "" if nothing */
};

static int take_text(const struct nlattr *attr, void *arg)
{
    struct answers *a = arg;
    if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
        strncpy(a->text, mnl_attr_get_str(attr), sizeof(a->text) - 1);
    return MNL_CB_OK;
}

static void take_batch_answer(struct answers *a, const struct nlmsghdr *msg)
{
    const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);
    if (msg->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(msg) < sizeof(*e))
        return;
    if (e->error == 0) {
        a->acked = a->acked || msg->nlmsg_seq == a->last;
        return;
    }
    if (a->code)
        return;
    a->code = e->error;
    a->number = msg->nlmsg_seq;
    size_t skip = sizeof(*e);
    if (!(msg->nlmsg_flags & NLM_F_CAPPED))
        skip += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
    if (msg->nlmsg_flags & NLM_F_ACK_TLVS)
        mnl_attr_parse(msg, (unsigned)skip, take_text, a);
}

/* All answers are in the socket when sendmsg returns. */
static int read_answers(struct mnl_socket *socket, struct answers *a)
{
    ww_auto_free char *bytes = malloc(ANSWER_BYTES);
    if (!bytes)
        return -ENOMEM;
    for (;;) {
        ssize_t got = recv(mnl_socket_get_fd(socket), bytes, ANSWER_BYTES, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == ENOBUFS))
            continue; /* too many failures at once: the first ones are there */
        if (got <= 0)
            return got < 0 && errno != EAGAIN ? -errno : 0;
        int rest = (int)got;
        for (struct nlmsghdr *msg = (void *)bytes; mnl_nlmsg_ok(msg, rest); msg = mnl_nlmsg_next(msg, &rest))
            take_batch_answer(a, msg);
    }
}

static int send_all(const struct ww_batch *b, struct mnl_socket *socket)
{
    int fd = mnl_socket_get_fd(socket);
    int room = (int)(b->len + WW_BATCH_ROOM);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    /* In a user namespace the usual limit holds. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0 &&
        (errno != EPERM || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) < 0))
        return -errno;
    ssize_t sent;
    do
        sent = sendto(fd, b->data, b->len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static char *copy_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int refuse(const struct ww_batch *b, const struct answers *a, struct ww_refusal *ret_refusal,
                  struct ww_error *err)
{
    struct ww_batch_tag tag = a->number < b->n ? b->tags[a->number] : (struct ww_batch_tag){0};
    if (ret_refusal)
        *ret_refusal = (struct ww_refusal){.id = copy_text(tag.id), .origin = copy_text(tag.origin)};
    return ww_fail(err, a->code, "nf_tables refused the transaction%s%s%s%s: %s%s%s", tag.origin ? " at rule '" : "",
                   tag.origin ? tag.origin : "", tag.origin ? "'" : "", "", strerror(-a->code), a->text[0] ? ": " : "",
                   a->text);
}

/*
 * Only the last message before the end asks for an ack: acks of all would overflow the socket, and kernels before 6.10
 * ignore the flag on the batch's end. A failure of the commit itself is answered before that ack.
 */
int ww_batch_send(struct ww_batch *b, struct mnl_socket *socket, struct ww_refusal *ret_refusal, struct ww_error *err)
{
    if (b->n == 0 && !b->failed)
        return 0;
    size_t last = b->last;
    struct answers a = {.last = (uint32_t)b->n - 1};
    if (b->failed || !put_frame(b, NFNL_MSG_BATCH_END))
        return ww_fail(err, -ENOMEM, "out of memory while putting a transaction together");
    ((struct nlmsghdr *)(b->data + last))->nlmsg_flags |= NLM_F_ACK;
    int rc = send_all(b, socket);
    if (rc < 0)
        return ww_fail(err, rc, "cannot send a transaction of %zu bytes: %s", b->len, strerror(-rc));
    rc = read_answers(socket, &a);
    if (a.code)
        return refuse(b, &a, ret_refusal, err);
    if (rc < 0)
        return ww_fail(err, rc, "cannot read the kernel's answers: %s", strerror(-rc));
    return a.acked ? 0 : ww_fail(err, -EIO, "the kernel did not answer to a transaction of %zu bytes", b->len);
}
