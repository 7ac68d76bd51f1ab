#include "core/kernel/bridge/residents.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/keyed.h"
#include "core/kernel/netlink/netns.h"

#define FEW 64

static void drop(struct ww_residents *all, struct ww_resident *r)
{
    ww_keyed_drop(all->by_id, r, id);
}

void ww_residents_done(struct ww_residents *all)
{
    struct ww_resident *r, *next;
    HASH_ITER (hh, all->by_id, r, next)
        drop(all, r);
}

/* Containers are removed without a word about their process. */
static void forget_ended(struct ww_residents *all, struct mnl_socket *asks)
{
    struct ww_resident *r, *next;
    int32_t netns;
    HASH_ITER (hh, all->by_id, r, next)
        if (ww_netns_ask(asks, r->pid, &netns) == -ESRCH)
            drop(all, r);
    all->full = 2 * HASH_COUNT(all->by_id) + FEW;
}

int ww_residents_put(struct ww_residents *all, struct mnl_socket *asks, const char *id, int64_t pid)
{
    struct ww_resident *r = NULL;
    int32_t netns = -1;
    HASH_FIND_STR(all->by_id, id, r);
    if (!pid || ww_netns_ask(asks, pid, &netns) < 0) {
        if (r)
            drop(all, r);
        return 0;
    }
    if (!r && HASH_COUNT(all->by_id) >= all->full)
        forget_ended(all, asks);
    if (!r)
        ww_keyed_add(all->by_id, r, id, id);
    if (!r)
        return -ENOMEM;
    r->pid = pid;
    r->netns = netns;
    return 0;
}

const struct ww_resident *ww_residents_next(const struct ww_residents *all, const struct ww_resident *last,
                                            int32_t netns)
{
    const struct ww_resident *r = last ? last->hh.next : all->by_id;
    while (r && r->netns != netns)
        r = r->hh.next;
    return r;
}
