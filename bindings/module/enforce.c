#include "bindings/module/enforce.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bindings/module/simulation.h"

/* A world being built, container by container. */
struct building {
    struct ww_lab *lab;
    const struct ww_world *world;
    const char **networks; /* their ids, in the order of the lab's numbers */
    size_t n_networks;
    size_t space; /* of the container under way */
    bool placed;  /* it has one */
    struct ww_error *err;
};

static int add_lab_network(const struct ww_network *n, void *arg)
{
    struct building *b = arg;
    struct ww_addr_range ranges[8];
    size_t number;
    if (!ww_network_is_enforceable(n))
        return 0;
    if (n->n_subnets > sizeof(ranges) / sizeof(ranges[0]))
        return ww_fail(b->err, -E2BIG, "network %s has too many subnets", n->name);
    for (size_t i = 0; i < n->n_subnets; i++)
        ranges[i] = n->subnets[i].range;
    int rc = ww_lab_add_network(b->lab, ranges, n->n_subnets, &number, b->err);
    if (rc < 0)
        return ww_context(b->err, "network %s", n->name);
    b->networks[number] = n->id;
    b->n_networks = number + 1;
    return 0;
}

static int attach(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct building *b = arg;
    for (size_t i = 0; i < b->n_networks; i++) {
        if (strcmp(b->networks[i], n->id) != 0)
            continue;
        int rc = b->placed ? 0 : ww_lab_add_container(b->lab, &b->space, b->err);
        b->placed = true;
        return rc < 0 ? rc : ww_lab_attach(b->lab, b->space, i, &e->addrs, b->err);
    }
    return 0;
}

static int add_lab_container(const struct ww_container *c, void *arg)
{
    struct building *b = arg;
    b->placed = false;
    return ww_world_each_endpoint(b->world, c->id, attach, b);
}

static int count_network(const struct ww_network *n, void *arg)
{
    (void)n;
    ++*(size_t *)arg;
    return 0;
}

static void check_addr(lua_State *L, int index, struct ww_addr *ret_addr)
{
    struct ww_error err = {0};
    if (ww_addr_parse(luaL_checkstring(L, index), ret_addr, &err) < 0)
        luaL_error(L, "%s", err.text);
}

static void add_hosts(lua_State *L, struct ww_lab *lab)
{
    struct ww_error err = {0};
    struct ww_addr addr;
    lua_getfield(L, 2, "hosts");
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        check_addr(L, -1, &addr);
        if (ww_lab_add_host_address(lab, &addr, &err) < 0)
            ww_simulation_raise(L, &err);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

/* Of the way at the top. */
static uint16_t port_of(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    uint16_t port = (uint16_t)luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    return port;
}

/* The list is pushed, as memory that the garbage collector frees. */
static struct ww_lab_way *push_ways(lua_State *L, size_t *ret_n)
{
    lua_getfield(L, 2, "ways");
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t n = (size_t)lua_rawlen(L, -1);
    struct ww_lab_way *ways = lua_newuserdatauv(L, (n + 1) * sizeof(*ways), 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        ways[i] = (struct ww_lab_way){.proto = (uint8_t)port_of(L, "proto"),
                                      .from_port = port_of(L, "from_port"),
                                      .to_port = port_of(L, "to_port")};
        lua_getfield(L, -1, "from");
        check_addr(L, -1, &ways[i].from);
        lua_getfield(L, -2, "to");
        check_addr(L, -1, &ways[i].to);
        lua_pop(L, 3);
    }
    *ret_n = n;
    return ways;
}

/* What a failure leaves behind is no lab to send through: only what is complete is marked as enforced. */
int ww_module_enforce(lua_State *L)
{
    struct ww_simulation *s = ww_simulation_check_world(L);
    struct ww_error err = {0};
    struct building b = {.world = s->stage.world, .err = &err};
    size_t n = 0;
    lua_settop(L, 2);
    luaL_checktype(L, 2, LUA_TTABLE);
    ww_world_each_network(b.world, count_network, &n);
    b.networks = lua_newuserdatauv(L, (n + 1) * sizeof(*b.networks), 0);
    if (s->lab)
        return luaL_error(L, s->enforced ? "it is enforced already" : "it could not be enforced before");
    if (ww_lab_new(&s->lab, &err) < 0)
        return ww_simulation_raise(L, &err);
    b.lab = s->lab;
    add_hosts(L, s->lab);
    int rc = ww_world_each_network(b.world, add_lab_network, &b);
    if (rc == 0)
        rc = ww_world_each_container(b.world, add_lab_container, &b);
    const struct ww_lab_way *ways = push_ways(L, &n);
    if (rc == 0)
        rc = ww_lab_enforce(s->lab, s->stage.plan, ways, n, &err);
    s->enforced = rc == 0;
    return rc < 0 ? ww_simulation_raise(L, &err) : 0;
}

struct looking {
    const struct ww_addr *addr;
};

static int has_address(const struct ww_network *n, void *arg)
{
    const struct looking *l = arg;
    for (size_t i = 0; !ww_network_is_enforceable(n) && i < n->n_endpoints; i++)
        if (!ww_addr_cmp(&n->endpoints[i].addrs.ipv4, l->addr) || !ww_addr_cmp(&n->endpoints[i].addrs.ipv6, l->addr))
            return 1;
    return 0;
}

static bool is_elsewhere(const struct ww_simulation *s, const struct ww_addr *addr)
{
    struct looking l = {.addr = addr};
    return addr->family && ww_world_each_network(s->stage.world, has_address, &l) > 0;
}

static bool is_queued(const struct ww_rule *rule)
{
    return rule && rule->verdict.kind == WW_QUEUE;
}

/* Why the kernel's side cannot tell, or is not asked; NULL: it can. */
static const char *untold(const struct ww_simulation *s, const struct ww_flow *flow)
{
    const struct ww_judgement j = ww_flow_judge(s->stage.plan, flow);
    if (is_elsewhere(s, &flow->src) || is_elsewhere(s, &flow->dst))
        return "packets of its network do not pass the host";
    return is_queued(j.sender) || is_queued(j.receiver) ? "a program behind a queue decides" : NULL;
}

static void push_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void push_flag(lua_State *L, const char *key, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, key);
}

static void push_probe(lua_State *L, const struct ww_lab_probe *p)
{
    lua_createtable(L, 0, 5);
    push_flag(L, "delivered", p->delivered);
    push_flag(L, "answered", p->answered);
    push_flag(L, "strayed", p->strayed);
    push_text(L, "untold", p->untold);
    push_text(L, "error", p->send_error ? strerror(p->send_error) : NULL);
}

int ww_module_send(lua_State *L)
{
    struct ww_simulation *s = ww_simulation_check_world(L);
    struct ww_error err = {0};
    luaL_checktype(L, 2, LUA_TTABLE);
    const int quiet = (int)luaL_checkinteger(L, 3);
    const size_t n = (size_t)lua_rawlen(L, 2);
    lua_settop(L, 3);
    struct ww_lab_probe *probes = lua_newuserdatauv(L, (n + 1) * sizeof(*probes), 0);
    if (!s->enforced)
        return luaL_error(L, "nothing is enforced");
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        probes[i] = (struct ww_lab_probe){.flow = ww_simulation_flow(L)};
        probes[i].untold = untold(s, &probes[i].flow);
        lua_pop(L, 1);
    }
    if (ww_lab_send(s->lab, probes, n, quiet, &err) < 0)
        return ww_simulation_raise(L, &err);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        push_probe(L, &probes[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}
