/* Two answers about one network, endpoint by endpoint: what is put in, taken out, or changed. */
#include <errno.h>
#include <string.h>

#include "core/model/world_internal.h"

/* Two answers about one network, endpoint by endpoint. */
struct walk {
    const struct ww_network *before; /* NULL: it is new */
    const struct ww_network *after;  /* NULL: it is gone */
    size_t i;
    size_t j;
};

/* The next container's endpoint before and after, NULL where it has none; false at the end. */
static bool walk_next(struct walk *walk, const struct ww_endpoint **ret_before, const struct ww_endpoint **ret_after)
{
    const struct ww_endpoint *a =
        walk->before && walk->i < walk->before->n_endpoints ? &walk->before->endpoints[walk->i] : NULL;
    const struct ww_endpoint *b =
        walk->after && walk->j < walk->after->n_endpoints ? &walk->after->endpoints[walk->j] : NULL;
    if (!a && !b)
        return false;
    int order = !a ? 1 : !b ? -1 : strcmp(a->container_id, b->container_id);
    *ret_before = order <= 0 ? a : NULL;
    *ret_after = order >= 0 ? b : NULL;
    walk->i += order <= 0;
    walk->j += order >= 0;
    return true;
}

int ww_world_attach(struct ww_world *w, struct ww_net *net, const struct ww_network *before,
                    const struct ww_network *after)
{
    struct walk walk = {.before = before, .after = after};
    const struct ww_endpoint *a;
    const struct ww_endpoint *b;
    while (walk_next(&walk, &a, &b)) {
        if (a || ww_index_join(&w->index, NET_ATTACHED, b->container_id, &net->member) == 0)
            continue;
        ww_world_detach(w, net, after, before);
        return -ENOMEM;
    }
    return 0;
}

void ww_world_detach(struct ww_world *w, struct ww_net *net, const struct ww_network *before,
                     const struct ww_network *after)
{
    struct walk walk = {.before = before, .after = after};
    const struct ww_endpoint *a;
    const struct ww_endpoint *b;
    while (walk_next(&walk, &a, &b))
        if (!b)
            ww_index_leave(&w->index, NET_ATTACHED, a->container_id, &net->member);
}

void ww_world_touch_endpoints(struct ww_world *w, const struct ww_network *before, const struct ww_network *after)
{
    struct walk walk = {.before = before, .after = after};
    const struct ww_endpoint *a;
    const struct ww_endpoint *b;
    while (walk_next(&walk, &a, &b))
        if (!a || !b || ww_endpoint_addrs_cmp(&a->addrs, &b->addrs) != 0)
            ww_world_touch(w, a ? a->container_id : b->container_id, true);
}
