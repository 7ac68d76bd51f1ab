#include "core/kernel/conntrack.h"

#include <errno.h>
#include <stdlib.h>

#include "core/kernel/ask.h"
#include "core/kernel/look_internal.h"

static void cleanup_look(struct ww_look **look)
{
    ww_look_free(*look);
}

#define auto_look __attribute__((cleanup(cleanup_look)))

int ww_conntrack_new(struct ww_conntrack **ret_ct, struct ww_error *err)
{
    ww_auto_free struct ww_conntrack *ct = calloc(1, sizeof(*ct));
    if (!ct)
        return ww_fail(err, -ENOMEM, "out of memory");
    int result = ww_ask_open(NETLINK_NETFILTER, &ct->socket, err);
    if (result < 0)
        return result;
    ct->can_filter = ww_ct_can_filter();
    *ret_ct = ww_take(ct);
    return 0;
}

void ww_conntrack_free(struct ww_conntrack *ct)
{
    if (!ct)
        return;
    mnl_socket_close(ct->socket);
    free(ct);
}

int ww_conntrack_cut(struct ww_conntrack *ct, const struct ww_plan *plan, const struct ww_diff *diff,
                     const struct ww_fence_diff *fences, struct ww_error *err)
{
    auto_look struct ww_look *look = ww_look_new(ct);
    int result = look ? ww_look_add(look, diff, fences, err) : ww_fail(err, -ENOMEM, "out of memory");
    return result < 0 ? result : ww_look_go_through(look, plan, err);
}

int ww_conntrack_release(struct ww_conntrack *ct, const struct ww_scope *addrs, struct ww_error *err)
{
    auto_look struct ww_look *look = ww_look_new(ct);
    int result = look ? ww_look_add_all(look, addrs, err) : ww_fail(err, -ENOMEM, "out of memory");
    return result < 0 ? result : ww_look_go_through(look, NULL, err);
}
