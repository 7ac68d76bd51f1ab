#include "core/model/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/model/world_internal.h"

struct ww_world *ww_world_new(void)
{
    return calloc(1, sizeof(struct ww_world));
}

static void net_free(struct ww_net *net)
{
    ww_network_free(net->n);
    free(net);
}

void ww_world_free(struct ww_world *w)
{
    if (!w)
        return;
    struct ww_node *node;
    struct ww_node *next_node;
    HASH_ITER (hh, w->nodes, node, next_node) {
        ww_index_drop(&w->index, &node->member);
        HASH_DEL(w->nodes, node);
        ww_world_node_free(node);
    }
    struct ww_net *net;
    struct ww_net *next_net;
    HASH_ITER (hh, w->nets, net, next_net) {
        ww_world_detach(w, net, net->n, NULL);
        ww_index_drop(&w->index, &net->member);
        HASH_DEL(w->nets, net);
        net_free(net);
    }
    ww_world_free_images(w);
    ww_services_done(&w->services);
    ww_world_free_network_marks(w);
    ww_members_done(&w->containers);
    ww_members_done(&w->networks);
    free(w);
}

static int out_of_memory(struct ww_error *err)
{
    return ww_fail(err, -ENOMEM, "out of memory");
}

/* Let the container be found. It is not in the world yet, whose `c` is the one before. */
static int container_enter(struct ww_world *w, struct ww_node *node, const struct ww_container *c)
{
    struct ww_keys keys = {0};
    ww_world_container_keys(c, node->mentions, node->n_mentions, &keys);
    int rc = ww_members_add(&w->containers, &node->member);
    if (rc == 0)
        rc = ww_index_set(&w->index, &node->member, &keys);
    if (rc < 0 && !node->c)
        ww_members_remove(&w->containers, &node->member);
    ww_keys_done(&keys);
    return rc;
}

static void free_container(struct ww_container **c)
{
    ww_container_free(*c);
}

int ww_world_put_container(struct ww_world *w, struct ww_container *c, struct ww_error *err)
{
    ww_auto(free_container) struct ww_container *mine = c;
    if (!c->id)
        return ww_fail(err, -EINVAL, "a container without an id");
    ww_container_normalize(c);
    struct ww_node *node = ww_world_node_any(w, c->id);
    ww_world_trim_container(w, c, node ? node->c : NULL);
    if (node && node->c && ww_container_equal(node->c, c)) {
        ww_world_update_start(w, node, c);
        return 0;
    }
    if (!node)
        node = ww_world_node_make(w, c->id);
    if (!node)
        return out_of_memory(err);
    if (container_enter(w, node, c) < 0) {
        ww_world_node_prune(w, node);
        return out_of_memory(err);
    }
    if (node->c)
        ww_world_touch(w, node->id, true);
    struct ww_container *old = node->c;
    node->c = ww_take(mine);
    ww_world_touch(w, node->id, true);
    ww_world_note_start(w, node, old);
    if (old && old->image_id)
        ww_world_prune_image(w, old->image_id);
    ww_container_free(old);
    return 0;
}

static void container_leave(struct ww_world *w, struct ww_node *node)
{
    ww_world_touch(w, node->id, true);
    ww_world_drop_start(w, node);
    ww_index_drop(&w->index, &node->member);
    ww_members_remove(&w->containers, &node->member);
    if (node->c->image_id)
        ww_world_prune_image(w, node->c->image_id);
    ww_container_free(node->c);
    node->c = NULL;
    for (size_t i = 0; i < node->n_mentions; i++)
        free(node->mentions[i]);
    free(node->mentions);
    node->mentions = NULL;
    node->n_mentions = 0;
}

void ww_world_remove_container(struct ww_world *w, const char *id)
{
    struct ww_node *node = ww_world_node(w, id);
    if (node)
        container_leave(w, node);
}

static struct ww_net *net_find(const struct ww_world *w, const char *id)
{
    struct ww_net *net;
    HASH_FIND_STR(w->nets, id, net);
    return net;
}

/* Let the network be found. It is not in the world yet, whose `n` is the one before. */
static int network_enter(struct ww_world *w, struct ww_net *net, const struct ww_network *n)
{
    struct ww_keys keys = {0};
    ww_world_network_keys(n, &keys);
    int rc = ww_members_add(&w->networks, &net->member);
    if (rc == 0)
        rc = ww_world_attach(w, net, net->n, n);
    if (rc == 0) {
        rc = ww_index_set(&w->index, &net->member, &keys);
        ww_world_detach(w, net, rc == 0 ? net->n : n, rc == 0 ? n : net->n);
    }
    if (rc < 0 && !net->n)
        ww_members_remove(&w->networks, &net->member);
    ww_keys_done(&keys);
    return rc;
}

static void free_network(struct ww_network **n)
{
    ww_network_free(*n);
}

static int network_add(struct ww_world *w, struct ww_network *n, struct ww_error *err)
{
    struct ww_net *net = calloc(1, sizeof(*net));
    if (net) {
        net->member.id = n->id;
        HASH_ADD_KEYPTR(hh, w->nets, n->id, strlen(n->id), net);
    }
    if (!net || !net->hh.tbl) {
        free(net);
        ww_network_free(n);
        return out_of_memory(err);
    }
    if (network_enter(w, net, n) < 0) {
        HASH_DEL(w->nets, net);
        free(net);
        ww_network_free(n);
        return out_of_memory(err);
    }
    net->n = n;
    ww_world_mark_network_dirty(w, n->id);
    ww_world_touch_network(w, n);
    return 0;
}

/* The new answer gets the old one's id: the maps point to that string. */
static void network_swap(struct ww_net *net, struct ww_network *n)
{
    char *id = n->id;
    n->id = net->n->id;
    net->n->id = id;
    net->n = n;
}

/* All is as it was: what waits for an answer, to be sure of that, has it. */
static void network_confirm(struct ww_world *w, struct ww_net *net, int64_t told_ns)
{
    bool awaited = net->awaited;
    net->awaited = false;
    net->n->told_ns = told_ns;
    if (awaited)
        ww_world_mark_network_dirty(w, net->n->id);
}

void ww_world_await_network(struct ww_world *w, const char *id)
{
    struct ww_net *net = net_find(w, id);
    if (net)
        net->awaited = true;
}

int ww_world_put_network(struct ww_world *w, struct ww_network *n, struct ww_error *err)
{
    ww_auto(free_network) struct ww_network *mine = n;
    if (!n->id)
        return ww_fail(err, -EINVAL, "a network without an id");
    ww_network_normalize(n);
    ww_world_trim_network(w, n);
    struct ww_net *net = net_find(w, n->id);
    if (!net)
        return network_add(w, ww_take(mine), err);
    if (ww_network_equal(net->n, n)) {
        network_confirm(w, net, n->told_ns);
        return 0;
    }
    if (network_enter(w, net, n) < 0)
        return out_of_memory(err);
    struct ww_network *old = net->n;
    network_swap(net, ww_take(mine));
    net->awaited = false;
    ww_world_mark_network_dirty(w, n->id);
    if (!ww_network_equal_head(old, n)) {
        ww_world_touch_network(w, old);
        ww_world_touch_network(w, n);
    }
    ww_world_touch_endpoints(w, old, n);
    ww_network_free(old);
    return 0;
}

static void network_leave(struct ww_world *w, struct ww_net *net)
{
    ww_world_mark_network_dirty(w, net->n->id);
    ww_world_touch_network(w, net->n);
    ww_world_detach(w, net, net->n, NULL);
    ww_index_drop(&w->index, &net->member);
    ww_members_remove(&w->networks, &net->member);
    HASH_DEL(w->nets, net);
    net_free(net);
}

void ww_world_remove_network(struct ww_world *w, const char *id)
{
    struct ww_net *net = net_find(w, id);
    if (net)
        network_leave(w, net);
}

void ww_world_retain_containers(struct ww_world *w, const char *const *ids, size_t n)
{
    uint64_t list = ++w->lists;
    for (size_t i = 0; i < n; i++) {
        struct ww_node *listed = ww_world_node(w, ids[i]);
        if (listed)
            listed->listed = list;
    }
    struct ww_node *node;
    struct ww_node *next;
    HASH_ITER (hh, w->nodes, node, next) {
        if (node->c && node->listed != list)
            container_leave(w, node);
    }
}

void ww_world_retain_networks(struct ww_world *w, const char *const *ids, size_t n)
{
    uint64_t list = ++w->lists;
    for (size_t i = 0; i < n; i++) {
        struct ww_net *listed = net_find(w, ids[i]);
        if (listed)
            listed->listed = list;
    }
    struct ww_net *net;
    struct ww_net *next;
    HASH_ITER (hh, w->nets, net, next) {
        if (net->listed != list)
            network_leave(w, net);
    }
}
