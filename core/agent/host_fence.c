/*
 * What the host is itself, for rules about the original destination of a flow: destination NAT hides it later. And no
 * container may say to be it.
 */
#include "core/agent/host_fence.h"

#include "core/agent/agent_internal.h"
#include "core/agent/apart.h"
#include "core/kernel/netlink/hostaddr.h"

#define ID "host"

static int add_host_address(const struct ww_addr *addr, void *fence)
{
    return ww_fence_add_own(fence, addr);
}

/* It is the host's, too, but no address to know it by. */
static int add_shared(const struct ww_addr *addr, void *fence)
{
    return ww_fence_add_always(fence, addr);
}

static int add_followed(const struct ww_portmap *map, struct ww_fence *f)
{
    int rc = ww_portmap_each_host(map, add_host_address, f);
    return rc < 0 ? rc : ww_portmap_each_shared(map, add_shared, f);
}

/* Where bridges cannot be followed, the addresses are those of now. */
static int add_all(const struct ww_agent *a, struct ww_fence *f, struct ww_error *err)
{
    struct ww_hostaddr hosts = {0};
    if (a->ports)
        return add_followed(ww_ports_map(a->ports), f);
    int rc = ww_hostaddr_load(&hosts, err);
    for (size_t i = 0; i < hosts.own.n && rc == 0; i++)
        rc = ww_fence_add_own(f, &hosts.own.addrs[i]);
    ww_hostaddr_done(&hosts);
    return rc;
}

static int put_host_fence(struct ww_agent *a, struct ww_fence *f, struct ww_error *err)
{
    f->host = true;
    f->held = a->ports && a->guard.managing;
    int rc = add_all(a, f, err);
    return rc < 0 ? rc : ww_apart_desire(a, f, err);
}

bool ww_host_fence_has(const struct ww_agent *a, const struct ww_addr *addr)
{
    const struct ww_fence *f = ww_fences_get(a->fences_applied, ID);
    for (size_t i = 0; f && i < f->n_own; i++)
        if (ww_addr_cmp(&f->own[i], addr) == 0)
            return true;
    return false;
}

/* Without memory it is as it was: a rule about the host may then not be true of a new address of its. */
void ww_host_fence_look(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->guard.judging) {
        ww_apart_drop(a, ID);
        return;
    }
    struct ww_fence *f = ww_fence_new(ID, ID, "");
    if (f && put_host_fence(a, f, &err) < 0)
        ww_log(a->log, WW_ERROR, "cannot take over the host's own addresses; trying again with the next change",
               WW_S("error", err.text));
    ww_fence_unref(f);
}
