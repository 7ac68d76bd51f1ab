/* What is known under one container id: the container, what its rules mention, and the index of both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/model/field.h"
#include "core/model/world_internal.h"

struct ww_node *ww_world_node_any(const struct ww_world *w, const char *id)
{
    struct ww_node *node;
    HASH_FIND_STR(w->nodes, id, node);
    return node;
}

struct ww_node *ww_world_node(const struct ww_world *w, const char *id)
{
    struct ww_node *node = ww_world_node_any(w, id);
    return node && node->c ? node : NULL;
}

struct ww_node *ww_world_node_make(struct ww_world *w, const char *id)
{
    struct ww_node *node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->id = strdup(id);
    if (node->id) {
        node->member.id = node->id;
        HASH_ADD_KEYPTR(hh, w->nodes, node->id, strlen(node->id), node);
    }
    if (!node->id || !node->hh.tbl) {
        ww_world_node_free(node);
        return NULL;
    }
    return node;
}

void ww_world_node_prune(struct ww_world *w, struct ww_node *node)
{
    if (node->c || node->dirty)
        return;
    HASH_DEL(w->nodes, node);
    ww_world_node_free(node);
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

void ww_world_node_free(struct ww_node *node)
{
    ww_container_free(node->c);
    free_names(node->mentions, node->n_mentions);
    free(node->id);
    free(node);
}

const char *ww_world_bare_name(const char *name)
{
    return *name == '/' ? name + 1 : name;
}

/* A mentioned name may mean a container, a network, `<project>_<name>`, or a network by its compose labels. */
static void mention_keys(const char *project, const char *mention, struct ww_keys *keys)
{
    ww_keys_add_mention(keys, project, ww_world_bare_name(mention));
    ww_keys_add(keys, CT_WANTS_NET, mention);
    if (!project)
        return;
    struct ww_buf name = {0};
    ww_buf_fmt(&name, "%s_%s", project, mention);
    if (ww_buf_ok(&name))
        ww_keys_add(keys, CT_WANTS_NET, name.data);
    else
        keys->text.failed = true;
    ww_buf_done(&name);
}

void ww_world_container_keys(const struct ww_container *c, char *const *mentions, size_t n, struct ww_keys *keys)
{
    ww_keys_add(keys, CT_NAMED, c->name);
    ww_keys_add(keys, CT_SERVICE, c->service);
    ww_keys_add(keys, CT_NAMED, c->swarm_service);
    ww_keys_add2(keys, CT_SERVES, c->project, c->service);
    ww_keys_add(keys, CT_IMAGE, c->image_id);
    ww_keys_add(keys, CT_SHARES, ww_container_netns_of(c));
    for (size_t i = 0; i < c->n_networks; i++)
        ww_keys_add(keys, CT_CONFIGURED, c->networks[i]);
    for (size_t i = 0; i < n; i++)
        mention_keys(c->project, mentions[i], keys);
}

void ww_world_network_keys(const struct ww_network *n, struct ww_keys *keys)
{
    ww_keys_add(keys, NET_NAMED, n->name);
    ww_keys_add2(keys, NET_LABELLED, n->project, n->compose_network);
}

static int name_order(const void *a, const void *b)
{
    return field_cmp(*(char *const *)a, *(char *const *)b);
}

/* A sorted copy without doubles. -ENOMEM. */
static int copy_names(const char *const *names, size_t n, char ***ret_copy, size_t *ret_n)
{
    char **copy = calloc(n + 1, sizeof(char *));
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        copy[i] = strdup(names[i]);
        if (!copy[i]) {
            free_names(copy, i);
            return -ENOMEM;
        }
    }
    qsort(copy, n, sizeof(char *), name_order);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && strcmp(copy[i], copy[kept - 1]) == 0)
            free(copy[i]);
        else
            copy[kept++] = copy[i];
    }
    *ret_copy = copy;
    *ret_n = kept;
    return 0;
}

static bool same_names(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

int ww_world_set_mentions(struct ww_world *w, const char *id, const char *const *names, size_t n, struct ww_error *err)
{
    struct ww_node *node = ww_world_node(w, id);
    if (!node)
        return 0;
    char **copy;
    size_t n_copy;
    if (copy_names(names, n, &copy, &n_copy) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (same_names(copy, n_copy, node->mentions, node->n_mentions)) {
        free_names(copy, n_copy);
        return 0;
    }
    struct ww_keys keys = {0};
    ww_world_container_keys(node->c, copy, n_copy, &keys);
    int rc = ww_index_set(&w->index, &node->member, &keys);
    ww_keys_done(&keys);
    if (rc < 0) {
        free_names(copy, n_copy);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    free_names(node->mentions, node->n_mentions);
    node->mentions = copy;
    node->n_mentions = n_copy;
    return 0;
}
