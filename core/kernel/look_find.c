/* The stage of a look that asks the kernel for flows, in the cheapest way. */
#include <errno.h>
#include <string.h>

#include "core/kernel/ask.h"
#include "core/kernel/look_internal.h"
#include "core/kernel/tracked.h"

#define TRIES 5

static int take_flow(const struct nlmsghdr *msg, void *arg)
{
    struct ww_look *look = arg;
    const struct ww_case facts = {.scope = &look->scope, .hosts = &look->hosts};
    struct ww_tracked tracked;
    if (ww_tracked_read(msg, &tracked) < 0)
        return 0;
    look->seen_v6 += tracked.orig.src.family == AF_INET6;
    if (!ww_case_concerns(&facts, &tracked))
        return 0;
    if (ww_hostaddr_has(&look->hosts, &tracked.orig.src))
        look->proxied = true;
    ww_buf_add(&look->found, msg, MNL_ALIGN(msg->nlmsg_len));
    return ww_buf_ok(&look->found) ? 0 : -ENOMEM;
}

/* Flows that are told twice are deleted twice; the second time they are not there, which is as good. */
static int ask(struct ww_look *look, struct nlmsghdr *question)
{
    int result = -EINTR;
    for (int i = 0; i < TRIES && result == -EINTR; i++)
        result = ww_netlink_ask(look->ct->socket, question, take_flow, look);
    return result;
}

static int ask_family(struct ww_look *look, int family)
{
    char bytes[WW_CT_QUESTION_BYTES] = {0};
    look->seen_v6 = 0;
    int result = ask(look, ww_ct_ask_family(bytes, family));
    if (!result && family != AF_INET)
        look->ct->tracked_v6 = look->seen_v6;
    return result;
}

static int ask_sources(struct ww_look *look)
{
    int result = 0;
    for (size_t i = 0; i < look->scope.n_addrs * 2 && !result; i++) {
        char bytes[WW_CT_QUESTION_BYTES] = {0};
        const struct ww_addr *addr = &look->scope.addrs[i / 2];
        if (addr->family == AF_INET)
            result = ask(look, ww_ct_ask_source(bytes, addr, i % 2));
    }
    return result;
}

/*
 * Flows to a published host port that end at the host go through Docker's userland proxy, which has a flow of its own
 * to the container: where there is none, there is no need to look.
 */
static int ask_ports(struct ww_look *look)
{
    int result = 0;
    for (size_t i = 0; look->proxied && i < 2 * look->scope.n_ports && !result; i++) {
        char bytes[WW_CT_QUESTION_BYTES] = {0};
        const struct ww_scope_port *port = &look->scope.ports[i / 2];
        result = ask(look, ww_ct_ask_port(bytes, port->proto, port->hport, i % 2));
    }
    return result;
}

static int find(struct ww_look *look)
{
    if (!ww_ct_prefers_filter(&look->load))
        return ask_family(look, look->load.needs_v6 ? AF_UNSPEC : AF_INET);
    int result = look->load.needs_v6 ? ask_family(look, AF_INET6) : 0;
    if (!result)
        result = ask_sources(look);
    return result ? result : ask_ports(look);
}

int ww_look_find(struct ww_look *look, struct ww_error *err)
{
    int rc = find(look);
    return rc < 0 ? ww_fail(err, rc, "cannot read the tracked flows: %s", strerror(-rc)) : 0;
}
