#include "core/kernel/netlink/hostaddr.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/netlink/ask.h"

#define TRIES 5

/* IFA_LOCAL is the host's own address where the link is point-to-point and IFA_ADDRESS is the peer's. */
static int take_addr_attr(const struct nlattr *attr, void *arg)
{
    const struct nlattr **found = arg;
    int type = mnl_attr_get_type(attr);
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !*found))
        *found = attr;
    return MNL_CB_OK;
}

uint32_t ww_hostaddr_parse(const struct nlmsghdr *msg, struct ww_addr *ret_addr)
{
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
    const struct nlattr *found = NULL;
    if (mnl_nlmsg_get_payload_len(msg) < sizeof(*ifa))
        return 0;
    struct ww_addr addr = {.family = ifa->ifa_family};
    if (!ww_addr_size(&addr) || mnl_attr_parse(msg, sizeof(*ifa), take_addr_attr, &found) < 0 || !found ||
        mnl_attr_get_payload_len(found) != ww_addr_size(&addr))
        return 0;
    memcpy(addr.bytes, mnl_attr_get_payload(found), ww_addr_size(&addr));
    *ret_addr = addr;
    return ifa->ifa_index;
}

static int take_broadcast(const struct nlattr *attr, void *arg)
{
    struct ww_addr *broadcast = arg;
    if (mnl_attr_get_type(attr) == IFA_BROADCAST && mnl_attr_get_payload_len(attr) == 4) {
        broadcast->family = AF_INET;
        memcpy(broadcast->bytes, mnl_attr_get_payload(attr), 4);
    }
    return MNL_CB_OK;
}

/* The first address of the subnet, or the last. */
static struct ww_addr end_of_subnet(const struct ww_addr *addr, uint8_t prefix, bool last)
{
    struct ww_addr end = *addr;
    for (size_t bit = prefix; bit < 8 * ww_addr_size(addr); bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        end.bytes[bit / 8] = (uint8_t)(last ? end.bytes[bit / 8] | mask : end.bytes[bit / 8] & ~mask);
    }
    return end;
}

size_t ww_hostaddr_shared(const struct nlmsghdr *msg, const struct ww_addr *addr,
                          struct ww_addr ret_shared[static WW_HOSTADDR_SHARED])
{
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
    struct ww_addr broadcast = {0};
    size_t n = 0;
    if (ifa->ifa_prefixlen + 1U < 8 * ww_addr_size(addr))
        ret_shared[n++] = end_of_subnet(addr, ifa->ifa_prefixlen, false);
    if (n && addr->family == AF_INET)
        ret_shared[n++] = end_of_subnet(addr, ifa->ifa_prefixlen, true);
    if (addr->family == AF_INET && mnl_attr_parse(msg, sizeof(*ifa), take_broadcast, &broadcast) >= 0 &&
        broadcast.family)
        ret_shared[n++] = broadcast;
    return n;
}

struct nlmsghdr *ww_hostaddr_question(char bytes[static WW_HOSTADDR_QUESTION])
{
    memset(bytes, 0, WW_HOSTADDR_QUESTION);
    struct nlmsghdr *question = mnl_nlmsg_put_header(bytes);
    question->nlmsg_type = RTM_GETADDR;
    question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(question, sizeof(struct ifaddrmsg));
    return question;
}

static int add_addrs(struct ww_hostaddrs *to, const struct ww_addr *addrs, size_t n)
{
    struct ww_addr *grown = n ? reallocarray(to->addrs, to->n + n, sizeof(*grown)) : to->addrs;
    if (n && !grown)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        grown[to->n + i] = addrs[i];
    to->addrs = grown;
    to->n += n;
    return 0;
}

static int take_addr(const struct nlmsghdr *msg, void *arg)
{
    struct ww_hostaddr *hosts = arg;
    struct ww_addr shared[WW_HOSTADDR_SHARED];
    struct ww_addr addr;
    if (msg->nlmsg_type != RTM_NEWADDR || !ww_hostaddr_parse(msg, &addr))
        return 0;
    int rc = add_addrs(&hosts->own, &addr, 1);
    return rc < 0 ? rc : add_addrs(&hosts->shared, shared, ww_hostaddr_shared(msg, &addr, shared));
}

static int compare_addrs(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static void sort(struct ww_hostaddrs *list)
{
    if (list->n)
        qsort(list->addrs, list->n, sizeof(*list->addrs), compare_addrs);
}

static bool has(const struct ww_hostaddrs *list, const struct ww_addr *addr)
{
    return list->n && bsearch(addr, list->addrs, list->n, sizeof(*list->addrs), compare_addrs);
}

static int load_once(struct mnl_socket *socket, struct ww_hostaddr *hosts)
{
    char bytes[WW_HOSTADDR_QUESTION];
    return ww_netlink_ask(socket, ww_hostaddr_question(bytes), take_addr, hosts);
}

int ww_hostaddr_load(struct ww_hostaddr *ret_hosts, struct ww_error *err)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_hostaddr hosts = {0};
    int result = ww_ask_open(NETLINK_ROUTE, &socket, err);
    if (result < 0)
        return result;
    result = -EINTR;
    for (int i = 0; i < TRIES && result == -EINTR; i++) {
        ww_hostaddr_done(&hosts);
        result = load_once(socket, &hosts);
    }
    if (result < 0) {
        ww_hostaddr_done(&hosts);
        return ww_fail(err, result, "cannot read the addresses of the host: %s", strerror(-result));
    }
    sort(&hosts.own);
    sort(&hosts.shared);
    *ret_hosts = hosts;
    return 0;
}

void ww_hostaddr_done(struct ww_hostaddr *hosts)
{
    free(hosts->own.addrs);
    free(hosts->shared.addrs);
    *hosts = (struct ww_hostaddr){0};
}

bool ww_hostaddr_has(const struct ww_hostaddr *hosts, const struct ww_addr *addr)
{
    return ww_addr_is_loopback(addr) || has(&hosts->own, addr);
}

bool ww_hostaddr_takes(const struct ww_hostaddr *hosts, const struct ww_addr *addr)
{
    return ww_hostaddr_has(hosts, addr) || has(&hosts->shared, addr);
}
