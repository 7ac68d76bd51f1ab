#include "core/kernel/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_addr(const void *a, const void *b)
{
    return ww_addr_cmp(&((const struct ww_scope_addr *)a)->addr, &((const struct ww_scope_addr *)b)->addr);
}

static int compare_port(const void *a, const void *b)
{
    const struct ww_scope_port *x = a, *y = b;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return (x->hport > y->hport) - (x->hport < y->hport);
}

static void put_addr(struct ww_scope *scope, const struct ww_addr *addr, const struct ww_change *change)
{
    if (addr->family)
        scope->addrs[scope->n_addrs++] = (struct ww_scope_addr){*addr, change};
}

static void put_ruleset(struct ww_scope *scope, const struct ww_ruleset *rs, const struct ww_change *change)
{
    for (size_t i = 0; rs && i < rs->n_endpoints; i++) {
        put_addr(scope, &rs->endpoints[i].ipv4, change);
        put_addr(scope, &rs->endpoints[i].ipv6, change);
        if (!ww_mac_is_zero(&rs->endpoints[i].mac)) {
            struct ww_addr local = ww_mac_link_local(&rs->endpoints[i].mac);
            put_addr(scope, &local, change);
        }
    }
    for (size_t i = 0; rs && i < rs->n_published; i++)
        if (rs->published[i].hport)
            scope->ports[scope->n_ports++] = (struct ww_scope_port){rs->published[i].proto, rs->published[i].hport};
}

static void count(const struct ww_ruleset *rs, size_t *addrs, size_t *ports)
{
    if (!rs)
        return;
    *addrs += rs->n_endpoints * 3;
    *ports += rs->n_published;
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

int ww_scope_init(struct ww_scope *ret_scope, const struct ww_diff *diff, struct ww_error *err)
{
    struct ww_scope scope = {0};
    size_t addrs = 1, ports = 1;
    for (size_t i = 0; i < diff->n; i++) {
        count(diff->changes[i].from, &addrs, &ports);
        count(diff->changes[i].to, &addrs, &ports);
    }
    scope.addrs = calloc(addrs, sizeof(*scope.addrs));
    scope.ports = calloc(ports, sizeof(*scope.ports));
    if (!scope.addrs || !scope.ports) {
        ww_scope_done(&scope);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < diff->n; i++) {
        put_ruleset(&scope, diff->changes[i].from, &diff->changes[i]);
        put_ruleset(&scope, diff->changes[i].to, &diff->changes[i]);
    }
    scope.n_addrs = sort_unique(scope.addrs, scope.n_addrs, sizeof(*scope.addrs), compare_addr);
    scope.n_ports = sort_unique(scope.ports, scope.n_ports, sizeof(*scope.ports), compare_port);
    *ret_scope = scope;
    return 0;
}

void ww_scope_done(struct ww_scope *scope)
{
    free(scope->addrs);
    free(scope->ports);
    *scope = (struct ww_scope){0};
}

const struct ww_change *ww_scope_find(const struct ww_scope *scope, const struct ww_addr *addr)
{
    const struct ww_scope_addr key = {.addr = *addr};
    const struct ww_scope_addr *found =
        scope->n_addrs ? bsearch(&key, scope->addrs, scope->n_addrs, sizeof(key), compare_addr) : NULL;
    return found ? found->change : NULL;
}

bool ww_scope_has_port(const struct ww_scope *scope, uint8_t proto, uint16_t hport)
{
    const struct ww_scope_port key = {proto, hport};
    return hport && scope->n_ports && bsearch(&key, scope->ports, scope->n_ports, sizeof(key), compare_port);
}
