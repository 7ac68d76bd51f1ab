#include "core/kernel/netlink/ask.h"

#include <errno.h>
#include <string.h>

#include "core/base/clock.h"

int ww_ask_open(int family, struct mnl_socket **ret_socket, struct ww_error *err)
{
    struct mnl_socket *socket = mnl_socket_open2(family, SOCK_CLOEXEC);
    if (!socket)
        return ww_fail(err, -errno, "cannot open a netlink socket of family %d: %s", family, strerror(errno));
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int code = -errno;
        mnl_socket_close(socket);
        return ww_fail(err, code, "cannot bind a netlink socket: %s", strerror(-code));
    }
    *ret_socket = socket;
    return 0;
}

static void end_with(struct ww_asking *a, const struct nlmsghdr *msg)
{
    const int *code = mnl_nlmsg_get_payload(msg);
    a->done = true;
    if (mnl_nlmsg_get_payload_len(msg) >= sizeof(*code) && *code && !a->result)
        a->result = *code < 0 ? *code : -*code;
}

static void take_answer(struct ww_asking *a, const struct nlmsghdr *msg)
{
    if (msg->nlmsg_seq != a->seq)
        return; /* the rest of an earlier question */
    if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
        a->interrupted = true;
    if (msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR)
        end_with(a, msg);
    else if (msg->nlmsg_type >= NLMSG_MIN_TYPE && a->fn && !a->result)
        a->result = a->fn(msg, a->arg);
}

int ww_ask_begin(struct mnl_socket *socket, struct nlmsghdr *question, ww_ask_fn fn, void *arg,
                 struct ww_asking *ret_asking)
{
    struct ww_asking a = {.seq = (uint32_t)ww_clock_mono(), .fn = fn, .arg = arg};
    question->nlmsg_seq = a.seq;
    if (mnl_socket_sendto(socket, question, question->nlmsg_len) < 0)
        return -errno;
    *ret_asking = a;
    return 0;
}

/* Also after a failure all is read to the end: the kernel refuses a second dump while one is under way. */
int ww_ask_more(struct mnl_socket *socket, char *bytes, struct ww_asking *a)
{
    ssize_t got = mnl_socket_recvfrom(socket, bytes, WW_ASK_BYTES);
    if (got < 0 && errno == EINTR)
        return 1;
    if (got < 0)
        return errno == ENOBUFS || errno == ENOSPC ? -EINTR : -errno;
    int rest = (int)got;
    for (const struct nlmsghdr *msg = (void *)bytes; mnl_nlmsg_ok(msg, rest); msg = mnl_nlmsg_next(msg, &rest))
        take_answer(a, msg);
    if (!a->done)
        return 1;
    if (a->result)
        return a->result;
    return a->interrupted ? -EINTR : 0;
}

int ww_netlink_ask(struct mnl_socket *socket, struct nlmsghdr *question, ww_ask_fn fn, void *arg)
{
    ww_auto_free char *bytes = malloc(WW_ASK_BYTES);
    struct ww_asking a = {0};
    if (!bytes)
        return -ENOMEM;
    int rc = ww_ask_begin(socket, question, fn, arg, &a);
    if (rc < 0)
        return rc;
    do
        rc = ww_ask_more(socket, bytes, &a);
    while (rc > 0);
    return rc;
}
