/* Finding containers and networks by id and by name, and going through them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/field.h"
#include "core/model/world_internal.h"

static const struct ww_container *member_container(const struct ww_member *member)
{
    return ((const struct ww_node *)member)->c;
}

static const struct ww_network *member_network(const struct ww_member *member)
{
    return ((const struct ww_net *)member)->n;
}

size_t ww_world_count(const struct ww_world *w)
{
    return w->containers.n;
}

const struct ww_container *ww_world_container(const struct ww_world *w, const char *id)
{
    const struct ww_node *node = ww_world_node(w, id);
    return node ? node->c : NULL;
}

const struct ww_container *ww_world_container_by_name(const struct ww_world *w, const char *name)
{
    const char *bare = ww_world_bare_name(name);
    const struct ww_members *named = ww_index_find(&w->index, CT_NAMED, bare);
    for (size_t i = 0; i < named->n; i++) {
        const struct ww_container *c = member_container(named->items[i]);
        if (field_equal(c->name, bare))
            return c;
    }
    return NULL;
}

const struct ww_network *ww_world_network(const struct ww_world *w, const char *id)
{
    const struct ww_net *net;
    HASH_FIND_STR(w->nets, id, net);
    return net ? net->n : NULL;
}

const struct ww_network *ww_world_network_by_name(const struct ww_world *w, const char *name)
{
    const struct ww_members *named = ww_index_find(&w->index, NET_NAMED, name);
    return named->n ? member_network(named->items[0]) : NULL;
}

static int each_of(const struct ww_members *members, int (*fn)(const struct ww_container *c, void *arg), void *arg)
{
    for (size_t i = 0; i < members->n; i++) {
        int rc = fn(member_container(members->items[i]), arg);
        if (rc)
            return rc;
    }
    return 0;
}

int ww_world_each_container(const struct ww_world *w, int (*fn)(const struct ww_container *c, void *arg), void *arg)
{
    return each_of(&w->containers, fn, arg);
}

int ww_world_each_configured(const struct ww_world *w, const struct ww_network *n,
                             int (*fn)(const struct ww_container *c, void *arg), void *arg)
{
    int rc = each_of(ww_index_find(&w->index, CT_CONFIGURED, n->name), fn, arg);
    return rc ? rc : each_of(ww_index_find(&w->index, CT_CONFIGURED, n->id), fn, arg);
}

int ww_world_each_named(const struct ww_world *w, const char *name, int (*fn)(const struct ww_container *c, void *arg),
                        void *arg)
{
    const struct ww_members *named = ww_index_find(&w->index, CT_NAMED, ww_world_bare_name(name));
    const struct ww_members *service = ww_index_find(&w->index, CT_SERVICE, ww_world_bare_name(name));
    size_t i = 0;
    size_t j = 0;
    while (i < named->n || j < service->n) {
        int order = i == named->n ? 1 : j == service->n ? -1 : strcmp(named->items[i]->id, service->items[j]->id);
        int rc = fn(member_container(order <= 0 ? named->items[i] : service->items[j]), arg);
        if (rc)
            return rc;
        i += order <= 0;
        j += order >= 0;
    }
    return 0;
}

int ww_world_each_network(const struct ww_world *w, int (*fn)(const struct ww_network *n, void *arg), void *arg)
{
    for (size_t i = 0; i < w->networks.n; i++) {
        int rc = fn(member_network(w->networks.items[i]), arg);
        if (rc)
            return rc;
    }
    return 0;
}

int ww_world_each_endpoint(const struct ww_world *w, const char *container_id,
                           int (*fn)(const struct ww_network *n, const struct ww_endpoint *e, void *arg), void *arg)
{
    const struct ww_members *nets = ww_index_find(&w->index, NET_ATTACHED, container_id);
    for (size_t i = 0; i < nets->n; i++) {
        const struct ww_network *n = member_network(nets->items[i]);
        int rc = fn(n, ww_network_endpoint(n, container_id), arg);
        if (rc)
            return rc;
    }
    return 0;
}

/* Add those that share this one's namespace, and those that share theirs. -ENOMEM. */
static int add_sharers(const struct ww_world *w, const struct ww_node *host, struct ww_members *found)
{
    const struct ww_members *const sharers[] = {ww_index_find(&w->index, CT_SHARES, host->id),
                                                ww_index_find(&w->index, CT_SHARES, host->c->name)};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sharers[k]->n; i++) {
            size_t before = found->n;
            int rc = ww_members_add(found, sharers[k]->items[i]);
            if (rc == 0 && found->n > before)
                rc = add_sharers(w, (const struct ww_node *)sharers[k]->items[i], found);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int ww_world_each_sharer(const struct ww_world *w, const char *id, int (*fn)(const struct ww_container *c, void *arg),
                         void *arg)
{
    struct ww_node *host = ww_world_node(w, id);
    if (!host)
        return 0;
    struct ww_members found = {0};
    int rc = add_sharers(w, host, &found);
    ww_members_remove(&found, &host->member);
    if (rc == 0)
        rc = each_of(&found, fn, arg);
    ww_members_done(&found);
    return rc;
}
