#include "core/kernel/conntrack/affected.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_addr(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static int compare_port(const void *a, const void *b)
{
    const struct ww_affected_port *x = a, *y = b;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return (x->hport > y->hport) - (x->hport < y->hport);
}

static void put_affected(struct ww_affected *affected, const struct ww_addr *addr)
{
    if (addr->family)
        affected->addrs[affected->n_addrs++] = *addr;
}

static void put_endpoint(struct ww_affected *affected, const struct ww_endpoint_addrs *e)
{
    put_affected(affected, &e->ipv4);
    put_affected(affected, &e->ipv6);
    if (ww_mac_is_zero(&e->mac))
        return;
    struct ww_addr local = ww_mac_link_local(&e->mac);
    put_affected(affected, &local);
}

static void put_ruleset(struct ww_affected *affected, const struct ww_ruleset *rs)
{
    for (size_t i = 0; rs && i < rs->n_endpoints; i++)
        put_endpoint(affected, &rs->endpoints[i]);
    for (size_t i = 0; rs && i < rs->n_published; i++)
        if (rs->published[i].hport)
            affected->ports[affected->n_ports++] =
                (struct ww_affected_port){rs->published[i].proto, rs->published[i].hport};
}

/* Where the network is still guarded, an endpoint that left is gone; where it is not any more, the rest are merely not
 * counted. */
struct leaving {
    struct ww_affected *affected;
    const struct ww_fence *to;
};

static int put_left(const struct ww_known *k, void *arg)
{
    struct leaving *l = arg;
    const struct ww_known *now = ww_fence_find(l->to, k->container);
    if (!now || ww_endpoint_addrs_cmp(&now->addrs, &k->addrs) != 0)
        put_endpoint(l->affected, &k->addrs);
    return 0;
}

bool ww_affected_tells_left(const struct ww_fence_change *change)
{
    return change->from && change->from->guarded && change->to && change->to->guarded;
}

static void put_fence(struct ww_affected *affected, const struct ww_fence_change *change)
{
    struct leaving l = {.affected = affected, .to = change->to};
    if (ww_affected_tells_left(change))
        ww_fence_each_only(change->from, change->to, put_left, &l);
}

static void count_ruleset(const struct ww_ruleset *rs, size_t *addrs, size_t *ports)
{
    if (!rs)
        return;
    *addrs += rs->n_endpoints * 3;
    *ports += rs->n_published;
}

static int make_room(struct ww_affected *affected, const struct ww_diff *diff, const struct ww_fence_diff *fences)
{
    size_t addrs = 1, ports = 1;
    for (size_t i = 0; i < diff->n; i++) {
        count_ruleset(diff->changes[i].from, &addrs, &ports);
        count_ruleset(diff->changes[i].to, &addrs, &ports);
    }
    for (size_t i = 0; fences && i < fences->n; i++)
        if (ww_affected_tells_left(&fences->changes[i]))
            addrs += fences->changes[i].from->n_known * 3;
    affected->addrs = calloc(addrs, sizeof(*affected->addrs));
    affected->ports = calloc(ports, sizeof(*affected->ports));
    return affected->addrs && affected->ports ? 0 : -ENOMEM;
}

/* Sort, and keep one of equal ones. */
static size_t sort_unique(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    char *at = items;
    size_t kept = 0;
    if (n)
        qsort(items, n, size, compare);
    for (size_t i = 0; i < n; i++) {
        if (kept && !compare(at + (kept - 1) * size, at + i * size))
            continue;
        memmove(at + kept++ * size, at + i * size, size);
    }
    return kept;
}

void ww_affected_sort(struct ww_affected *affected)
{
    affected->n_addrs = sort_unique(affected->addrs, affected->n_addrs, sizeof(*affected->addrs), compare_addr);
    affected->n_ports = sort_unique(affected->ports, affected->n_ports, sizeof(*affected->ports), compare_port);
}

int ww_affected_add(struct ww_affected *affected, const struct ww_affected *other, struct ww_error *err)
{
    struct ww_addr *addrs = realloc(affected->addrs, (affected->n_addrs + other->n_addrs + 1) * sizeof(*addrs));
    if (addrs)
        affected->addrs = addrs;
    struct ww_affected_port *ports =
        realloc(affected->ports, (affected->n_ports + other->n_ports + 1) * sizeof(*ports));
    if (ports)
        affected->ports = ports;
    if (!addrs || !ports)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < other->n_addrs; i++)
        addrs[affected->n_addrs++] = other->addrs[i];
    for (size_t i = 0; i < other->n_ports; i++)
        ports[affected->n_ports++] = other->ports[i];
    ww_affected_sort(affected);
    return 0;
}

int ww_affected_init(struct ww_affected *ret_affected, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                     struct ww_error *err)
{
    struct ww_affected affected = {0};
    if (make_room(&affected, diff, fences) < 0) {
        ww_affected_done(&affected);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < diff->n; i++) {
        put_ruleset(&affected, diff->changes[i].from);
        put_ruleset(&affected, diff->changes[i].to);
    }
    for (size_t i = 0; fences && i < fences->n; i++)
        put_fence(&affected, &fences->changes[i]);
    ww_affected_sort(&affected);
    *ret_affected = affected;
    return 0;
}

void ww_affected_done(struct ww_affected *affected)
{
    free(affected->addrs);
    free(affected->ports);
    *affected = (struct ww_affected){0};
}

bool ww_affected_has(const struct ww_affected *affected, const struct ww_addr *addr)
{
    return affected->n_addrs && bsearch(addr, affected->addrs, affected->n_addrs, sizeof(*addr), compare_addr);
}

bool ww_affected_has_port(const struct ww_affected *affected, uint8_t proto, uint16_t hport)
{
    const struct ww_affected_port key = {proto, hport};
    return hport && affected->n_ports && bsearch(&key, affected->ports, affected->n_ports, sizeof(key), compare_port);
}
