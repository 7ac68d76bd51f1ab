/* Which networks are to be looked at again: what may talk on them depends on their containers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/world_internal.h"

int ww_world_mark_network_dirty(struct ww_world *w, const char *id)
{
    struct ww_net_mark *mark;
    HASH_FIND_STR(w->dirty_networks, id, mark);
    if (mark)
        return 0;
    size_t len = strlen(id);
    mark = malloc(sizeof(*mark) + len + 1);
    if (mark) {
        memcpy(mark->id, id, len + 1);
        HASH_ADD_KEYPTR(hh, w->dirty_networks, mark->id, len, mark);
    }
    if (mark && mark->hh.tbl)
        return 0;
    free(mark);
    w->networks_lost = true;
    return -ENOMEM;
}

/* A container on an overlay is on the gateway network, too. */
static void mark_gateway(struct ww_world *w, const struct ww_network *n)
{
    const struct ww_network *gateway = ww_world_network_by_name(w, WW_GATEWAY_NETWORK);
    if (gateway && n && ww_network_is_overlay(n))
        ww_world_mark_network_dirty(w, gateway->id);
}

/* By name or id: in a container that was never started they have no ids yet. */
static void mark_configured(struct ww_world *w, const char *name)
{
    const struct ww_members *named = ww_index_find(&w->index, NET_NAMED, name);
    const struct ww_network *n = ww_world_network(w, name);
    for (size_t i = 0; i < named->n; i++) {
        ww_world_mark_network_dirty(w, named->items[i]->id);
        mark_gateway(w, ww_world_network(w, named->items[i]->id));
    }
    if (n)
        ww_world_mark_network_dirty(w, name);
    mark_gateway(w, n);
}

void ww_world_mark_networks_of(struct ww_world *w, const struct ww_node *node)
{
    const struct ww_members *attached = ww_index_find(&w->index, NET_ATTACHED, node->id);
    for (size_t i = 0; i < attached->n; i++)
        ww_world_mark_network_dirty(w, attached->items[i]->id);
    for (size_t i = 0; node->c && i < node->c->n_networks; i++)
        mark_configured(w, node->c->networks[i]);
}

static int mark_one(const struct ww_network *n, void *arg)
{
    return ww_world_mark_network_dirty(arg, n->id);
}

void ww_world_free_network_marks(struct ww_world *w)
{
    struct ww_net_mark *mark, *next;
    HASH_ITER (hh, w->dirty_networks, mark, next) {
        HASH_DEL(w->dirty_networks, mark);
        free(mark);
    }
}

bool ww_world_has_dirty_networks(const struct ww_world *w)
{
    return w->dirty_networks || w->networks_lost;
}

static int copy_marks(const struct ww_world *w, char **ids)
{
    size_t n = 0;
    for (const struct ww_net_mark *mark = w->dirty_networks; mark; mark = mark->hh.next) {
        ids[n] = strdup(mark->id);
        if (ids[n++])
            continue;
        while (n--)
            free(ids[n]);
        return -ENOMEM;
    }
    return 0;
}

int ww_world_take_dirty_networks(struct ww_world *w, char ***ret_ids, size_t *ret_n, struct ww_error *err)
{
    if (w->networks_lost && ww_world_each_network(w, mark_one, w) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    size_t n = HASH_COUNT(w->dirty_networks);
    char **ids = calloc(n + 1, sizeof(*ids));
    if (!ids || copy_marks(w, ids) < 0) {
        free(ids);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    ww_world_free_network_marks(w);
    w->networks_lost = false;
    *ret_ids = ids;
    *ret_n = n;
    return 0;
}
