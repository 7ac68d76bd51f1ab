#include "core/model/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/field.h"

#define ID_SHOWN 12 /* dockerd names a bridge "br-" and the first 12 digits of the network's id */

struct ww_network *ww_network_new(void)
{
    return calloc(1, sizeof(struct ww_network));
}

void ww_network_free(struct ww_network *n)
{
    if (!n)
        return;
    char *const strings[] = {n->id, n->name, n->driver, n->project, n->compose_network, n->guard, n->bridge, n->parent};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        free(strings[i]);
    for (size_t i = 0; i < n->n_endpoints; i++)
        free(n->endpoints[i].container_id);
    free(n->endpoints);
    free(n->subnets);
    free(n->aux);
    ww_strays_free(n->strays);
    ww_labels_done(&n->labels);
    free(n);
}

static int endpoint_order(const void *a, const void *b)
{
    const struct ww_endpoint *x = a;
    const struct ww_endpoint *y = b;
    int order = field_cmp(x->container_id, y->container_id);
    return order ? order : ww_endpoint_addrs_cmp(&x->addrs, &y->addrs);
}

static int subnet_order(const void *a, const void *b)
{
    const struct ww_subnet *x = a;
    const struct ww_subnet *y = b;
    int order = ww_addr_range_cmp(&x->range, &y->range);
    return order ? order : ww_addr_cmp(&x->gateway, &y->gateway);
}

static int aux_order(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static bool is_driver(const struct ww_network *n, const char *driver)
{
    return n->driver && strcmp(n->driver, driver) == 0;
}

/* Without memory the name stays unknown, which only means that the next answer counts as a change. */
static void fill_bridge(struct ww_network *n)
{
    if ((n->bridge && *n->bridge) || !is_driver(n, "bridge") || !n->id)
        return;
    free(n->bridge);
    n->bridge = NULL;
    if (asprintf(&n->bridge, "br-%.*s", ID_SHOWN, n->id) < 0)
        n->bridge = NULL;
}

/* A container is on a network once; should an answer say it twice, the first counts. */
static void sort_endpoints(struct ww_network *n)
{
    if (!n->n_endpoints)
        return;
    qsort(n->endpoints, n->n_endpoints, sizeof(*n->endpoints), endpoint_order);
    size_t kept = 1;
    for (size_t i = 1; i < n->n_endpoints; i++) {
        if (field_equal(n->endpoints[i].container_id, n->endpoints[kept - 1].container_id))
            free(n->endpoints[i].container_id);
        else
            n->endpoints[kept++] = n->endpoints[i];
    }
    n->n_endpoints = kept;
}

void ww_network_normalize(struct ww_network *n)
{
    sort_endpoints(n);
    ww_labels_sort(&n->labels);
    if (n->n_subnets)
        qsort(n->subnets, n->n_subnets, sizeof(*n->subnets), subnet_order);
    if (n->n_aux)
        qsort(n->aux, n->n_aux, sizeof(*n->aux), aux_order);
    fill_bridge(n);
}

bool ww_network_equal_head(const struct ww_network *a, const struct ww_network *b)
{
    if (!field_equal(a->id, b->id) || !field_equal(a->name, b->name) || !field_equal(a->driver, b->driver) ||
        !field_equal(a->project, b->project) || !field_equal(a->compose_network, b->compose_network) ||
        !field_equal(a->guard, b->guard) || a->accepted != b->accepted || !field_equal(a->bridge, b->bridge) ||
        !field_equal(a->parent, b->parent) || !ww_strays_equal(a->strays, b->strays) ||
        !ww_labels_equal(&a->labels, &b->labels) || a->default_bridge != b->default_bridge ||
        a->internal != b->internal || a->n_subnets != b->n_subnets || a->n_aux != b->n_aux)
        return false;
    for (size_t i = 0; i < a->n_aux; i++)
        if (ww_addr_cmp(&a->aux[i], &b->aux[i]) != 0)
            return false;
    for (size_t i = 0; i < a->n_subnets; i++)
        if (subnet_order(&a->subnets[i], &b->subnets[i]) != 0)
            return false;
    return true;
}

bool ww_network_equal(const struct ww_network *a, const struct ww_network *b)
{
    if (!ww_network_equal_head(a, b) || a->n_endpoints != b->n_endpoints)
        return false;
    for (size_t i = 0; i < a->n_endpoints; i++)
        if (endpoint_order(&a->endpoints[i], &b->endpoints[i]) != 0)
            return false;
    return true;
}

static int endpoint_find(const void *id, const void *endpoint)
{
    return field_cmp(id, ((const struct ww_endpoint *)endpoint)->container_id);
}

const struct ww_endpoint *ww_network_endpoint(const struct ww_network *n, const char *container_id)
{
    if (!n->n_endpoints)
        return NULL;
    return bsearch(container_id, n->endpoints, n->n_endpoints, sizeof(*n->endpoints), endpoint_find);
}

bool ww_network_is_bridge(const struct ww_network *n)
{
    return is_driver(n, "bridge") && n->bridge;
}

bool ww_network_is_overlay(const struct ww_network *n)
{
    return n->driver && strcmp(n->driver, "overlay") == 0;
}

bool ww_network_has_parent(const struct ww_network *n)
{
    return n->parent && (is_driver(n, "macvlan") || is_driver(n, "ipvlan"));
}

bool ww_network_is_enforceable(const struct ww_network *n)
{
    return is_driver(n, "bridge") || is_driver(n, "null");
}
