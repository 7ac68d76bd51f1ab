#include "core/kernel/neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "core/kernel/netlink/ask.h"

struct forgetting {
    const struct ww_fence_change *change;
    struct mnl_socket *socket; /* opened for the first address */
    unsigned bridge;           /* its index; 0: it is not there */
    struct ww_error *err;
};

static int forget_neighbour(struct forgetting *f, const struct ww_addr *addr)
{
    char bytes[128] = {0};
    int rc = f->socket ? 0 : ww_ask_open(NETLINK_ROUTE, &f->socket, f->err);
    if (rc < 0 || !addr->family)
        return rc;
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = RTM_DELNEIGH;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ndmsg *nd = mnl_nlmsg_put_extra_header(msg, sizeof(*nd));
    nd->ndm_family = addr->family;
    nd->ndm_ifindex = (int)f->bridge;
    mnl_attr_put(msg, NDA_DST, ww_addr_size(addr), addr->bytes);
    rc = ww_netlink_ask(f->socket, msg, NULL, NULL);
    if (rc == 0 || rc == -ENOENT)
        return 0;
    return ww_fail(f->err, rc, "cannot forget a neighbour on '%s': %s", f->change->to->bridge, strerror(-rc));
}

static int forget_known(const struct ww_known *k, void *arg)
{
    struct forgetting *f = arg;
    const struct ww_known *before = f->change->from ? ww_fence_find(f->change->from, k->container) : NULL;
    bool was_there = before && before->port != WW_PORT_NOWHERE && ww_endpoint_addrs_cmp(&before->addrs, &k->addrs) == 0;
    if (!k->managed || was_there)
        return 0;
    int rc = forget_neighbour(f, &k->addrs.ipv4);
    return rc < 0 ? rc : forget_neighbour(f, &k->addrs.ipv6);
}

int ww_neighbours_forget(const struct ww_fence_diff *fences, struct ww_error *err)
{
    struct forgetting f = {.err = err};
    int rc = 0;
    for (size_t i = 0; i < fences->n && rc == 0; i++) {
        f.change = &fences->changes[i];
        f.bridge = f.change->to ? if_nametoindex(f.change->to->bridge) : 0;
        if (f.bridge)
            rc = ww_fence_each_only(f.change->to, f.change->from, forget_known, &f);
    }
    ww_cleanup_mnl(&f.socket);
    return rc;
}
