#include "core/ir/fence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ww_known_is_leftover(const struct ww_known *k)
{
    return k->managed && k->port && k->port != WW_PORT_NOWHERE && ww_mac_is_zero(&k->addrs.mac);
}

struct ww_fence *ww_fence_new(const char *id, const char *name, const char *bridge)
{
    struct ww_fence *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->refs = 1;
    f->id = strdup(id);
    f->name = strdup(name);
    f->bridge = strdup(bridge);
    if (f->id && f->name && f->bridge)
        return f;
    ww_fence_unref(f);
    return NULL;
}

struct ww_fence *ww_fence_ref(struct ww_fence *f)
{
    f->refs++;
    return f;
}

static void known_done(struct ww_known *known)
{
    free(known->container);
    free(known->sources);
}

static void list_free(struct ww_known *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        known_done(&list[i]);
    free(list);
}

void ww_fence_unref(struct ww_fence *f)
{
    if (!f || --f->refs > 0)
        return;
    list_free(f->known, f->n_known);
    list_free(f->bystanders, f->n_bystanders);
    free(f->always);
    free(f->aux);
    free(f->own);
    free(f->subnets);
    free(f->bridge);
    free(f->name);
    free(f->id);
    free(f);
}

int ww_fence_add_subnet(struct ww_fence *f, const struct ww_addr_range *range)
{
    if (f->sealed)
        return -EINVAL;
    struct ww_addr_range *list = realloc(f->subnets, (f->n_subnets + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[f->n_subnets++] = *range;
    f->subnets = list;
    return 0;
}

static int add_addr(struct ww_addr **list, size_t *n, const struct ww_addr *addr)
{
    struct ww_addr *grown = realloc(*list, (*n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    grown[(*n)++] = *addr;
    *list = grown;
    return 0;
}

int ww_fence_add_always(struct ww_fence *f, const struct ww_addr *addr)
{
    return f->sealed ? -EINVAL : add_addr(&f->always, &f->n_always, addr);
}

int ww_fence_add_aux(struct ww_fence *f, const struct ww_addr *addr)
{
    int rc = ww_fence_add_always(f, addr);
    return rc < 0 ? rc : add_addr(&f->aux, &f->n_aux, addr);
}

int ww_fence_add_own(struct ww_fence *f, const struct ww_addr *addr)
{
    return f->sealed ? -EINVAL : add_addr(&f->own, &f->n_own, addr);
}

static int copy_known(const struct ww_known *from, struct ww_known *to)
{
    *to = *from;
    to->container = strdup(from->container);
    to->sources = from->n_sources ? calloc(from->n_sources, sizeof(*to->sources)) : NULL;
    if (!to->container || (from->n_sources && !to->sources)) {
        known_done(to);
        return -ENOMEM;
    }
    for (size_t i = 0; i < from->n_sources; i++)
        to->sources[i] = from->sources[i];
    return 0;
}

/* Room for one more, doubling: a network may have a thousand endpoints. */
static int reserve_known(struct ww_known **list, size_t n)
{
    if (n & (n - 1) || (n == 0 && *list))
        return 0;
    struct ww_known *grown = realloc(*list, (n ? 2 * n : 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    *list = grown;
    return 0;
}

static int add_known(struct ww_known **list, size_t *n, const struct ww_known *known)
{
    int rc = reserve_known(list, *n);
    if (rc == 0)
        rc = copy_known(known, &(*list)[*n]);
    if (rc == 0)
        ++*n;
    return rc;
}

int ww_fence_add_known(struct ww_fence *f, const struct ww_known *known)
{
    return f->sealed ? -EINVAL : add_known(&f->known, &f->n_known, known);
}

int ww_fence_add_bystander(struct ww_fence *f, const struct ww_known *bystander)
{
    return f->sealed ? -EINVAL : add_known(&f->bystanders, &f->n_bystanders, bystander);
}

static int find_cmp(const void *container, const void *known)
{
    return strcmp(container, ((const struct ww_known *)known)->container);
}

const struct ww_known *ww_fence_find(const struct ww_fence *f, const char *container)
{
    return f->n_known ? bsearch(container, f->known, f->n_known, sizeof(*f->known), find_cmp) : NULL;
}

static bool same_known(const struct ww_known *a, const struct ww_known *b)
{
    if (strcmp(a->container, b->container) != 0 || a->managed != b->managed || a->port != b->port ||
        memcmp(&a->port_mac, &b->port_mac, sizeof(a->port_mac)) != 0 ||
        ww_endpoint_addrs_cmp(&a->addrs, &b->addrs) != 0 || a->n_sources != b->n_sources)
        return false;
    for (size_t i = 0; i < a->n_sources; i++)
        if (ww_addr_cmp(&a->sources[i], &b->sources[i]) != 0)
            return false;
    return true;
}

/* Both are sorted by container: one walk. */
static int each_only(const struct ww_known *list, size_t n, const struct ww_known *others, size_t n_others,
                     int (*fn)(const struct ww_known *known, void *arg), void *arg)
{
    size_t j = 0;
    for (size_t i = 0; i < n; i++) {
        const struct ww_known *k = &list[i];
        while (j < n_others && strcmp(others[j].container, k->container) < 0)
            j++;
        if (j < n_others && same_known(&others[j], k))
            continue;
        int rc = fn(k, arg);
        if (rc)
            return rc;
    }
    return 0;
}

int ww_fence_each_only(const struct ww_fence *f, const struct ww_fence *other,
                       int (*fn)(const struct ww_known *known, void *arg), void *arg)
{
    return each_only(f->known, f->n_known, other ? other->known : NULL, other ? other->n_known : 0, fn, arg);
}

int ww_fence_each_bystander_only(const struct ww_fence *f, const struct ww_fence *other,
                                 int (*fn)(const struct ww_known *bystander, void *arg), void *arg)
{
    return each_only(f->bystanders, f->n_bystanders, other ? other->bystanders : NULL, other ? other->n_bystanders : 0,
                     fn, arg);
}
