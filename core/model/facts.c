#include "core/model/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/model/facts_read.h"
#include "core/model/field.h"
#include "core/model/world_internal.h"

static struct ww_facts_network network_of(const struct ww_network *n)
{
    return (struct ww_facts_network){
        .id = n->id,
        .name = n->name,
        .project = n->project,
        .compose_network = n->compose_network,
        .default_bridge = n->default_bridge,
        .unenforceable = ww_network_is_enforceable(n) ? NULL
                         : n->driver                  ? n->driver
                                                      : "unknown",
    };
}

struct endpoint_list {
    struct ww_facts_endpoint *items;
    size_t n;
};

static int endpoint_append(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct endpoint_list *list = arg;
    struct ww_facts_endpoint *items = realloc(list->items, (list->n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    list->items = items;
    items[list->n++] = (struct ww_facts_endpoint){.network = network_of(n), .addrs = e->addrs};
    return 0;
}

/* What is attached where the container lives. */
static int collect_endpoints(const struct ww_world *w, const char *id, struct ww_facts_endpoint **ret_items,
                             size_t *ret_n)
{
    struct endpoint_list list = {0};
    int rc = ww_world_each_endpoint(w, ww_world_home(w, id), endpoint_append, &list);
    if (rc < 0) {
        free(list.items);
        return rc;
    }
    *ret_items = list.items;
    *ret_n = list.n;
    return 0;
}

struct broadcast_list {
    struct ww_addr *items;
    size_t n;
};

/* One of two addresses, or of one, has no broadcast address (RFC 3021). */
static bool has_broadcast(const struct ww_addr_range *subnet)
{
    size_t last = ww_addr_size(&subnet->lo) - 1;
    return subnet->lo.family == AF_INET && (subnet->lo.bytes[last] ^ subnet->hi.bytes[last]) > 1;
}

static int broadcast_append(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct broadcast_list *list = arg;
    (void)e;
    for (size_t i = 0; i < n->n_subnets; i++) {
        if (!has_broadcast(&n->subnets[i].range))
            continue;
        struct ww_addr *items = realloc(list->items, (list->n + 1) * sizeof(*items));
        if (!items)
            return -ENOMEM;
        list->items = items;
        items[list->n++] = n->subnets[i].range.hi;
    }
    return 0;
}

static int broadcast_order(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static int collect_broadcasts(const struct ww_world *w, struct ww_facts *facts)
{
    struct broadcast_list list = {0};
    int rc = ww_world_each_endpoint(w, ww_world_home(w, facts->id), broadcast_append, &list);
    if (list.n)
        qsort(list.items, list.n, sizeof(*list.items), broadcast_order);
    facts->broadcasts = list.items;
    facts->n_broadcasts = list.n;
    return rc;
}

/* The container whose published ports count; the container itself when the other one is not known. */
static const struct ww_container *publisher_of(const struct ww_world *w, const struct ww_container *c)
{
    const struct ww_node *home = ww_world_resolve(w, ww_world_home(w, c->id));
    return home ? home->c : c;
}

/* Those that a mention by a container of `project` may mean by their labels. */
static int add_labelled(const struct ww_world *w, const char *project, const char *name, struct ww_members *found)
{
    struct ww_buf key = {0};
    ww_index_key2(&key, project, name);
    int rc = ww_buf_ok(&key) ? 0 : -ENOMEM;
    const struct ww_members *nets = ww_index_find(&w->index, NET_LABELLED, key.data);
    for (size_t i = 0; rc == 0 && i < nets->n; i++)
        rc = ww_members_add(found, nets->items[i]);
    ww_buf_done(&key);
    return rc;
}

static int add_named(const struct ww_world *w, const char *name, struct ww_members *found)
{
    const struct ww_members *nets = ww_index_find(&w->index, NET_NAMED, name);
    for (size_t i = 0; i < nets->n; i++)
        if (ww_members_add(found, nets->items[i]) < 0)
            return -ENOMEM;
    return 0;
}

/* `<project>_<name>`. */
static int add_prefixed(const struct ww_world *w, const char *project, const char *name, struct ww_members *found)
{
    struct ww_buf full = {0};
    ww_buf_fmt(&full, "%s_%s", project, name);
    int rc = ww_buf_ok(&full) ? add_named(w, full.data, found) : -ENOMEM;
    ww_buf_done(&full);
    return rc;
}

/* Docker's default bridge, if the container is attached to it or configured for it. */
static int add_default(const struct ww_world *w, const struct ww_container *c, struct ww_members *found)
{
    const struct ww_members *attached = ww_index_find(&w->index, NET_ATTACHED, ww_world_home(w, c->id));
    for (size_t i = 0; i < attached->n; i++)
        if (((const struct ww_net *)attached->items[i])->n->default_bridge)
            return ww_members_add(found, attached->items[i]);
    const struct ww_container *host = publisher_of(w, c);
    for (size_t k = 0; k < host->n_networks; k++) {
        const struct ww_members *nets = ww_index_find(&w->index, NET_NAMED, host->networks[k]);
        for (size_t i = 0; i < nets->n; i++)
            if (((const struct ww_net *)nets->items[i])->n->default_bridge)
                return ww_members_add(found, nets->items[i]);
    }
    return 0;
}

static int add_networks(const struct ww_world *w, const struct ww_container *c, const char *name,
                        struct ww_members *found)
{
    int rc = add_named(w, name, found);
    if (rc == 0 && c->project)
        rc = add_prefixed(w, c->project, name, found);
    if (rc == 0 && c->project)
        rc = add_labelled(w, c->project, name, found);
    if (rc == 0 && !c->project && strcmp(name, "default") == 0)
        rc = add_default(w, c, found);
    return rc;
}

static int collect_networks(const struct ww_world *w, const struct ww_container *c, const char *const *names,
                            size_t n_names, struct ww_facts *facts)
{
    struct ww_members found = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n_names; i++)
        rc = add_networks(w, c, names[i], &found);
    if (rc == 0 && found.n) {
        facts->networks = calloc(found.n, sizeof(*facts->networks));
        rc = facts->networks ? 0 : -ENOMEM;
    }
    for (size_t i = 0; rc == 0 && i < found.n; i++)
        facts->networks[facts->n_networks++] = network_of(((const struct ww_net *)found.items[i])->n);
    ww_members_done(&found);
    return rc;
}

static int fill_target(const struct ww_world *w, const struct ww_container *c, struct ww_facts_target *target)
{
    const struct ww_container *publisher = publisher_of(w, c);
    *target = (struct ww_facts_target){
        .id = c->id,
        .name = c->name,
        .project = c->project,
        .service = c->service,
        .swarm_service = c->swarm_service,
        .published = publisher->published,
        .n_published = publisher->n_published,
    };
    return collect_endpoints(w, c->id, &target->endpoints, &target->n_endpoints);
}

/* Those of the service of that name: in its own project, else in all. */
static int add_service(const struct ww_world *w, const struct ww_container *c, const char *name,
                       struct ww_members *found)
{
    struct ww_buf key = {0};
    ww_index_key2(&key, c->project ? c->project : "", name);
    int rc = ww_buf_ok(&key) ? 0 : -ENOMEM;
    const struct ww_members *own = ww_index_find(&w->index, CT_SERVES, c->project ? key.data : NULL);
    const struct ww_members *meant = own->n ? own : ww_index_find(&w->index, CT_SERVICE, name);
    for (size_t i = 0; rc == 0 && i < meant->n; i++)
        rc = ww_members_add(found, meant->items[i]);
    ww_buf_done(&key);
    return rc;
}

static int add_targets(const struct ww_world *w, const struct ww_container *c, const char *name,
                       struct ww_members *found)
{
    const char *bare = ww_world_bare_name(name);
    const struct ww_members *named = ww_index_find(&w->index, CT_NAMED, bare);
    for (size_t i = 0; i < named->n; i++)
        if (ww_members_add(found, named->items[i]) < 0)
            return -ENOMEM;
    return add_service(w, c, bare, found);
}

static int collect_targets(const struct ww_world *w, const struct ww_container *c, const char *const *names,
                           size_t n_names, struct ww_facts *facts)
{
    struct ww_members found = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n_names; i++)
        rc = add_targets(w, c, names[i], &found);
    if (rc == 0 && found.n) {
        facts->targets = calloc(found.n, sizeof(*facts->targets));
        rc = facts->targets ? 0 : -ENOMEM;
    }
    for (size_t i = 0; rc == 0 && i < found.n; i++) {
        const struct ww_node *node = (const struct ww_node *)found.items[i];
        rc = fill_target(w, node->c, &facts->targets[facts->n_targets++]);
    }
    ww_members_done(&found);
    return rc;
}

bool ww_facts_is_images_own(const struct ww_world *w, const struct ww_container *c)
{
    const char *label = NULL;
    bool known = false;
    if (!c->image_id || ww_world_image(w, c->image_id, &label, &known) < 0 || !known)
        return true;
    return field_equal(label, c->label_rules);
}

/* Its answer is under way, and makes the container dirty: there is nothing to tell yet. */
static bool is_image_unasked(const struct ww_world *w, const struct ww_container *c)
{
    const char *label;
    bool known;
    return c->image_id && ww_world_image(w, c->image_id, &label, &known) == -ENOENT;
}

int ww_facts_collect(const struct ww_world *w, const char *id, const char *const *names, size_t n_names,
                     bool trust_image, struct ww_facts *ret_facts, struct ww_error *err)
{
    const struct ww_container *c = ww_world_container(w, id);
    if (!c)
        return ww_fail(err, -ENOENT, "no container %.12s", id);
    const struct ww_container *publisher = publisher_of(w, c);
    struct ww_facts facts = {
        .id = c->id,
        .name = c->name,
        .project = c->project,
        .service = c->service,
        .published = publisher->published,
        .n_published = publisher->n_published,
    };
    bool ignored = c->label_rules && !trust_image && ww_facts_is_images_own(w, c);
    facts.rules_from_image = ignored && !is_image_unasked(w, c);
    facts.label_rules = ignored ? NULL : c->label_rules;
    int rc = collect_endpoints(w, id, &facts.endpoints, &facts.n_endpoints);
    if (rc == 0)
        rc = collect_broadcasts(w, &facts);
    if (rc == 0)
        rc = ww_facts_collect_read(w, c, trust_image, &facts);
    if (rc == 0)
        rc = collect_networks(w, c, names, n_names, &facts);
    if (rc == 0)
        rc = collect_targets(w, c, names, n_names, &facts);
    if (rc < 0) {
        ww_facts_done(&facts);
        return ww_fail(err, rc, "out of memory");
    }
    *ret_facts = facts;
    return 0;
}

void ww_facts_done(struct ww_facts *facts)
{
    for (size_t i = 0; i < facts->n_targets; i++)
        free(facts->targets[i].endpoints);
    free(facts->targets);
    free(facts->labels);
    free(facts->networks);
    free(facts->endpoints);
    free(facts->broadcasts);
    *facts = (struct ww_facts){0};
}
