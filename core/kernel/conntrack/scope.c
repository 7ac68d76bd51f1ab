#include "core/kernel/conntrack/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_addr(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static int compare_port(const void *a, const void *b)
{
    const struct ww_scope_port *x = a, *y = b;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return (x->hport > y->hport) - (x->hport < y->hport);
}

static void put_addr(struct ww_scope *scope, const struct ww_addr *addr)
{
    if (addr->family)
        scope->addrs[scope->n_addrs++] = *addr;
}

static void put_endpoint(struct ww_scope *scope, const struct ww_endpoint_addrs *e)
{
    put_addr(scope, &e->ipv4);
    put_addr(scope, &e->ipv6);
    if (ww_mac_is_zero(&e->mac))
        return;
    struct ww_addr local = ww_mac_link_local(&e->mac);
    put_addr(scope, &local);
}

static void put_ruleset(struct ww_scope *scope, const struct ww_ruleset *rs)
{
    for (size_t i = 0; rs && i < rs->n_endpoints; i++)
        put_endpoint(scope, &rs->endpoints[i]);
    for (size_t i = 0; rs && i < rs->n_published; i++)
        if (rs->published[i].hport)
            scope->ports[scope->n_ports++] = (struct ww_scope_port){rs->published[i].proto, rs->published[i].hport};
}

/* Where the network is still guarded, who left is gone; where it is not any more, others are merely not counted. */
struct leaving {
    struct ww_scope *scope;
    const struct ww_fence *to;
};

static int put_left(const struct ww_known *k, void *arg)
{
    struct leaving *l = arg;
    const struct ww_known *now = ww_fence_find(l->to, k->container);
    if (!now || ww_endpoint_addrs_cmp(&now->addrs, &k->addrs) != 0)
        put_endpoint(l->scope, &k->addrs);
    return 0;
}

bool ww_scope_tells_left(const struct ww_fence_change *change)
{
    return change->from && change->from->guarded && change->to && change->to->guarded;
}

static void put_fence(struct ww_scope *scope, const struct ww_fence_change *change)
{
    struct leaving l = {.scope = scope, .to = change->to};
    if (ww_scope_tells_left(change))
        ww_fence_each_only(change->from, change->to, put_left, &l);
}

static void count(const struct ww_ruleset *rs, size_t *addrs, size_t *ports)
{
    if (!rs)
        return;
    *addrs += rs->n_endpoints * 3;
    *ports += rs->n_published;
}

static int make_room(struct ww_scope *scope, const struct ww_diff *diff, const struct ww_fence_diff *fences)
{
    size_t addrs = 1, ports = 1;
    for (size_t i = 0; i < diff->n; i++) {
        count(diff->changes[i].from, &addrs, &ports);
        count(diff->changes[i].to, &addrs, &ports);
    }
    for (size_t i = 0; fences && i < fences->n; i++)
        if (ww_scope_tells_left(&fences->changes[i]))
            addrs += fences->changes[i].from->n_known * 3;
    scope->addrs = calloc(addrs, sizeof(*scope->addrs));
    scope->ports = calloc(ports, sizeof(*scope->ports));
    return scope->addrs && scope->ports ? 0 : -ENOMEM;
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

void ww_scope_sort(struct ww_scope *scope)
{
    scope->n_addrs = sort_unique(scope->addrs, scope->n_addrs, sizeof(*scope->addrs), compare_addr);
    scope->n_ports = sort_unique(scope->ports, scope->n_ports, sizeof(*scope->ports), compare_port);
}

int ww_scope_add(struct ww_scope *scope, const struct ww_scope *other, struct ww_error *err)
{
    struct ww_addr *addrs = realloc(scope->addrs, (scope->n_addrs + other->n_addrs + 1) * sizeof(*addrs));
    if (addrs)
        scope->addrs = addrs;
    struct ww_scope_port *ports = realloc(scope->ports, (scope->n_ports + other->n_ports + 1) * sizeof(*ports));
    if (ports)
        scope->ports = ports;
    if (!addrs || !ports)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < other->n_addrs; i++)
        addrs[scope->n_addrs++] = other->addrs[i];
    for (size_t i = 0; i < other->n_ports; i++)
        ports[scope->n_ports++] = other->ports[i];
    ww_scope_sort(scope);
    return 0;
}

int ww_scope_init(struct ww_scope *ret_scope, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                  struct ww_error *err)
{
    struct ww_scope scope = {0};
    if (make_room(&scope, diff, fences) < 0) {
        ww_scope_done(&scope);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < diff->n; i++) {
        put_ruleset(&scope, diff->changes[i].from);
        put_ruleset(&scope, diff->changes[i].to);
    }
    for (size_t i = 0; fences && i < fences->n; i++)
        put_fence(&scope, &fences->changes[i]);
    ww_scope_sort(&scope);
    *ret_scope = scope;
    return 0;
}

void ww_scope_done(struct ww_scope *scope)
{
    free(scope->addrs);
    free(scope->ports);
    *scope = (struct ww_scope){0};
}

bool ww_scope_has(const struct ww_scope *scope, const struct ww_addr *addr)
{
    return scope->n_addrs && bsearch(addr, scope->addrs, scope->n_addrs, sizeof(*addr), compare_addr);
}

bool ww_scope_has_port(const struct ww_scope *scope, uint8_t proto, uint16_t hport)
{
    const struct ww_scope_port key = {proto, hport};
    return hport && scope->n_ports && bsearch(&key, scope->ports, scope->n_ports, sizeof(key), compare_port);
}
