#include "core/kernel/conntrack/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/kernel/conntrack/look_internal.h"
#include "core/kernel/conntrack/tracked.h"

#define AT_ONCE 64 /* flows that are judged between two looks at the clock */

struct ww_look *ww_look_new(struct ww_conntrack *ct)
{
    struct ww_look *look = calloc(1, sizeof(*look));
    if (look)
        look->ct = ct;
    return look;
}

void ww_look_free(struct ww_look *look)
{
    if (!look)
        return;
    for (size_t i = 0; i < look->n_parts; i++)
        ww_scope_done(&look->parts[i].scope);
    free(look->parts);
    ww_hostaddr_done(&look->hosts);
    ww_scope_done(&look->scope);
    ww_buf_done(&look->found);
    ww_buf_done(&look->doomed);
    free(look->bytes);
    if (look->asks) { /* nothing else could be asked there */
        mnl_socket_close(look->ct->socket);
        look->ct->socket = NULL;
    }
    free(look);
}

/* One more part, which is empty; NULL when out of memory. */
static struct ww_look_part *add_part(struct ww_look *look)
{
    struct ww_look_part *list = realloc(look->parts, (look->n_parts + 1) * sizeof(*list));
    if (!list)
        return NULL;
    look->parts = list;
    list[look->n_parts] = (struct ww_look_part){0};
    return &list[look->n_parts++];
}

int ww_look_add(struct ww_look *look, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                struct ww_error *err)
{
    struct ww_look_part *part = add_part(look);
    if (!part)
        return ww_fail(err, -ENOMEM, "out of memory");
    part->facts.diff = diff;
    return ww_scope_init(&part->scope, diff, fences, err);
}

int ww_look_add_all(struct ww_look *look, const struct ww_scope *addrs, struct ww_error *err)
{
    struct ww_look_part *part = add_part(look);
    if (!part)
        return ww_fail(err, -ENOMEM, "out of memory");
    part->facts.all = true;
    return ww_scope_add(&part->scope, addrs, err);
}

static struct ww_ct_load load_of(const struct ww_look *look)
{
    struct ww_ct_load load = {.can_filter = look->ct->can_filter, .tracked_v6 = look->ct->tracked_v6};
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

int ww_look_begin(struct ww_look *look, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < look->n_parts && rc == 0; i++)
        rc = ww_scope_add(&look->scope, &look->parts[i].scope, err);
    if (rc < 0 || (!look->scope.n_addrs && !look->scope.n_ports))
        return rc;
    rc = ww_hostaddr_load(&look->hosts, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < look->n_parts; i++) {
        look->parts[i].facts.scope = &look->parts[i].scope;
        look->parts[i].facts.hosts = &look->hosts;
    }
    if (!look->ct->socket)
        rc = ww_ask_open(NETLINK_NETFILTER, &look->ct->socket, err);
    look->bytes = malloc(WW_ASK_BYTES);
    if (rc == 0 && !look->bytes)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    look->load = load_of(look);
    look->filter = ww_ct_prefers_filter(&look->load);
    return rc < 0 ? rc : 1;
}

static bool is_doomed(const struct ww_look *look, const struct ww_plan *plan, const struct ww_tracked *tracked)
{
    for (size_t i = 0; i < look->n_parts; i++) {
        struct ww_case facts = look->parts[i].facts;
        if (facts.all) /* find has deleted it */
            continue;
        facts.plan = plan;
        if (ww_case_concerns(&facts, tracked) && ww_case_dooms(&facts, tracked))
            return true;
    }
    return false;
}

static void judge_one(struct ww_look *look, const struct ww_plan *plan, const struct nlmsghdr *msg)
{
    struct ww_tracked tracked;
    char bytes[WW_TRACKED_DELETE_BYTES];
    if (ww_tracked_read(msg, &tracked) < 0 || !is_doomed(look, plan, &tracked))
        return;
    const struct nlmsghdr *doom = ww_tracked_delete(&tracked, bytes, 0);
    ww_buf_add(&look->doomed, doom, doom->nlmsg_len);
}

bool ww_look_has_found(const struct ww_look *look)
{
    return look->found.len > 0;
}

int ww_look_judge(struct ww_look *look, const struct ww_plan *plan, int64_t until, struct ww_error *err)
{
    do {
        for (int i = 0; i < AT_ONCE && look->judged < look->found.len; i++) {
            const struct nlmsghdr *msg = (const void *)(look->found.data + look->judged);
            judge_one(look, plan, msg);
            look->judged += MNL_ALIGN(msg->nlmsg_len);
        }
    } while (look->judged < look->found.len && ww_clock_mono() < until);
    if (!ww_buf_ok(&look->doomed))
        return ww_fail(err, -ENOMEM, "out of memory");
    if (look->judged < look->found.len)
        return 1;
    ww_buf_reset(&look->found);
    look->judged = 0;
    return 0;
}

bool ww_look_dooms(const struct ww_look *look)
{
    return look->doomed.len > 0;
}

int ww_look_result(const struct ww_look *look, struct ww_error *err)
{
    if (look->refused)
        return ww_fail(err, look->refused, "the kernel refused to delete a tracked flow: %s", strerror(-look->refused));
    return look->deleted;
}

int ww_look_go_through(struct ww_look *look, const struct ww_plan *plan, struct ww_error *err)
{
    int result = ww_look_begin(look, err);
    for (bool more = true; result > 0 && more;) {
        result = ww_look_find(look, err);
        more = result > 0;
        if (result >= 0)
            result = ww_look_judge(look, plan, INT64_MAX, err);
        if (result == 0)
            result = ww_look_delete(look, err);
        if (result == 0)
            result = more;
    }
    return result < 0 ? result : ww_look_result(look, err);
}
