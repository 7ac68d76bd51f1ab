/* The stage of a look that asks the kernel for flows, in the cheapest way, portion by portion. */
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/kernel/conntrack/look_internal.h"
#include "core/kernel/conntrack/tracked.h"
#include "core/kernel/netlink/ask.h"

#define TRIES 5
#define PORTION_BYTES (1024 * 1024)    /* of what is to be judged */
#define PORTION_NS (20 * WW_NS_PER_MS) /* then another look has its turn */

static bool goes_at_once(const struct ww_look *look, const struct ww_tracked *tracked)
{
    for (size_t i = 0; i < look->n_parts; i++)
        if (look->parts[i].facts.all && ww_case_concerns(&look->parts[i].facts, tracked))
            return true;
    return false;
}

static int take_flow(const struct nlmsghdr *msg, void *arg)
{
    struct ww_look *look = arg;
    const struct ww_case facts = {.scope = &look->scope, .hosts = &look->hosts};
    struct ww_tracked tracked;
    char bytes[WW_TRACKED_DELETE_BYTES];
    if (ww_tracked_read(msg, &tracked) < 0)
        return 0;
    look->seen_v6 += tracked.orig.src.family == AF_INET6;
    if (!ww_case_concerns(&facts, &tracked))
        return 0;
    if (ww_hostaddr_has(&look->hosts, &tracked.orig.src))
        look->proxied = true;
    if (goes_at_once(look, &tracked)) {
        const struct nlmsghdr *doom = ww_tracked_delete(&tracked, bytes, 0);
        ww_buf_add(&look->doomed, doom, doom->nlmsg_len);
    } else
        ww_buf_add(&look->found, msg, MNL_ALIGN(msg->nlmsg_len));
    return ww_buf_ok(&look->found) && ww_buf_ok(&look->doomed) ? 0 : -ENOMEM;
}

/*
 * The questions in a row: one for all flows, or one for those of IPv6, two for each IPv4 address (whose source it is in
 * either direction), and two for each port (in either direction). NULL: there are no more. A number that asks nothing
 * is skipped.
 *
 * Flows to a published host port that end at the host go through Docker's userland proxy, which has a flow of its own
 * to the container: where there is none, there is no need to look.
 */
static struct nlmsghdr *next_question(struct ww_look *look, char *bytes)
{
    const size_t n_sources = 2 * look->scope.n_addrs;
    const size_t n_ports = look->proxied ? 2 * look->scope.n_ports : 0;
    if (!look->filter)
        return look->question++ ? NULL : ww_ct_ask_family(bytes, look->load.needs_v6 ? AF_UNSPEC : AF_INET);
    if (look->question == 0 && look->load.needs_v6) {
        look->question++;
        return ww_ct_ask_family(bytes, AF_INET6);
    }
    for (look->question += look->question == 0; look->question <= n_sources; look->question++) {
        size_t i = look->question - 1;
        if (look->scope.addrs[i / 2].family != AF_INET)
            continue;
        look->question++;
        return ww_ct_ask_source(bytes, &look->scope.addrs[i / 2], i % 2);
    }
    size_t port = look->question - n_sources - 1;
    if (port >= n_ports)
        return NULL;
    look->question++;
    const struct ww_scope_port *asked = &look->scope.ports[port / 2];
    return ww_ct_ask_port(bytes, asked->proto, asked->hport, port % 2);
}

static bool tells_v6(const struct ww_look *look)
{
    return look->question == 1 && look->load.needs_v6;
}

/* Flows that are told twice are deleted twice; the second time they are not there, which is as good. */
static int end_question(struct ww_look *look, int result)
{
    look->asks = false;
    if (result == -EINTR && ++look->tries < TRIES) {
        look->question--;
        return 1;
    }
    look->tries = 0;
    if (result == 0 && tells_v6(look))
        look->ct->tracked_v6 = look->seen_v6;
    return result < 0 ? result : 1;
}

/* One datagram of answers. 1, 0: all was asked, or -errno. */
static int find_some(struct ww_look *look)
{
    char bytes[WW_CT_QUESTION_BYTES] = {0};
    if (!look->asks) {
        struct nlmsghdr *question = next_question(look, bytes);
        if (!question)
            return 0;
        look->seen_v6 = 0;
        int rc = ww_ask_begin(look->ct->socket, question, take_flow, look, &look->asking);
        if (rc < 0)
            return rc;
        look->asks = true;
    }
    int rc = ww_ask_more(look->ct->socket, look->bytes, &look->asking);
    return rc > 0 ? rc : end_question(look, rc);
}

int ww_look_find(struct ww_look *look, struct ww_error *err)
{
    int64_t until = ww_clock_mono() + PORTION_NS;
    int rc = 1;
    while (rc > 0 && look->found.len < PORTION_BYTES && ww_clock_mono() < until) {
        rc = find_some(look);
        int gone = look->doomed.len ? ww_look_delete(look, err) : 0;
        if (gone < 0)
            return gone;
    }
    return rc < 0 ? ww_fail(err, rc, "cannot read the tracked flows: %s", strerror(-rc)) : rc;
}
