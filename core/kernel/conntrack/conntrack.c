#include "core/kernel/conntrack/conntrack.h"

#include <errno.h>
#include <stdlib.h>

#include "core/kernel/conntrack/ct_scan_internal.h"
#include "core/kernel/netlink/ask.h"

int ww_conntrack_new(struct ww_conntrack **ret_ct, struct ww_error *err)
{
    ww_auto_free struct ww_conntrack *ct = calloc(1, sizeof(*ct));
    if (!ct)
        return ww_fail(err, -ENOMEM, "out of memory");
    int result = ww_ask_open(NETLINK_NETFILTER, &ct->socket, err);
    if (result == 0)
        result = ww_ask_open(NETLINK_NETFILTER, &ct->deletes, err);
    if (result < 0) {
        ww_conntrack_free(ww_take(ct));
        return result;
    }
    ct->can_filter = ww_ct_can_filter();
    *ret_ct = ww_take(ct);
    return 0;
}

void ww_conntrack_free(struct ww_conntrack *ct)
{
    if (!ct)
        return;
    if (ct->socket)
        mnl_socket_close(ct->socket);
    if (ct->deletes)
        mnl_socket_close(ct->deletes);
    free(ct);
}
