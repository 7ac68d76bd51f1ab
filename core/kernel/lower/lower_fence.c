#include "core/kernel/lower/lower_fence.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "core/kernel/lower/lower_internal.h"

static void put_key(struct ww_lowering *l, enum ww_stem stem, int family, const void *bytes, uint8_t len,
                    const char *value)
{
    struct ww_key key = {0};
    ww_key_add(&key, bytes, len);
    ww_lower_put(l, stem, family, &key, value, NULL);
}

static void put_addr(struct ww_lowering *l, enum ww_stem stem, const struct ww_addr *addr)
{
    if (addr->family)
        put_key(l, stem, addr->family, addr->bytes, (uint8_t)ww_addr_size(addr), NULL);
}

struct bridge_name {
    char text[IFNAMSIZ];
};

static struct bridge_name bridge_name_of(const struct ww_fence *f)
{
    struct bridge_name name = {0};
    strncpy(name.text, f->bridge, sizeof(name.text) - 1);
    return name;
}

static void put_bridge(struct ww_lowering *l, enum ww_stem stem, const struct ww_fence *f, const char *value)
{
    struct bridge_name name = bridge_name_of(f);
    put_key(l, stem, 0, name.text, sizeof(name.text), value);
}

/* What the network sets aside, on its own bridge (its name or MAC) only: elsewhere any container may have it. */
static void put_aside(struct ww_lowering *l, enum ww_stem stem, const struct ww_fence *f, const void *bridge,
                      uint8_t len)
{
    for (size_t i = 0; i < f->n_aux; i++) {
        struct ww_key key = {0};
        ww_key_add(&key, bridge, len);
        ww_key_addr(&key, &f->aux[i]);
        ww_lower_put(l, stem, f->aux[i].family, &key, NULL, NULL);
    }
}

/* One endpoint of a guarded network. What a managed one may send from is in its ruleset's elements. */
static void put_known(struct ww_lowering *l, const struct ww_known *k)
{
    put_addr(l, WW_KNOWN, &k->addrs.ipv4);
    put_addr(l, WW_KNOWN, &k->addrs.ipv6);
    if (ww_mac_is_zero(&k->addrs.mac))
        return;
    struct ww_addr link_local = ww_mac_link_local(&k->addrs.mac);
    put_addr(l, WW_KNOWN, &link_local);
    if (!k->managed && k->port != WW_PORT_NOWHERE)
        put_key(l, WW_FREE, 0, k->addrs.mac.bytes, sizeof(k->addrs.mac.bytes), NULL);
}

/* The subnets of one family as spans, merged; *ret_n how many. NULL: none, or out of memory. */
static struct ww_span *make_spans(struct ww_lowering *l, const struct ww_fence *f, int family, size_t *ret_n)
{
    size_t n = 0;
    struct ww_span *spans = ww_arena_alloc(&l->out->arena, (f->n_subnets + 1) * sizeof(*spans));
    for (size_t i = 0; spans && i < f->n_subnets; i++) {
        if (f->subnets[i].lo.family != family)
            continue;
        memcpy(spans[n].lo, f->subnets[i].lo.bytes, sizeof(spans[n].lo));
        memcpy(spans[n++].hi, f->subnets[i].hi.bytes, sizeof(spans[n].hi));
    }
    *ret_n = ww_spans_merge(spans, n, family == AF_INET ? 4 : 16);
    return spans;
}

/* An address of the network's that no known endpoint has. Addresses outside of it may lie behind a known endpoint that
 * routes. */
static void push_lockdown(struct ww_lowering *l, const struct ww_fence *f, int family, struct ww_stmts *list)
{
    size_t n = 0;
    const struct ww_span *spans = make_spans(l, f, family, &n);
    if (!n)
        return;
    struct ww_stmt stmt = {.family = (uint8_t)family};
    ww_stmt_add(&stmt, (struct ww_term){.kind = WW_T_IN, .field = WW_F_DADDR, .spans = spans, .n_spans = n});
    ww_stmt_add(&stmt, (struct ww_term){.kind = WW_T_SET, .set = WW_KNOWN, .negate = true});
    ww_stmt_add(&stmt, (struct ww_term){.kind = WW_T_GOTO, .text = "drop-guard"});
    ww_lower_push(l, list, &stmt);
}

/* Where known endpoints are not bound table bridge does not tell them from endpoints that are not known. */
static bool is_bound(const struct ww_fence *f)
{
    for (size_t i = 0; i < f->n_known; i++)
        if (!f->known[i].port && !ww_mac_is_zero(&f->known[i].addrs.mac))
            return false;
    return true;
}

/* Flows of image builds go on while the default bridge is guarded for the moment: there only new flows are judged. */
static void put_closed(struct ww_lowering *l, const struct ww_fence *f)
{
    put_bridge(l, WW_CLOSED, f, NULL);
    if (!ww_mac_is_zero(&f->own_mac))
        put_key(l, WW_CLOSED_MAC, 0, f->own_mac.bytes, sizeof(f->own_mac.bytes), NULL);
    put_aside(l, WW_ASIDE_AT, f, bridge_name_of(f).text, IFNAMSIZ);
    if (!ww_mac_is_zero(&f->own_mac))
        put_aside(l, WW_ASIDE, f, f->own_mac.bytes, sizeof(f->own_mac.bytes));
}

static void put_guarded(struct ww_lowering *l, const struct ww_fence *f)
{
    struct ww_stmts list = {0};
    const char *tag = ww_lower_tag(l, f->name, f->id);
    const char *name = tag ? ww_arena_fmt(&l->out->arena, "fence-%s", tag) : NULL;
    if (!name)
        return;
    push_lockdown(l, f, AF_INET, &list);
    push_lockdown(l, f, AF_INET6, &list);
    ww_lower_chain(l, name, &list);
    put_bridge(l, WW_FENCE_C, f, name);
    put_bridge(l, WW_GUARDED, f, NULL);
    if (!f->brief && is_bound(f))
        put_closed(l, f);
    for (size_t i = 0; i < f->n_always; i++)
        put_addr(l, WW_KNOWN, &f->always[i]);
    put_aside(l, WW_AUX, f, bridge_name_of(f).text, IFNAMSIZ);
}

static bool has_managed(const struct ww_fence *f)
{
    for (size_t i = 0; i < f->n_known; i++)
        if (f->known[i].managed)
            return true;
    return false;
}

/* Does it matter there which endpoint says to be the bridge? */
static bool has_something_to_lose(const struct ww_fence *f)
{
    return f->guarded || has_managed(f);
}

/* What stays within it is not judged here. */
static void put_apart(struct ww_lowering *l, const struct ww_fence *f)
{
    struct ww_key key = {0};
    char name[IFNAMSIZ] = "";
    strncpy(name, f->bridge, sizeof(name) - 1);
    ww_key_add(&key, name, sizeof(name));
    ww_key_add(&key, name, sizeof(name));
    ww_lower_put(l, WW_APART, 0, &key, NULL, NULL);
}

static void put_host(struct ww_lowering *l, const struct ww_fence *f)
{
    for (size_t i = 0; i < f->n_own; i++)
        put_addr(l, WW_HOSTADDR, &f->own[i]);
    if (f->held)
        ww_lower_host(l, f);
}

static void put_fence(struct ww_lowering *l, const struct ww_fence *f)
{
    if (f->host) {
        put_host(l, f);
        return;
    }
    if (f->apart) {
        put_apart(l, f);
        return;
    }
    put_bridge(l, WW_INSIDE, f, NULL);
    if (!ww_mac_is_zero(&f->own_mac))
        put_key(l, WW_GATE_MAC, 0, f->own_mac.bytes, sizeof(f->own_mac.bytes), NULL);
    if (has_something_to_lose(f))
        ww_lower_own(l, f);
    else
        ww_lower_own_link(l, f);
    if (f->guarded)
        put_guarded(l, f);
}

static bool same_addrs(const struct ww_addr *a, size_t n_a, const struct ww_addr *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (ww_addr_cmp(&a[i], &b[i]) != 0)
            return false;
    return true;
}

static bool same_network(const struct ww_fence *a, const struct ww_fence *b)
{
    if (a->guarded != b->guarded || a->brief != b->brief || is_bound(a) != is_bound(b) || a->apart != b->apart ||
        a->host != b->host || a->held != b->held || strcmp(a->bridge, b->bridge) != 0 ||
        strcmp(a->name, b->name) != 0 || a->n_subnets != b->n_subnets ||
        !same_addrs(a->always, a->n_always, b->always, b->n_always) ||
        !same_addrs(a->aux, a->n_aux, b->aux, b->n_aux) || !same_addrs(a->own, a->n_own, b->own, b->n_own) ||
        memcmp(&a->own_mac, &b->own_mac, sizeof(a->own_mac)) != 0 ||
        has_something_to_lose(a) != has_something_to_lose(b))
        return false;
    for (size_t i = 0; i < a->n_subnets; i++)
        if (ww_addr_range_cmp(&a->subnets[i], &b->subnets[i]) != 0)
            return false;
    return true;
}

struct putting {
    struct ww_lowering *l;
    const struct ww_fence *fence;
};

/* Whose errors about a flow are believed: those of the flow's ends. */
static void put_peer(struct ww_lowering *l, const struct ww_known *k)
{
    const struct ww_addr *addrs[] = {&k->addrs.ipv4, &k->addrs.ipv6};
    for (size_t i = 0; i < 2; i++) {
        struct ww_key key = {0};
        if (!addrs[i]->family || ww_mac_is_zero(&k->addrs.mac))
            continue;
        ww_key_add(&key, k->addrs.mac.bytes, sizeof(k->addrs.mac.bytes));
        ww_key_addr(&key, addrs[i]);
        ww_lower_put(l, WW_PEER, addrs[i]->family, &key, NULL, NULL);
    }
}

static int put_one_known(const struct ww_known *k, void *arg)
{
    const struct putting *putting = arg;
    if (putting->fence->guarded)
        put_known(putting->l, k);
    if (!k->managed)
        put_peer(putting->l, k);
    ww_lower_bind(putting->l, k, k->managed || putting->fence->guarded, putting->fence->guarded);
    return 0;
}

static int put_one_bystander(const struct ww_known *k, void *arg)
{
    const struct putting *putting = arg;
    if (putting->fence->apart) {
        put_key(putting->l, WW_FOREIGN, 0, &k->port, sizeof(k->port), NULL);
        return 0;
    }
    put_peer(putting->l, k);
    ww_lower_bind(putting->l, k, false, false);
    return 0;
}

int ww_lower_fence(const struct ww_fence *f, const struct ww_fence *other, struct ww_lowered *ret_lowered,
                   struct ww_error *err)
{
    if (!f->sealed)
        return ww_fail(err, -EINVAL, "the fence of network '%s' is not sealed", f->name);
    __attribute__((cleanup(ww_lowered_done))) struct ww_lowered out = {0};
    struct ww_lowering l = {.out = &out};
    bool alike = other && other->guarded == f->guarded && strcmp(other->bridge, f->bridge) == 0;
    if (!(other && same_network(f, other)))
        put_fence(&l, f);
    struct putting putting = {.l = &l, .fence = f};
    ww_fence_each_only(f, alike ? other : NULL, put_one_known, &putting);
    ww_fence_each_bystander_only(f, alike ? other : NULL, put_one_bystander, &putting);
    if (out.arena.failed)
        return ww_fail(err, -ENOMEM, "out of memory while lowering the fence of network '%s'", f->name);
    ww_lowered_sort(&out);
    *ret_lowered = out;
    out = (struct ww_lowered){0};
    return 0;
}
