/* Which containers are to be looked at again after a change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/model/world_internal.h"

/* The engine lets a container share the namespace of one that shares another's. Bounds chains, and loops. */
#define SHARE_DEPTH 8

void ww_world_mark(struct ww_world *w, struct ww_node *node)
{
    if (node->dirty)
        return;
    if (!w->n_dirty)
        w->dirty_since = ww_clock_mono();
    node->dirty = true;
    node->next_dirty = w->dirty;
    w->dirty = node;
    w->n_dirty++;
}

void ww_world_mark_members(struct ww_world *w, const struct ww_members *members)
{
    for (size_t i = 0; i < members->n; i++)
        ww_world_mark(w, (struct ww_node *)members->items[i]);
}

struct ww_node *ww_world_resolve(const struct ww_world *w, const char *id_or_name)
{
    struct ww_node *node = ww_world_node(w, id_or_name);
    if (node)
        return node;
    const struct ww_container *c = ww_world_container_by_name(w, id_or_name);
    return c ? ww_world_node(w, c->id) : NULL;
}

const char *ww_world_home(const struct ww_world *w, const char *id)
{
    const struct ww_node *node = ww_world_node(w, id);
    for (unsigned depth = 0; node && depth < SHARE_DEPTH; depth++) {
        const char *host = ww_container_netns_of(node->c);
        if (!host)
            return node->id;
        id = host;
        node = ww_world_resolve(w, host);
    }
    return node ? node->id : id;
}

static void touch_unserved(const struct ww_members *clients, void *w)
{
    ww_world_mark_members(w, clients);
}

/* Those of the project whose rules mention the name. */
static void touch_project(struct ww_world *w, const char *project, const char *name)
{
    struct ww_buf key = {0};
    ww_index_key2(&key, project, name);
    if (ww_buf_ok(&key))
        ww_world_mark_members(w, ww_index_find(&w->index, CT_CLIENTS, key.data));
    else
        ww_world_mark_all_dirty(w); /* too many is right, too few is not */
    ww_buf_done(&key);
}

/* Containers that mention the service, but for those whose own project has one of that name. */
static void touch_clients(struct ww_world *w, const struct ww_container *c)
{
    if (c->project)
        touch_project(w, c->project, c->service);
    ww_index_each_unserved(&w->index, c->service, touch_unserved, w);
}

static void touch_one(struct ww_world *w, struct ww_node *node, bool seen)
{
    ww_world_mark(w, node);
    ww_world_mark_networks_of(w, node);
    if (!seen)
        return;
    ww_world_mark_members(w, ww_index_find(&w->index, CT_MENTIONS, node->c->name));
    if (node->c->service)
        touch_clients(w, node->c);
    ww_world_mark_members(w, ww_index_find(&w->index, CT_MENTIONS, node->c->swarm_service));
}

/* Those that share the namespace of the container with this id, or (for engines that keep it so) this name. */
static void touch_sharers(struct ww_world *w, const char *id, const char *name, bool seen, unsigned depth)
{
    const struct ww_members *const sharers[] = {ww_index_find(&w->index, CT_SHARES, id),
                                                ww_index_find(&w->index, CT_SHARES, name)};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sharers[k]->n; i++) {
            struct ww_node *node = (struct ww_node *)sharers[k]->items[i];
            touch_one(w, node, seen);
            if (depth)
                touch_sharers(w, node->id, node->c->name, seen, depth - 1);
        }
    }
}

void ww_world_touch(struct ww_world *w, const char *id, bool seen)
{
    const char *home = ww_world_home(w, id);
    struct ww_node *host = ww_world_node(w, home);
    struct ww_node *self = ww_world_node(w, id);
    if (self)
        touch_one(w, self, seen);
    if (host)
        touch_one(w, host, seen);
    touch_sharers(w, home, host ? host->c->name : NULL, seen, SHARE_DEPTH);
}

/* Those whose mentions may mean the network. */
static void touch_wanting(struct ww_world *w, const struct ww_network *n)
{
    ww_world_mark_members(w, ww_index_find(&w->index, CT_WANTS_NET, n->name));
    if (n->project && n->compose_network)
        touch_project(w, n->project, n->compose_network);
}

static void touch_configured(struct ww_world *w, const char *name)
{
    const struct ww_members *members = ww_index_find(&w->index, CT_CONFIGURED, name);
    for (size_t i = 0; i < members->n; i++)
        ww_world_touch(w, members->items[i]->id, false);
}

void ww_world_touch_network(struct ww_world *w, const struct ww_network *n)
{
    for (size_t i = 0; i < n->n_endpoints; i++)
        ww_world_touch(w, n->endpoints[i].container_id, true);
    touch_configured(w, n->name);
    touch_configured(w, n->id);
    touch_wanting(w, n);
}

bool ww_world_is_dirty(const struct ww_world *w)
{
    return w->n_dirty > 0;
}

int ww_world_mark_dirty(struct ww_world *w, const char *id)
{
    struct ww_node *node = ww_world_node_any(w, id);
    if (!node)
        node = ww_world_node_make(w, id);
    if (!node)
        return -ENOMEM;
    ww_world_mark(w, node);
    return 0;
}

int ww_world_mark_all_dirty(struct ww_world *w)
{
    ww_world_mark_members(w, &w->containers);
    return 0;
}

static int id_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **copy_dirty(const struct ww_world *w)
{
    char **ids = calloc(w->n_dirty, sizeof(char *));
    size_t n = 0;
    for (const struct ww_node *node = w->dirty; ids && node; node = node->next_dirty) {
        ids[n] = strdup(node->id);
        if (ids[n++])
            continue;
        while (n--)
            free(ids[n]);
        free(ids);
        ids = NULL;
    }
    return ids;
}

int ww_world_take_dirty(struct ww_world *w, char ***ret_ids, size_t *ret_n, int64_t *ret_since, struct ww_error *err)
{
    char **ids = w->n_dirty ? copy_dirty(w) : NULL;
    if (!ids && w->n_dirty)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (ids)
        qsort(ids, w->n_dirty, sizeof(*ids), id_order);
    *ret_ids = ids;
    *ret_n = w->n_dirty;
    *ret_since = w->n_dirty ? w->dirty_since : 0;
    struct ww_node *node = w->dirty;
    w->dirty = NULL;
    w->n_dirty = 0;
    while (node) {
        struct ww_node *next = node->next_dirty;
        node->dirty = false;
        node->next_dirty = NULL;
        ww_world_node_prune(w, node);
        node = next;
    }
    return 0;
}
