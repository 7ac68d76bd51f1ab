/* The stage of a scan that deletes flows. */
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/kernel/conntrack/ct_scan_internal.h"
#include "core/kernel/netlink/ask.h"

#define DELETE_BYTES 16384 /* at once: their acks must fit into the receive buffer */

/* What is not there any more is as good as deleted. The first other refusal is kept. */
struct deleting {
    struct ww_ct_scan *scan;
    uint32_t seq;
    size_t pending;
};

static void take_ack(struct deleting *d, const struct nlmsghdr *msg)
{
    if (msg->nlmsg_type != NLMSG_ERROR || msg->nlmsg_seq != d->seq)
        return;
    const struct nlmsgerr *ack = mnl_nlmsg_get_payload(msg);
    d->pending--;
    if (!ack->error)
        d->scan->deleted++;
    else if (ack->error != -ENOENT && !d->scan->refused)
        d->scan->refused = ack->error;
}

static int read_acks(struct mnl_socket *socket, struct deleting *d)
{
    ww_auto_free char *bytes = malloc(WW_ASK_BYTES);
    if (!bytes)
        return -ENOMEM;
    while (d->pending) {
        ssize_t got = mnl_socket_recvfrom(socket, bytes, WW_ASK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        int rest = (int)got;
        for (const struct nlmsghdr *msg = (void *)bytes; mnl_nlmsg_ok(msg, rest); msg = mnl_nlmsg_next(msg, &rest))
            take_ack(d, msg);
    }
    return 0;
}

/* How many bytes of whole messages fit into one send; numbers them on the way. */
static size_t take_chunk(char *messages, size_t len, struct deleting *d)
{
    size_t used = 0;
    d->seq++;
    d->pending = 0;
    while (used < len) {
        struct nlmsghdr *msg = (void *)(messages + used);
        if (used + msg->nlmsg_len > DELETE_BYTES)
            break;
        msg->nlmsg_seq = d->seq;
        used += msg->nlmsg_len;
        d->pending++;
    }
    return used;
}

int ww_ct_scan_delete(struct ww_ct_scan *scan, struct ww_error *err)
{
    struct mnl_socket *socket = scan->ct->deletes;
    struct ww_buf *doomed = &scan->doomed;
    struct deleting d = {.scan = scan, .seq = (uint32_t)ww_clock_mono()};
    for (size_t at = 0; at < doomed->len;) {
        size_t used = take_chunk(doomed->data + at, doomed->len - at, &d);
        if (mnl_socket_sendto(socket, doomed->data + at, used) < 0)
            return ww_fail(err, -errno, "cannot delete tracked flows: %s", strerror(errno));
        int result = read_acks(socket, &d);
        if (result < 0)
            return ww_fail(err, result, "cannot read whether tracked flows were deleted: %s", strerror(-result));
        at += used;
    }
    ww_buf_reset(doomed);
    return 0;
}
