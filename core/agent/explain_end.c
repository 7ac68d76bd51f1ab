#include "core/agent/explain_end.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"

#define ID_LEAST 12
#define HOST "host" /* the fence that has the host's own addresses, and the word for the host */

static int add_place(struct ww_end *end, const struct ww_addr *addr, const struct ww_network *network)
{
    struct ww_place *places = reallocarray(end->places, end->n_places + 1, sizeof(*places));
    if (!places)
        return -ENOMEM;
    end->places = places;
    places[end->n_places++] = (struct ww_place){.addr = *addr, .network = network};
    return 0;
}

static int add_endpoint_places(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    int rc = e->addrs.ipv4.family ? add_place(arg, &e->addrs.ipv4, n) : 0;
    if (rc == 0 && e->addrs.ipv6.family)
        rc = add_place(arg, &e->addrs.ipv6, n);
    return rc;
}

struct in_subnet {
    const struct ww_addr *addr;
    const struct ww_fence *found;
};

static int has_subnet(struct ww_fence *f, void *arg)
{
    struct in_subnet *in = arg;
    for (size_t i = 0; i < f->n_subnets && !f->host && !f->apart; i++)
        if (ww_addr_range_contains(&f->subnets[i], in->addr))
            in->found = f;
    return in->found != NULL;
}

const struct ww_fence *ww_end_fence(const struct ww_agent *a, const struct ww_addr *addr)
{
    struct in_subnet in = {.addr = addr};
    ww_fences_each(a->fences_applied, has_subnet, &in);
    return in.found;
}

static bool own_of_family(const struct ww_agent *a, const struct ww_fence *f, int family, struct ww_addr *ret_addr)
{
    for (size_t i = 0; f && i < f->n_own; i++) {
        const struct ww_addr *addr = &f->own[i];
        if (addr->family != family || ww_addr_is_link_local(addr) || (f->host && ww_end_fence(a, addr)))
            continue;
        *ret_addr = *addr;
        return true;
    }
    return false;
}

static bool gateway_of_family(const struct ww_network *n, int family, struct ww_addr *ret_addr)
{
    for (size_t i = 0; n && i < n->n_subnets; i++) {
        if (n->subnets[i].gateway.family != family)
            continue;
        *ret_addr = n->subnets[i].gateway;
        return true;
    }
    return false;
}

bool ww_end_host_addr(const struct ww_agent *a, const char *network, int family, struct ww_addr *ret_addr)
{
    const struct ww_fence *f = ww_fences_get(a->fences_applied, network ? network : HOST);
    return own_of_family(a, f, family, ret_addr) ||
           (network && gateway_of_family(ww_world_network(a->world, network), family, ret_addr));
}

static bool is_own(const struct ww_fence *f, const struct ww_addr *addr)
{
    for (size_t i = 0; f && i < f->n_own; i++)
        if (ww_addr_cmp(&f->own[i], addr) == 0)
            return true;
    return false;
}

struct by_addr {
    const struct ww_addr *addr;
    const struct ww_network *network;
    const char *container; /* its id */
};

static int has_addr(const struct ww_network *n, void *arg)
{
    struct by_addr *by = arg;
    for (size_t i = 0; i < n->n_endpoints && !by->container; i++) {
        const struct ww_endpoint_addrs *e = &n->endpoints[i].addrs;
        if (ww_addr_cmp(&e->ipv4, by->addr) != 0 && ww_addr_cmp(&e->ipv6, by->addr) != 0)
            continue;
        by->network = n;
        by->container = n->endpoints[i].container_id;
    }
    return by->container != NULL;
}

static int find_address(const struct ww_agent *a, const struct ww_addr *addr, struct ww_end *end)
{
    struct by_addr by = {.addr = addr};
    ww_world_each_network(a->world, has_addr, &by);
    end->named_address = true;
    end->container = by.container ? ww_world_container(a->world, by.container) : NULL;
    end->head = end->container ? by.container : NULL;
    if (end->container)
        end->kind = WW_END_CONTAINER;
    else if (ww_addr_is_loopback(addr) || is_own(ww_fences_get(a->fences_applied, HOST), addr) ||
             is_own(ww_end_fence(a, addr), addr))
        end->kind = WW_END_HOST;
    else
        end->kind = WW_END_ADDRESS;
    return add_place(end, addr, by.network);
}

/* Of several that go by a name the one is meant that stands closest to the other end. */
struct by_name {
    const struct ww_agent *agent;
    const char *text;
    size_t len;
    const struct ww_end *other; /* NULL: there is none */
    const struct ww_container *found;
    int rank;
    size_t n;    /* how many go by it, */
    size_t n_up; /* and of these how many run */
};

static int is_shared(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    const struct ww_end *other = arg;
    (void)e;
    for (size_t i = 0; i < other->n_places; i++)
        if (other->places[i].network == n)
            return 1;
    return 0;
}

static bool shares_network(const struct by_name *by, const struct ww_container *c)
{
    const char *head = ww_world_home(by->agent->world, c->id);
    return ww_world_each_endpoint(by->agent->world, head ? head : c->id, is_shared, (void *)by->other) > 0;
}

/* As labels have it: first those of the same compose project, then those on a network of the other end. */
static int rank_of(const struct by_name *by, const struct ww_container *c)
{
    const struct ww_container *other = by->other ? by->other->container : NULL;
    int rank = ww_container_is_up(c) ? 4 : 0;
    if (other && other->project && c->project && strcmp(other->project, c->project) == 0)
        rank += 2;
    if (other && shares_network(by, c))
        rank += 1;
    return rank;
}

static int take_named(const struct ww_container *c, void *arg)
{
    struct by_name *by = arg;
    int rank = rank_of(by, c);
    if (!by->found || rank > by->rank) {
        by->found = c;
        by->rank = rank;
    }
    by->n++;
    by->n_up += ww_container_is_up(c);
    return 0;
}

static int take_id(const struct ww_container *c, void *arg)
{
    const struct by_name *by = arg;
    return strncmp(c->id, by->text, by->len) == 0 ? take_named(c, arg) : 0;
}

/* What has ended (an old task of a swarm's service, say) is not counted beside what runs. */
static const struct ww_container *find_container(const struct ww_agent *a, const char *text, const struct ww_end *other,
                                                 size_t *ret_alike)
{
    struct by_name by = {.agent = a, .text = text[0] == '/' ? text + 1 : text, .other = other};
    by.len = strlen(by.text);
    by.found = ww_world_container_by_name(a->world, by.text);
    if (by.found)
        by.n = 1;
    if (!by.found)
        ww_world_each_named(a->world, by.text, take_named, &by);
    if (!by.found && by.len >= ID_LEAST)
        ww_world_each_container(a->world, take_id, &by);
    *ret_alike = by.n_up ? by.n_up : by.n;
    return by.found;
}

static bool is_on_host_network(const struct ww_agent *a, const char *head)
{
    const struct ww_container *home = ww_world_container(a->world, head);
    return home && home->network_mode && strcmp(home->network_mode, "host") == 0;
}

const char *ww_end_names(const struct ww_agent *a)
{
    return a->ready ? "" : " that is known before the engine's first list";
}

static int find_named(const struct ww_agent *a, const struct ww_end *other, struct ww_end *end, struct ww_error *err)
{
    end->container = find_container(a, end->text, other, &end->alike);
    if (!end->container)
        return ww_fail(err, -ENOENT, "'%.100s' is no container, no service and no address%s", end->text,
                       ww_end_names(a));
    const char *head = ww_world_home(a->world, end->container->id);
    end->head = head ? head : end->container->id;
    end->kind = is_on_host_network(a, end->head) ? WW_END_HOST : WW_END_CONTAINER;
    return ww_world_each_endpoint(a->world, end->head, add_endpoint_places, end);
}

int ww_end_find_near(const struct ww_agent *a, const char *text, const struct ww_end *other, struct ww_end *ret_end,
                     struct ww_error *err)
{
    struct ww_end end = {.kind = WW_END_HOST, .text = text};
    struct ww_addr addr;
    int rc = 0;
    if (strcmp(text, "internet") == 0)
        end.kind = WW_END_INTERNET;
    else if (ww_addr_parse(text, &addr, NULL) == 0)
        rc = find_address(a, &addr, &end);
    else if (strcmp(text, HOST) != 0)
        rc = find_named(a, other, &end, err);
    end.rs = end.kind == WW_END_CONTAINER ? ww_plan_get(a->applied, end.head) : NULL;
    if (rc == 0) {
        *ret_end = end;
        return 0;
    }
    ww_end_done(&end);
    return rc == -ENOMEM ? ww_fail(err, rc, "out of memory") : rc;
}

int ww_end_find(const struct ww_agent *a, const char *text, struct ww_end *ret_end, struct ww_error *err)
{
    return ww_end_find_near(a, text, NULL, ret_end, err);
}

void ww_end_done(struct ww_end *end)
{
    free(end->places);
    end->places = NULL;
    end->n_places = 0;
}

/* Does a rule name the address, other than as one of all of its family? */
static bool is_named(const struct ww_ruleset *rs, const struct ww_addr *addr)
{
    for (size_t i = 0; rs && i < rs->n_rules; i++)
        for (size_t k = 0; k < rs->rules[i].n_peers; k++) {
            const struct ww_addr_range *range = &rs->rules[i].peers[k];
            if (!ww_addr_is_any(&range->lo) && ww_addr_range_contains(range, addr))
                return true;
        }
    return false;
}

int ww_end_settle(const struct ww_agent *a, struct ww_end *end, const struct ww_ruleset *other)
{
    /* Of documentation and benchmarking (RFC 5737, 2544, 3849): no host of the internet has one of them. */
    static const char *const candidates[] = {"192.0.2.77",        "203.0.113.77",        "198.51.100.77",
                                             "198.18.7.77",       "198.19.7.77",         "2001:db8:ffff:77::77",
                                             "2001:db8:7777::77", "2001:db8:fffe:7::77", "3fff:7::77"};
    uint8_t found = 0;
    int rc = 0;
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]) && rc == 0; i++) {
        struct ww_addr addr;
        if (end->kind != WW_END_INTERNET || ww_addr_parse(candidates[i], &addr, NULL) < 0 || addr.family == found ||
            is_named(other, &addr) || ww_end_fence(a, &addr))
            continue;
        found = addr.family; /* those of one family stand together */
        rc = add_place(end, &addr, NULL);
    }
    return rc;
}
