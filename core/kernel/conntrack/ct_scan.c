#include "core/kernel/conntrack/ct_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/kernel/conntrack/ct_scan_internal.h"
#include "core/kernel/conntrack/tracked.h"

#define AT_ONCE 64 /* flows that are judged between two looks at the clock */

struct ww_ct_scan *ww_ct_scan_new(struct ww_conntrack *ct)
{
    struct ww_ct_scan *scan = calloc(1, sizeof(*scan));
    if (scan)
        scan->ct = ct;
    return scan;
}

void ww_ct_scan_free(struct ww_ct_scan *scan)
{
    if (!scan)
        return;
    for (size_t i = 0; i < scan->n_parts; i++)
        ww_affected_done(&scan->parts[i].affected);
    free(scan->parts);
    ww_hostaddr_done(&scan->hosts);
    ww_affected_done(&scan->affected);
    ww_buf_done(&scan->found);
    ww_buf_done(&scan->doomed);
    free(scan->bytes);
    if (scan->asks) { /* nothing else could be asked there */
        mnl_socket_close(scan->ct->socket);
        scan->ct->socket = NULL;
    }
    free(scan);
}

/* One more part, which is empty; NULL when out of memory. */
static struct ww_ct_scan_part *add_part(struct ww_ct_scan *scan)
{
    struct ww_ct_scan_part *list = realloc(scan->parts, (scan->n_parts + 1) * sizeof(*list));
    if (!list)
        return NULL;
    scan->parts = list;
    list[scan->n_parts] = (struct ww_ct_scan_part){0};
    return &list[scan->n_parts++];
}

int ww_ct_scan_add(struct ww_ct_scan *scan, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                   struct ww_error *err)
{
    struct ww_ct_scan_part *part = add_part(scan);
    if (!part)
        return ww_fail(err, -ENOMEM, "out of memory");
    part->facts.diff = diff;
    return ww_affected_init(&part->affected, diff, fences, err);
}

int ww_ct_scan_add_all(struct ww_ct_scan *scan, const struct ww_affected *addrs, struct ww_error *err)
{
    struct ww_ct_scan_part *part = add_part(scan);
    if (!part)
        return ww_fail(err, -ENOMEM, "out of memory");
    part->facts.all = true;
    return ww_affected_add(&part->affected, addrs, err);
}

static struct ww_ct_load load_of(const struct ww_ct_scan *scan)
{
    struct ww_ct_load load = {.can_filter = scan->ct->can_filter, .tracked_v6 = scan->ct->tracked_v6};
    load.needs_v6 = scan->affected.n_ports > 0;
    for (size_t i = 0; i < scan->affected.n_addrs; i++) {
        if (scan->affected.addrs[i].family == AF_INET)
            load.questions += 2;
        else
            load.needs_v6 = true;
    }
    ww_ct_measure(&load);
    return load;
}

int ww_ct_scan_begin(struct ww_ct_scan *scan, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < scan->n_parts && rc == 0; i++)
        rc = ww_affected_add(&scan->affected, &scan->parts[i].affected, err);
    if (rc < 0 || (!scan->affected.n_addrs && !scan->affected.n_ports))
        return rc;
    rc = ww_hostaddr_load(&scan->hosts, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < scan->n_parts; i++) {
        scan->parts[i].facts.affected = &scan->parts[i].affected;
        scan->parts[i].facts.hosts = &scan->hosts;
    }
    if (!scan->ct->socket)
        rc = ww_ask_open(NETLINK_NETFILTER, &scan->ct->socket, err);
    scan->bytes = malloc(WW_ASK_BYTES);
    if (rc == 0 && !scan->bytes)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    scan->load = load_of(scan);
    scan->filter = ww_ct_prefers_filter(&scan->load);
    return rc < 0 ? rc : 1;
}

static bool is_doomed(const struct ww_ct_scan *scan, const struct ww_plan *plan, const struct ww_tracked *tracked)
{
    for (size_t i = 0; i < scan->n_parts; i++) {
        struct ww_case facts = scan->parts[i].facts;
        if (facts.all) /* find has deleted it */
            continue;
        facts.plan = plan;
        if (ww_case_concerns(&facts, tracked) && ww_case_dooms(&facts, tracked))
            return true;
    }
    return false;
}

static void judge_one(struct ww_ct_scan *scan, const struct ww_plan *plan, const struct nlmsghdr *msg)
{
    struct ww_tracked tracked;
    char bytes[WW_TRACKED_DELETE_BYTES];
    if (ww_tracked_read(msg, &tracked) < 0 || !is_doomed(scan, plan, &tracked))
        return;
    const struct nlmsghdr *doom = ww_tracked_delete(&tracked, bytes, 0);
    ww_buf_add(&scan->doomed, doom, doom->nlmsg_len);
}

bool ww_ct_scan_has_found(const struct ww_ct_scan *scan)
{
    return scan->found.len > 0;
}

int ww_ct_scan_judge(struct ww_ct_scan *scan, const struct ww_plan *plan, int64_t until, struct ww_error *err)
{
    do {
        for (int i = 0; i < AT_ONCE && scan->judged < scan->found.len; i++) {
            const struct nlmsghdr *msg = (const void *)(scan->found.data + scan->judged);
            judge_one(scan, plan, msg);
            scan->judged += MNL_ALIGN(msg->nlmsg_len);
        }
    } while (scan->judged < scan->found.len && ww_clock_mono() < until);
    if (!ww_buf_ok(&scan->doomed))
        return ww_fail(err, -ENOMEM, "out of memory");
    if (scan->judged < scan->found.len)
        return 1;
    ww_buf_reset(&scan->found);
    scan->judged = 0;
    return 0;
}

bool ww_ct_scan_dooms(const struct ww_ct_scan *scan)
{
    return scan->doomed.len > 0;
}

int ww_ct_scan_result(const struct ww_ct_scan *scan, struct ww_error *err)
{
    if (scan->refused)
        return ww_fail(err, scan->refused, "the kernel refused to delete a tracked flow: %s", strerror(-scan->refused));
    return scan->deleted;
}

int ww_ct_scan_go_through(struct ww_ct_scan *scan, const struct ww_plan *plan, struct ww_error *err)
{
    int result = ww_ct_scan_begin(scan, err);
    for (bool more = true; result > 0 && more;) {
        result = ww_ct_scan_find(scan, err);
        more = result > 0;
        if (result >= 0)
            result = ww_ct_scan_judge(scan, plan, INT64_MAX, err);
        if (result == 0)
            result = ww_ct_scan_delete(scan, err);
        if (result == 0)
            result = more;
    }
    return result < 0 ? result : ww_ct_scan_result(scan, err);
}
