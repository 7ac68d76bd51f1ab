#include "core/kernel/bridge/ports.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/kernel/bridge/portmap.h"
#include "core/kernel/bridge/residents.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/hostaddr.h"
#include "core/kernel/netlink/link.h"
#include "core/kernel/netlink/netns.h"

#define READ_TRIES 10
#define ROOM (1024 * 1024)

struct ww_ports {
    struct mnl_socket *news;
    struct mnl_socket *asks;
    struct ww_portmap map;
    struct ww_residents residents;
    char bytes[WW_ASK_BYTES];
};

/*
 * Engines give the container's end its address before they bring it up, and when they do the port's carrier comes: what
 * is read then is kept, whatever the container makes of it later. In this namespace it has no address of its own yet. A
 * far end that is gone, or on its way elsewhere, is not known; the port's next message is the next try.
 */
static int look_at_far_end(struct ww_ports *p, struct ww_port *port, bool carrier)
{
    struct ww_mac mac = {0};
    if (port->final)
        return 0;
    bool told = port->netns >= 0 && ww_link_ask_mac(p->asks, port->netns, port->far_end, &mac) == 0;
    int rc = ww_portmap_set_mac(&p->map, port, &mac);
    port->final = rc == 0 && told && carrier;
    return rc;
}

/* Its other end went elsewhere. The port stays its container's, for the host's end never changes hands; but look again.
 */
static int take_far_end(struct ww_ports *p, struct ww_port *port, const struct ww_link *l)
{
    static const struct ww_mac no_mac;
    if (port->far_end == l->far_end && port->netns == l->netns)
        return 0;
    ww_portmap_set_mac(&p->map, port, &no_mac);
    port->final = false;
    port->far_end = l->far_end;
    if (port->proof > WW_PROOF_BOUND)
        port->proof = WW_PROOF_BOUND;
    return ww_portmap_set_netns(&p->map, port, l->netns);
}

static int take_port(struct ww_ports *p, const struct ww_link *l)
{
    struct ww_port *port = ww_portmap_put_port(&p->map, l->index);
    if (!port)
        return -ENOMEM;
    if (port->bridge != l->master) {
        ww_portmap_clear(&p->map, port);
        port->bridge = l->master;
        port->since = ww_clock_mono();
        port->final = false;
        port->old = false;
    }
    port->round = p->map.round;
    ww_portmap_set_own_mac(&p->map, port, &l->mac);
    int rc = take_far_end(p, port, l);
    return rc < 0 ? rc : look_at_far_end(p, port, l->carrier);
}

static bool kind_is(const char *kind, const char *what)
{
    return kind && !strcmp(kind, what);
}

static int take_bridge(struct ww_ports *p, const struct ww_link *l)
{
    int rc = ww_portmap_put_bridge(&p->map, l->index, l->name);
    if (rc == 0)
        ww_portmap_own_mac(&p->map, l->index, &l->mac);
    return rc;
}

static int take_shared(struct ww_ports *p, uint32_t index, const struct nlmsghdr *msg, const struct ww_addr *addr)
{
    struct ww_addr shared[WW_HOSTADDR_SHARED];
    size_t n = ww_hostaddr_shared(msg, addr, shared);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = ww_portmap_host_shared(&p->map, index, &shared[i], addr, msg->nlmsg_type == RTM_NEWADDR);
    return rc;
}

static int take_own_addr(const struct nlmsghdr *msg, void *arg)
{
    struct ww_ports *p = arg;
    struct ww_addr addr;
    uint32_t index = ww_hostaddr_parse(msg, &addr);
    bool there = msg->nlmsg_type == RTM_NEWADDR;
    int rc = index ? ww_portmap_host_addr(&p->map, index, &addr, there) : 0;
    if (index && rc == 0)
        rc = take_shared(p, index, msg, &addr);
    return index && rc == 0 ? ww_portmap_own_addr(&p->map, index, &addr, there) : rc;
}

/* Bridges tell about their ports in messages of their own family, too: those say nothing new. */
static int take_link(struct ww_ports *p, const struct nlmsghdr *msg)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(msg);
    if (mnl_nlmsg_get_payload_len(msg) < sizeof(*info) || info->ifi_family != AF_UNSPEC)
        return 0;
    struct ww_link l = ww_link_parse(msg);
    if (msg->nlmsg_type == RTM_NEWLINK && l.name && kind_is(l.kind, "bridge"))
        return take_bridge(p, &l);
    if (msg->nlmsg_type == RTM_NEWLINK && l.master && kind_is(l.kind, "veth") && kind_is(l.port_kind, "bridge"))
        return take_port(p, &l);
    ww_portmap_remove_port(&p->map, l.index);
    if (msg->nlmsg_type == RTM_DELLINK)
        ww_portmap_remove_bridge(&p->map, l.index);
    return 0;
}

/* The answers are kept until the dump is over: far ends are asked for through the same socket. */
struct answers {
    char *bytes;
    size_t len;
    size_t cap;
};

static int keep_answer(const struct nlmsghdr *msg, void *arg)
{
    struct answers *a = arg;
    size_t len = MNL_ALIGN(msg->nlmsg_len);
    if (a->cap - a->len < len) {
        size_t cap = 2 * a->cap + len;
        char *bytes = realloc(a->bytes, cap);
        if (!bytes)
            return -ENOMEM;
        a->bytes = bytes;
        a->cap = cap;
    }
    memset(a->bytes + a->len, 0, len);
    memcpy(a->bytes + a->len, msg, msg->nlmsg_len);
    a->len += len;
    return 0;
}

static int take_all(struct ww_ports *p, const char *bytes, size_t len)
{
    int rest = (int)len;
    int rc = 0;
    for (const struct nlmsghdr *msg = (const void *)bytes; rc == 0 && mnl_nlmsg_ok(msg, rest);
         msg = mnl_nlmsg_next(msg, &rest))
        rc = msg->nlmsg_type == RTM_NEWADDR || msg->nlmsg_type == RTM_DELADDR ? take_own_addr(msg, p)
                                                                              : take_link(p, msg);
    return rc;
}

/* The bridges' own addresses: after the bridges, for each is entered at its bridge. */
static int read_own(struct ww_ports *p)
{
    char bytes[WW_HOSTADDR_QUESTION];
    ww_portmap_own_forget(&p->map);
    ww_portmap_host_forget(&p->map);
    return ww_netlink_ask(p->asks, ww_hostaddr_question(bytes), take_own_addr, p);
}

static int read_all(struct ww_ports *p, struct ww_error *err)
{
    int rc = -EINTR;
    for (int i = 0; i < READ_TRIES && rc == -EINTR; i++) {
        char bytes[WW_LINK_QUESTION];
        struct answers answers = {0};
        p->map.round++;
        rc = ww_netlink_ask(p->asks, ww_link_question(bytes, NLM_F_DUMP, 0), keep_answer, &answers);
        if (rc == 0)
            rc = take_all(p, answers.bytes, answers.len);
        free(answers.bytes);
        if (rc == 0)
            rc = read_own(p);
    }
    if (rc < 0)
        return ww_fail(err, rc, "cannot read the ports of bridges: %s", strerror(-rc));
    ww_portmap_remove_old(&p->map);
    return 0;
}

static int open_sockets(struct ww_ports *p, struct ww_error *err)
{
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
    int room = ROOM;
    int rc = ww_ask_open(NETLINK_ROUTE, &p->news, err);
    if (rc == 0)
        rc = ww_ask_open(NETLINK_ROUTE, &p->asks, err);
    if (rc < 0)
        return rc;
    setsockopt(mnl_socket_get_fd(p->news), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (setsockopt(mnl_socket_get_fd(p->news), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(int)) < 0)
            return ww_fail(err, -errno, "cannot listen for changes of network interfaces: %s", strerror(errno));
    return 0;
}

int ww_ports_new(struct ww_ports **ret_ports, struct ww_error *err)
{
    struct ww_ports *p = calloc(1, sizeof(*p));
    if (!p)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = open_sockets(p, err);
    if (rc == 0)
        rc = read_all(p, err);
    if (rc < 0) {
        ww_ports_free(p);
        return rc;
    }
    for (struct ww_bridge *b = p->map.bridges; b; b = b->hh.next)
        b->since = 0; /* it was there before */
    for (struct ww_port *port = p->map.ports; port; port = port->hh.next)
        port->old = true;
    *ret_ports = p;
    return 0;
}

void ww_ports_free(struct ww_ports *p)
{
    if (!p)
        return;
    ww_portmap_done(&p->map);
    ww_residents_done(&p->residents);
    ww_cleanup_mnl(&p->news);
    ww_cleanup_mnl(&p->asks);
    free(p);
}

int ww_ports_fd(const struct ww_ports *p)
{
    return mnl_socket_get_fd(p->news);
}

/*
 * 1 when there may be more to read, 0 when not. Where news were lost, those that are still there are older than what is
 * read anew, and must not come after it: they are thrown away first.
 */
static int drain_once(struct ww_ports *p, bool *lost, struct ww_error *err)
{
    ssize_t got = recv(ww_ports_fd(p), p->bytes, sizeof(p->bytes), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR)
        return 1;
    bool empty = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (empty && !*lost)
        return 0;
    if (got < 0 && !empty && errno != ENOBUFS)
        return ww_fail(err, -errno, "cannot read changes of network interfaces: %s", strerror(errno));
    int rc = empty ? read_all(p, err) : got >= 0 && !*lost ? take_all(p, p->bytes, (size_t)got) : 0;
    *lost = got < 0 ? !empty : *lost;
    return rc < 0 ? rc : 1;
}

int ww_ports_drain(struct ww_ports *p, struct ww_error *err)
{
    p->map.changed = false;
    bool lost = false;
    int rc;
    do
        rc = drain_once(p, &lost, err);
    while (rc > 0);
    return rc < 0 ? rc : p->map.changed;
}

const struct ww_portmap *ww_ports_map(const struct ww_ports *p)
{
    return &p->map;
}

int ww_ports_give(struct ww_ports *p, uint32_t index, const char *id, enum ww_proof proof)
{
    struct ww_port *port = ww_portmap_port(&p->map, index);
    if (!port)
        return -ENODEV;
    port->process = 0;
    return ww_portmap_set_owner(&p->map, port, id, proof);
}

int ww_ports_prove(struct ww_ports *p, uint32_t index, const char *id, int64_t process)
{
    int rc = ww_ports_give(p, index, id, WW_PROOF_PID);
    if (rc == 0)
        ww_portmap_port(&p->map, index)->process = process;
    return rc;
}

int ww_ports_netns(struct ww_ports *p, int64_t pid, int32_t *ret_netns)
{
    return ww_netns_ask(p->asks, pid, ret_netns);
}

/* Numbers of namespaces are given anew as soon as one is gone: before and after, it must be the same one's. */
int ww_ports_leads_to(struct ww_ports *p, uint32_t index, int64_t pid)
{
    int32_t before = -1;
    int32_t after = -1;
    int32_t far_end = -1;
    int rc = ww_netns_ask(p->asks, pid, &before);
    if (rc == 0)
        rc = ww_link_ask_netns(p->asks, index, &far_end);
    if (rc == 0)
        rc = ww_netns_ask(p->asks, pid, &after);
    return rc < 0 ? rc : before >= 0 && before == after && before == far_end;
}

int ww_ports_note_process(struct ww_ports *p, const char *id, int64_t pid)
{
    return ww_residents_put(&p->residents, p->asks, id, pid);
}

const char *ww_ports_resident(struct ww_ports *p, const struct ww_port *port)
{
    const struct ww_resident *r = NULL;
    while (port->netns >= 0 && (r = ww_residents_next(&p->residents, r, port->netns)))
        if (ww_ports_leads_to(p, port->index, r->pid) == 1)
            return r->id;
    return NULL;
}

void ww_ports_mark(struct ww_ports *p, uint32_t index, bool managed)
{
    struct ww_port *port = ww_portmap_port(&p->map, index);
    if (port)
        port->managed = managed;
}

bool ww_ports_own(const struct ww_ports *p, const char *bridge, struct ww_mac *ret_mac,
                  const struct ww_addr **ret_addrs, size_t *ret_n)
{
    const struct ww_bridge *b = ww_portmap_bridge_named(&p->map, bridge);
    if (!b)
        return false;
    *ret_mac = b->mac;
    *ret_addrs = b->own;
    *ret_n = b->n_own;
    return true;
}

bool ww_ports_host_changed(struct ww_ports *p)
{
    bool changed = p->map.hosts_changed;
    p->map.hosts_changed = false;
    return changed;
}

void ww_ports_changed(struct ww_ports *p, void (*fn)(const char *bridge, void *arg), void *arg)
{
    for (struct ww_bridge *b = p->map.bridges; b; b = b->hh.next) {
        bool changed = b->changed;
        b->changed = false;
        if (changed)
            fn(b->name, arg);
    }
}
