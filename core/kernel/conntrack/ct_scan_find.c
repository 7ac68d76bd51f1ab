/* The stage of a scan that asks the kernel for flows, in the cheapest way, portion by portion. */
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/kernel/conntrack/ct_scan_internal.h"
#include "core/kernel/conntrack/tracked.h"
#include "core/kernel/netlink/ask.h"

#define TRIES 5
#define PORTION_BYTES (1024 * 1024)    /* of what is to be judged */
#define PORTION_NS (20 * WW_NS_PER_MS) /* then another scan has its turn */

static bool goes_at_once(const struct ww_ct_scan *scan, const struct ww_tracked *tracked)
{
    for (size_t i = 0; i < scan->n_parts; i++)
        if (scan->parts[i].facts.all && ww_case_concerns(&scan->parts[i].facts, tracked))
            return true;
    return false;
}

static int take_flow(const struct nlmsghdr *msg, void *arg)
{
    struct ww_ct_scan *scan = arg;
    const struct ww_case facts = {.affected = &scan->affected, .hosts = &scan->hosts};
    struct ww_tracked tracked;
    char bytes[WW_TRACKED_DELETE_BYTES];
    if (ww_tracked_read(msg, &tracked) < 0)
        return 0;
    scan->seen_v6 += tracked.orig.src.family == AF_INET6;
    if (!ww_case_concerns(&facts, &tracked))
        return 0;
    if (ww_hostaddr_takes(&scan->hosts, &tracked.orig.src))
        scan->proxied = true;
    if (goes_at_once(scan, &tracked)) {
        const struct nlmsghdr *doom = ww_tracked_delete(&tracked, bytes, 0);
        ww_buf_add(&scan->doomed, doom, doom->nlmsg_len);
    } else
        ww_buf_add(&scan->found, msg, MNL_ALIGN(msg->nlmsg_len));
    return ww_buf_ok(&scan->found) && ww_buf_ok(&scan->doomed) ? 0 : -ENOMEM;
}

/*
 * The questions in a row: one for all flows, or one for those of IPv6, two for each IPv4 address (whose source it is in
 * either direction), and two for each port (in either direction). NULL: there are no more. A number that asks nothing
 * is skipped.
 *
 * Flows to a published host port that end at the host go through Docker's userland proxy, which has a flow of its own
 * to the container: where there is none, there is no need to look.
 */
static struct nlmsghdr *next_question(struct ww_ct_scan *scan, char *bytes)
{
    const size_t n_sources = 2 * scan->affected.n_addrs;
    const size_t n_ports = scan->proxied ? 2 * scan->affected.n_ports : 0;
    if (!scan->filter)
        return scan->question++ ? NULL : ww_ct_ask_family(bytes, scan->load.needs_v6 ? AF_UNSPEC : AF_INET);
    if (scan->question == 0 && scan->load.needs_v6) {
        scan->question++;
        return ww_ct_ask_family(bytes, AF_INET6);
    }
    for (scan->question += scan->question == 0; scan->question <= n_sources; scan->question++) {
        size_t i = scan->question - 1;
        if (scan->affected.addrs[i / 2].family != AF_INET)
            continue;
        scan->question++;
        return ww_ct_ask_source(bytes, &scan->affected.addrs[i / 2], i % 2);
    }
    size_t port = scan->question - n_sources - 1;
    if (port >= n_ports)
        return NULL;
    scan->question++;
    const struct ww_affected_port *asked = &scan->affected.ports[port / 2];
    return ww_ct_ask_port(bytes, asked->proto, asked->hport, port % 2);
}

static bool tells_v6(const struct ww_ct_scan *scan)
{
    return scan->question == 1 && scan->load.needs_v6;
}

/* Flows that are told twice are deleted twice; the second time they are not there, which is as good. */
static int end_question(struct ww_ct_scan *scan, int result)
{
    scan->asks = false;
    if (result == -EINTR && ++scan->tries < TRIES) {
        scan->question--;
        return 1;
    }
    scan->tries = 0;
    if (result == 0 && tells_v6(scan))
        scan->ct->tracked_v6 = scan->seen_v6;
    return result < 0 ? result : 1;
}

/* One datagram of answers. 1, 0: all was asked, or -errno. */
static int find_some(struct ww_ct_scan *scan)
{
    char bytes[WW_CT_QUESTION_BYTES] = {0};
    if (!scan->asks) {
        struct nlmsghdr *question = next_question(scan, bytes);
        if (!question)
            return 0;
        scan->seen_v6 = 0;
        int rc = ww_ask_begin(scan->ct->socket, question, take_flow, scan, &scan->asking);
        if (rc < 0)
            return rc;
        scan->asks = true;
    }
    int rc = ww_ask_more(scan->ct->socket, scan->bytes, &scan->asking);
    return rc > 0 ? rc : end_question(scan, rc);
}

int ww_ct_scan_find(struct ww_ct_scan *scan, struct ww_error *err)
{
    int64_t until = ww_clock_mono() + PORTION_NS;
    int rc = 1;
    while (rc > 0 && scan->found.len < PORTION_BYTES && ww_clock_mono() < until) {
        rc = find_some(scan);
        int gone = scan->doomed.len ? ww_ct_scan_delete(scan, err) : 0;
        if (gone < 0)
            return gone;
    }
    return rc < 0 ? ww_fail(err, rc, "cannot read the tracked flows: %s", strerror(-rc)) : rc;
}
