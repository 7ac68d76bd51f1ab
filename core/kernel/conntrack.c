#include "core/kernel/conntrack.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/kernel/ask.h"
#include "core/kernel/conntrack_filter.h"
#include "core/kernel/conntrack_judge.h"
#include "core/kernel/hostaddr.h"
#include "core/kernel/scope.h"
#include "core/kernel/tracked.h"

#define TRIES 5
#define DELETE_BYTES 16384 /* at once: their acks must fit into the receive buffer */

struct ww_conntrack {
    struct mnl_socket *socket;
    bool can_filter;
    size_t tracked_v6; /* seen in the last whole dump of IPv6 */
};

/* One look: what is searched for, and what was found to be deleted. */
struct look {
    struct ww_case facts;
    struct ww_hostaddr hosts;
    struct ww_scope scope;
    struct ww_buf doomed; /* delete messages, one after the other */
    size_t seen_v6;
    bool proxied; /* the host itself talks to a changed container: its userland proxy may be at work */
};

static void done_look(struct look *look)
{
    ww_hostaddr_done(&look->hosts);
    ww_scope_done(&look->scope);
    ww_buf_done(&look->doomed);
}

int ww_conntrack_new(struct ww_conntrack **ret_ct, struct ww_error *err)
{
    ww_auto_free struct ww_conntrack *ct = calloc(1, sizeof(*ct));
    if (!ct)
        return ww_fail(err, -ENOMEM, "out of memory");
    int result = ww_ask_open(NETLINK_NETFILTER, &ct->socket, err);
    if (result < 0)
        return result;
    ct->can_filter = ww_ct_can_filter();
    *ret_ct = ww_take(ct);
    return 0;
}

void ww_conntrack_free(struct ww_conntrack *ct)
{
    if (!ct)
        return;
    mnl_socket_close(ct->socket);
    free(ct);
}

static int take_flow(const struct nlmsghdr *msg, void *arg)
{
    struct look *look = arg;
    struct ww_tracked tracked;
    char bytes[WW_TRACKED_DELETE_BYTES];
    if (ww_tracked_read(msg, &tracked) < 0)
        return 0;
    look->seen_v6 += tracked.orig.src.family == AF_INET6;
    if (!ww_case_concerns(&look->facts, &tracked))
        return 0;
    if (ww_hostaddr_has(&look->hosts, &tracked.orig.src))
        look->proxied = true;
    if (!ww_case_dooms(&look->facts, &tracked))
        return 0;
    const struct nlmsghdr *doom = ww_tracked_delete(&tracked, bytes, 0);
    ww_buf_add(&look->doomed, doom, doom->nlmsg_len);
    return ww_buf_ok(&look->doomed) ? 0 : -ENOMEM;
}

/* Flows that are told twice are deleted twice; the second time they are not there, which is as good. */
static int ask(struct ww_conntrack *ct, struct nlmsghdr *question, struct look *look)
{
    int result = -EINTR;
    for (int i = 0; i < TRIES && result == -EINTR; i++)
        result = ww_netlink_ask(ct->socket, question, take_flow, look);
    return result;
}

static int ask_family(struct ww_conntrack *ct, int family, struct look *look)
{
    char bytes[WW_CT_QUESTION_BYTES] = {0};
    look->seen_v6 = 0;
    int result = ask(ct, ww_ct_ask_family(bytes, family), look);
    if (!result && family != AF_INET)
        ct->tracked_v6 = look->seen_v6;
    return result;
}

static int ask_sources(struct ww_conntrack *ct, struct look *look)
{
    int result = 0;
    for (size_t i = 0; i < look->scope.n_addrs * 2 && !result; i++) {
        char bytes[WW_CT_QUESTION_BYTES] = {0};
        const struct ww_addr *addr = &look->scope.addrs[i / 2];
        if (addr->family == AF_INET)
            result = ask(ct, ww_ct_ask_source(bytes, addr, i % 2), look);
    }
    return result;
}

/*
 * Flows to a published host port that end at the host go through Docker's userland proxy, which has a flow of its own
 * to the container: where there is none, there is no need to look.
 */
static int ask_ports(struct ww_conntrack *ct, struct look *look)
{
    int result = 0;
    for (size_t i = 0; look->proxied && i < look->scope.n_ports && !result; i++) {
        char bytes[WW_CT_QUESTION_BYTES] = {0};
        const struct ww_scope_port *port = &look->scope.ports[i];
        result = ask(ct, ww_ct_ask_port(bytes, port->proto, port->hport), look);
    }
    return result;
}

static struct ww_ct_load load_of(const struct ww_conntrack *ct, const struct look *look)
{
    struct ww_ct_load load = {.can_filter = ct->can_filter, .tracked_v6 = ct->tracked_v6};
    load.needs_v6 = look->scope.n_ports > 0;
    for (size_t i = 0; i < look->scope.n_addrs; i++) {
        if (look->scope.addrs[i].family == AF_INET)
            load.questions += 2;
        else
            load.needs_v6 = true;
    }
    ww_ct_measure(&load);
    return load;
}

/* Look at the flows of both families in the cheapest way. */
static int find(struct ww_conntrack *ct, struct look *look)
{
    struct ww_ct_load load = load_of(ct, look);
    if (!ww_ct_prefers_filter(&load))
        return ask_family(ct, load.needs_v6 ? AF_UNSPEC : AF_INET, look);
    int result = load.needs_v6 ? ask_family(ct, AF_INET6, look) : 0;
    if (!result)
        result = ask_sources(ct, look);
    return result ? result : ask_ports(ct, look);
}

/* Counts what was deleted; what is not there any more is as good. The first other refusal is kept. */
struct deleting {
    uint32_t seq;
    size_t pending;
    int deleted;
    int refused;
};

static void take_ack(struct deleting *d, const struct nlmsghdr *msg)
{
    if (msg->nlmsg_type != NLMSG_ERROR || msg->nlmsg_seq != d->seq)
        return;
    const struct nlmsgerr *ack = mnl_nlmsg_get_payload(msg);
    d->pending--;
    if (!ack->error)
        d->deleted++;
    else if (ack->error != -ENOENT && !d->refused)
        d->refused = ack->error;
}

static int read_acks(struct ww_conntrack *ct, struct deleting *d)
{
    ww_auto_free char *bytes = malloc(WW_ASK_BYTES);
    if (!bytes)
        return -ENOMEM;
    while (d->pending) {
        ssize_t got = mnl_socket_recvfrom(ct->socket, bytes, WW_ASK_BYTES);
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

static int delete_doomed(struct ww_conntrack *ct, struct ww_buf *doomed, struct ww_error *err)
{
    struct deleting d = {.seq = (uint32_t)ww_clock_mono()};
    for (size_t at = 0; at < doomed->len;) {
        size_t used = take_chunk(doomed->data + at, doomed->len - at, &d);
        if (mnl_socket_sendto(ct->socket, doomed->data + at, used) < 0)
            return ww_fail(err, -errno, "cannot delete tracked flows: %s", strerror(errno));
        int result = read_acks(ct, &d);
        if (result < 0)
            return ww_fail(err, result, "cannot read whether tracked flows were deleted: %s", strerror(-result));
        at += used;
    }
    if (d.refused)
        return ww_fail(err, d.refused, "the kernel refused to delete a tracked flow: %s", strerror(-d.refused));
    return d.deleted;
}

/* Look at the flows of look->scope, which it takes over, and delete those that must go. */
static int cut(struct ww_conntrack *ct, struct look *look, struct ww_error *err)
{
    if (!look->scope.n_addrs && !look->scope.n_ports)
        return 0;
    int result = ww_hostaddr_load(&look->hosts, err);
    if (result < 0)
        return result;
    look->facts.scope = &look->scope;
    look->facts.hosts = &look->hosts;
    result = find(ct, look);
    if (result < 0)
        return ww_fail(err, result, "cannot read the tracked flows: %s", strerror(-result));
    return delete_doomed(ct, &look->doomed, err);
}

int ww_conntrack_cut(struct ww_conntrack *ct, const struct ww_plan *plan, const struct ww_diff *diff,
                     const struct ww_fence_diff *fences, struct ww_error *err)
{
    ww_auto(done_look) struct look look = {.facts = {.plan = plan, .diff = diff}};
    int result = ww_scope_init(&look.scope, diff, fences, err);
    return result < 0 ? result : cut(ct, &look, err);
}

int ww_conntrack_release(struct ww_conntrack *ct, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                         struct ww_error *err)
{
    ww_auto(done_look) struct look look = {.facts = {.all = true}};
    int result = ww_scope_init_handed(&look.scope, diff, fences, err);
    return result < 0 ? result : cut(ct, &look, err);
}
