#include "core/lab/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/hostaddr.h"
#include "core/lab/lab_internal.h"
#include "core/lab/links.h"

#define TABLES 1000 /* numbers of routing tables, above those that the kernel names */

static int no_memory(struct ww_error *err)
{
    return ww_fail(err, -ENOMEM, "out of memory");
}

static struct ww_addr parsed(const char *text)
{
    struct ww_addr addr = {0};
    (void)ww_addr_parse(text, &addr, NULL);
    return addr;
}

static unsigned full(const struct ww_addr *addr)
{
    return 8 * ww_addr_size(addr);
}

static int hold(struct ww_lab *lab, const struct ww_addr *addr, size_t space, struct ww_error *err)
{
    struct lab_holder *holders = reallocarray(lab->holders, lab->n_holders + 1, sizeof(*holders));
    if (!holders)
        return no_memory(err);
    lab->holders = holders;
    holders[lab->n_holders++] = (struct lab_holder){.addr = *addr, .space = space};
    return 0;
}

static int add_space(struct ww_lab *lab, struct ww_error *err)
{
    struct ww_space *spaces = reallocarray(lab->spaces, lab->n_spaces + 1, sizeof(*spaces));
    if (!spaces)
        return no_memory(err);
    lab->spaces = spaces;
    int rc = ww_space_open(lab->home, lab->n_spaces == LAB_HOST, &spaces[lab->n_spaces], err);
    lab->n_spaces += rc == 0;
    return rc;
}

static int open_netfilter(struct ww_lab *lab, struct ww_error *err)
{
    int rc = ww_space_enter(&lab->spaces[LAB_HOST], err);
    if (rc < 0)
        return rc;
    rc = ww_ask_open(NETLINK_NETFILTER, &lab->netfilter, err);
    int left = ww_space_leave(lab->home, err);
    return rc < 0 ? rc : left;
}

/* From a link's end to the other: everything that has no other way. */
static int add_way(struct ww_space *space, uint32_t index, const char *own, const char *via, struct ww_error *err)
{
    const struct ww_addr addr = parsed(own);
    struct ww_links_route route = {.via = parsed(via), .index = index};
    route.to.family = route.via.family;
    int rc = ww_links_address(space->routes, index, &addr, addr.family == AF_INET ? 32 : 64, err);
    return rc < 0 ? rc : ww_links_route(space->routes, &route, err);
}

static int join_outside(struct ww_lab *lab, struct ww_error *err)
{
    struct ww_space *host = &lab->spaces[LAB_HOST];
    struct ww_space *outside = &lab->spaces[LAB_OUTSIDE];
    lab->external = ++lab->last_link;
    lab->outside = ++lab->last_link;
    const struct ww_links_pair pair = {.index = lab->external, .ns = outside->ns, .far_end = lab->outside};
    int rc = ww_links_veth(host->routes, &pair, err);
    if (rc == 0)
        rc = ww_links_up(outside->routes, lab->outside, err);
    if (rc == 0)
        rc = add_way(host, lab->external, "169.254.0.1", "169.254.0.2", err);
    if (rc == 0)
        rc = add_way(outside, lab->outside, "169.254.0.2", "169.254.0.1", err);
    if (rc == 0)
        rc = add_way(host, lab->external, "fe80::1", "fe80::2", err);
    return rc < 0 ? rc : add_way(outside, lab->outside, "fe80::2", "fe80::1", err);
}

void ww_lab_without_root(void)
{
    ww_space_leave_user();
}

int ww_lab_new(struct ww_lab **ret_lab, struct ww_error *err)
{
    struct ww_lab *lab = calloc(1, sizeof(*lab));
    if (!lab)
        return no_memory(err);
    lab->last_link = WW_LOOPBACK_INDEX;
    lab->home = -1;
    int rc = ww_space_home(&lab->home, err);
    for (int i = 0; rc == 0 && i < LAB_FIRST; i++)
        rc = add_space(lab, err);
    if (rc == 0)
        rc = open_netfilter(lab, err);
    if (rc == 0)
        rc = join_outside(lab, err);
    if (rc < 0)
        ww_lab_free(lab);
    else
        *ret_lab = lab;
    return rc;
}

void ww_lab_free(struct ww_lab *lab)
{
    if (!lab)
        return;
    ww_kernel_free(lab->kernel);
    if (lab->netfilter)
        mnl_socket_close(lab->netfilter);
    for (size_t i = 0; i < lab->n_spaces; i++)
        ww_space_close(&lab->spaces[i]);
    if (lab->home >= 0)
        close(lab->home);
    free(lab->spaces);
    free(lab->networks);
    free(lab->holders);
    free(lab);
}

int ww_lab_add_host_address(struct ww_lab *lab, const struct ww_addr *addr, struct ww_error *err)
{
    int rc = ww_links_address(lab->spaces[LAB_HOST].routes, lab->external, addr, full(addr), err);
    return rc < 0 ? rc : hold(lab, addr, LAB_HOST, err);
}

static int add_subnet(struct ww_lab *lab, struct lab_network *network, const struct ww_addr_range *range,
                      struct ww_error *err)
{
    if (network->n == LAB_SUBNETS)
        return ww_fail(err, -E2BIG, "a network has more than %d subnets", LAB_SUBNETS);
    struct lab_subnet *subnet = &network->subnets[network->n++];
    struct ww_addr_range rest = *range;
    *subnet = (struct lab_subnet){.range = *range, .gateway = range->lo};
    ww_addr_range_take(&rest, &subnet->net, &subnet->len);
    subnet->gateway.bytes[ww_addr_size(&range->lo) - 1] |= 1;
    for (size_t i = 0; i < lab->n_networks; i++)
        for (size_t k = 0; k < lab->networks[i].n; k++)
            if (ww_addr_range_overlaps(&lab->networks[i].subnets[k].range, range)) {
                char text[WW_RANGE_TEXT];
                return ww_fail(err, -EINVAL, "two networks have addresses of %s: an engine would refuse the second",
                               ww_addr_range_text(range, text));
            }
    int rc = ww_links_address(lab->spaces[LAB_HOST].routes, network->bridge, &subnet->gateway, subnet->len, err);
    return rc < 0 ? rc : hold(lab, &subnet->gateway, LAB_HOST, err);
}

int ww_lab_add_network(struct ww_lab *lab, const struct ww_addr_range *subnets, size_t n, size_t *ret_network,
                       struct ww_error *err)
{
    struct lab_network network = {.bridge = ++lab->last_link};
    struct lab_network *networks = reallocarray(lab->networks, lab->n_networks + 1, sizeof(*networks));
    if (!networks)
        return no_memory(err);
    lab->networks = networks;
    int rc = ww_links_bridge(lab->spaces[LAB_HOST].routes, network.bridge, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_subnet(lab, &network, &subnets[i], err);
    if (rc < 0)
        return rc;
    *ret_network = lab->n_networks;
    networks[lab->n_networks++] = network;
    return 0;
}

int ww_lab_add_container(struct ww_lab *lab, size_t *ret_space, struct ww_error *err)
{
    int rc = add_space(lab, err);
    if (rc == 0)
        *ret_space = lab->n_spaces - 1;
    return rc;
}

/* What the container sends from this address leaves by this network, also where it has others. */
static int add_address(struct ww_lab *lab, size_t space, uint32_t link, const struct lab_network *network,
                       const struct ww_addr *addr, struct ww_error *err)
{
    struct mnl_socket *routes = lab->spaces[space].routes;
    const struct lab_subnet *subnet = NULL;
    for (size_t i = 0; i < network->n; i++)
        if (ww_addr_range_contains(&network->subnets[i].range, addr))
            subnet = &network->subnets[i];
    if (!subnet)
        return 0; /* the address is in none of its subnets, and reaches nothing */
    struct ww_links_route route = {.to = subnet->net, .len = subnet->len, .index = link, .table = TABLES + link};
    int rc = ww_links_address(routes, link, addr, subnet->len, err);
    if (rc == 0)
        rc = ww_links_route(routes, &route, err);
    route.len = 0;
    route.via = subnet->gateway;
    if (rc == 0)
        rc = ww_links_route(routes, &route, err);
    if (rc == 0)
        rc = ww_links_rule(routes, addr, TABLES + link, err);
    return rc < 0 ? rc : hold(lab, addr, space, err);
}

int ww_lab_attach(struct ww_lab *lab, size_t space, size_t network, const struct ww_endpoint_addrs *addrs,
                  struct ww_error *err)
{
    const struct lab_network *n = &lab->networks[network];
    struct ww_links_pair pair = {
        .index = ++lab->last_link, .master = n->bridge, .ns = lab->spaces[space].ns, .far_mac = addrs->mac};
    pair.far_end = ++lab->last_link;
    int rc = ww_links_veth(lab->spaces[LAB_HOST].routes, &pair, err);
    if (rc == 0)
        rc = ww_links_up(lab->spaces[space].routes, pair.far_end, err);
    if (rc == 0 && addrs->ipv4.family)
        rc = add_address(lab, space, pair.far_end, n, &addrs->ipv4, err);
    if (rc == 0 && addrs->ipv6.family)
        rc = add_address(lab, space, pair.far_end, n, &addrs->ipv6, err);
    return rc;
}

/* An unknown container, at the bridge to whose subnet the address belongs. */
static int add_stranger(struct ww_lab *lab, size_t network, const struct ww_addr *addr, size_t *ret_space,
                        struct ww_error *err)
{
    struct ww_endpoint_addrs addrs = {0};
    *(addr->family == AF_INET ? &addrs.ipv4 : &addrs.ipv6) = *addr;
    int rc = ww_lab_add_container(lab, ret_space, err);
    return rc < 0 ? rc : ww_lab_attach(lab, *ret_space, network, &addrs, err);
}

int ww_lab_find(struct ww_lab *lab, const struct ww_addr *addr, size_t *ret_space, struct ww_error *err)
{
    for (size_t i = 0; i < lab->n_holders; i++) {
        if (ww_addr_cmp(&lab->holders[i].addr, addr))
            continue;
        *ret_space = lab->holders[i].space;
        return 0;
    }
    for (size_t i = 0; i < lab->n_networks; i++)
        for (size_t k = 0; k < lab->networks[i].n; k++)
            if (ww_addr_range_contains(&lab->networks[i].subnets[k].range, addr))
                return add_stranger(lab, i, addr, ret_space, err);
    *ret_space = LAB_OUTSIDE;
    int rc = ww_links_address(lab->spaces[LAB_OUTSIDE].routes, lab->outside, addr, full(addr), err);
    return rc < 0 ? rc : hold(lab, addr, LAB_OUTSIDE, err);
}

/* The host's own addresses, as the agent tells them to the rules. */
static int host_fences(struct ww_fences *fences, struct ww_error *err)
{
    struct ww_hostaddr hosts = {0};
    struct ww_fence *f = ww_fence_new("host", "host", "");
    if (!f)
        return no_memory(err);
    f->host = true;
    int rc = ww_hostaddr_load(&hosts, err);
    for (size_t i = 0; rc == 0 && i < hosts.own.n; i++)
        rc = ww_fence_add_own(f, &hosts.own.addrs[i]);
    if (rc == 0)
        rc = ww_fence_seal(f, err);
    if (rc == 0)
        rc = ww_fences_set(fences, f, err);
    ww_fence_unref(f);
    ww_hostaddr_done(&hosts);
    return rc;
}

static int apply(struct ww_lab *lab, const struct ww_plan *plan, struct ww_error *err)
{
    struct ww_refusal refusal = {0};
    struct ww_fences *fences = ww_fences_new();
    int rc = fences ? host_fences(fences, err) : no_memory(err);
    if (rc == 0)
        rc = ww_kernel_apply_all(lab->kernel, plan, fences, &refusal, err);
    ww_refusal_done(&refusal);
    ww_fences_free(fences);
    return rc;
}

struct checking {
    struct ww_kernel *kernel;
    struct ww_error *err;
};

static int check_ruleset(struct ww_ruleset *rs, void *arg)
{
    const struct checking *c = arg;
    int rc = ww_kernel_check(c->kernel, rs, c->err);
    return rc < 0 ? ww_context(c->err, "%s", rs->name) : 0;
}

static int check_bridged(const struct ww_lab *lab, struct ww_error *err)
{
    if (!lab->n_networks ||
        (ww_kernel_sees_bridged(lab->kernel, AF_INET) && ww_kernel_sees_bridged(lab->kernel, AF_INET6)))
        return 0;
    return ww_fail(err, -EOPNOTSUPP,
                   "this kernel judges nothing that stays within a bridge: load the module br_netfilter");
}

/* In the host's namespace. */
static int enforce(struct ww_lab *lab, const struct ww_plan *plan, struct ww_error *err)
{
    const bool jumps = ww_nft_jumps(plan);
    int rc = ww_kernel_new(&lab->kernel, err);
    if (rc < 0)
        return rc;
    ww_kernel_share_table(lab->kernel, jumps);
    rc = ww_kernel_adopt(lab->kernel, NULL, err);
    if (rc == 0)
        rc = check_bridged(lab, err);
    if (rc == 0 && jumps)
        rc = ww_nft_chains(lab->netfilter, plan, err);
    struct checking checking = {.kernel = lab->kernel, .err = err};
    if (rc == 0)
        rc = ww_plan_each(plan, check_ruleset, &checking);
    return rc < 0 ? rc : apply(lab, plan, err);
}

int ww_lab_enforce(struct ww_lab *lab, const struct ww_plan *plan, const struct ww_lab_way *ways, size_t n,
                   struct ww_error *err)
{
    int rc = n ? ww_nft_lead(lab->netfilter, ways, n, err) : 0;
    if (rc == 0)
        rc = ww_space_enter(&lab->spaces[LAB_HOST], err);
    if (rc < 0)
        return rc;
    rc = enforce(lab, plan, err);
    int left = ww_space_leave(lab->home, rc == 0 ? err : NULL);
    return rc < 0 ? rc : left;
}
