#include "bindings/module/scene.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* A copy of the field at the top's table; absent: NULL. */
static char *copy_field(lua_State *L, const char *key)
{
    int type = lua_getfield(L, -1, key);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s: not a string", key);
    char *copy = type == LUA_TSTRING ? strdup(lua_tostring(L, -1)) : NULL;
    lua_pop(L, 1);
    return copy;
}

static void read_addr(lua_State *L, const char *key, struct ww_addr *ret_addr)
{
    struct ww_error err = {0};
    int type = lua_getfield(L, -1, key);
    if (type == LUA_TSTRING && ww_addr_parse(lua_tostring(L, -1), ret_addr, &err) < 0)
        luaL_error(L, "%s: %s", key, err.text);
    lua_pop(L, 1);
}

static uint16_t read_u16(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    return (uint16_t)value;
}

/* The list's length; the list, or nil, is pushed. */
static lua_Integer push_field_list(lua_State *L, const char *key)
{
    int type = lua_getfield(L, -1, key);
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "%s: not a list", key);
    return type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, -1) : 0;
}

static void read_labels(lua_State *L, struct ww_labels *labels)
{
    if (lua_getfield(L, -1, "labels") != LUA_TTABLE) {
        lua_pop(L, 1);
        return;
    }
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "labels: keys and values are texts");
        if (ww_labels_add(labels, lua_tostring(L, -2), lua_tostring(L, -1)) < 0)
            luaL_error(L, "out of memory");
    }
    ww_labels_sort(labels);
    lua_pop(L, 1);
}

static char *copy_label(const struct ww_labels *labels, const char *key)
{
    const char *value = ww_labels_get(labels, key);
    return value ? strdup(value) : NULL;
}

static void read_networks_of(lua_State *L, struct ww_container *c)
{
    lua_Integer n = push_field_list(L, "networks");
    c->networks = calloc((size_t)n + 1, sizeof(*c->networks));
    for (lua_Integer i = 1; c->networks && i <= n; i++) {
        lua_rawgeti(L, -1, i);
        c->networks[c->n_networks] = strdup(luaL_checkstring(L, -1));
        c->n_networks += c->networks[c->n_networks] != NULL;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_published(lua_State *L, struct ww_container *c)
{
    lua_Integer n = push_field_list(L, "published");
    c->published = calloc((size_t)n + 1, sizeof(*c->published));
    for (lua_Integer i = 1; c->published && i <= n; i++) {
        lua_rawgeti(L, -1, i);
        struct ww_publish *p = &c->published[c->n_published++];
        p->proto = (uint8_t)read_u16(L, "proto");
        p->cport = read_u16(L, "cport");
        p->hport = read_u16(L, "hport");
        read_addr(L, "host", &p->host);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Fills it in as the engine's answers do. A Lua error, which only a mistake in a test raises, loses it. */
static void read_container(lua_State *L, struct ww_container *c)
{
    c->state = WW_RUNNING;
    c->id = copy_field(L, "id");
    c->name = copy_field(L, "name");
    c->image = copy_field(L, "image");
    c->image_id = copy_field(L, "image_id");
    c->network_mode = copy_field(L, "network_mode");
    read_labels(L, &c->labels);
    c->label_enabled = copy_label(&c->labels, "whalewall.enabled");
    c->label_rules = copy_label(&c->labels, "whalewall.rules");
    c->label_audit = copy_label(&c->labels, "whalewall.audit");
    c->project = copy_label(&c->labels, "com.docker.compose.project");
    c->service = copy_label(&c->labels, "com.docker.compose.service");
    c->swarm_service = copy_label(&c->labels, "com.docker.swarm.service.name");
    read_networks_of(L, c);
    read_published(L, c);
}

static void put_container(lua_State *L, struct ww_world *world)
{
    struct ww_error err = {0};
    struct ww_container *c = ww_container_new();
    if (!c) {
        luaL_error(L, "out of memory");
        return;
    }
    read_container(L, c);
    if (!c->id)
        luaL_error(L, "a container has no id");
    if (ww_world_put_container(world, c, &err) < 0)
        luaL_error(L, "%s", err.text);
}

/* As engines before 28 choose it; of an endpoint without IPv4, from the end of its other address. */
static struct ww_mac mac_of(const struct ww_endpoint_addrs *addrs)
{
    const uint8_t *bytes = addrs->ipv4.family ? addrs->ipv4.bytes : addrs->ipv6.bytes + 12;
    return (struct ww_mac){{0x02, addrs->ipv4.family ? 0x42 : 0x46, bytes[0], bytes[1], bytes[2], bytes[3]}};
}

static void read_endpoints(lua_State *L, struct ww_network *n)
{
    lua_Integer count = push_field_list(L, "endpoints");
    n->endpoints = calloc((size_t)count + 1, sizeof(*n->endpoints));
    for (lua_Integer i = 1; n->endpoints && i <= count; i++) {
        lua_rawgeti(L, -1, i);
        struct ww_endpoint *e = &n->endpoints[n->n_endpoints];
        e->container_id = copy_field(L, "container");
        n->n_endpoints += e->container_id != NULL;
        read_addr(L, "ipv4", &e->addrs.ipv4);
        read_addr(L, "ipv6", &e->addrs.ipv6);
        e->addrs.mac = mac_of(&e->addrs);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_subnets(lua_State *L, struct ww_network *n)
{
    struct ww_error err = {0};
    lua_Integer count = push_field_list(L, "subnets");
    n->subnets = calloc((size_t)count + 1, sizeof(*n->subnets));
    for (lua_Integer i = 1; n->subnets && i <= count; i++) {
        lua_rawgeti(L, -1, i);
        if (ww_addr_range_parse(luaL_checkstring(L, -1), &n->subnets[n->n_subnets++].range, &err) < 0)
            luaL_error(L, "subnets: %s", err.text);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void put_network(lua_State *L, struct ww_world *world)
{
    struct ww_error err = {0};
    struct ww_network *n = ww_network_new();
    if (!n) {
        luaL_error(L, "out of memory");
        return;
    }
    n->id = copy_field(L, "id");
    n->name = copy_field(L, "name");
    n->driver = copy_field(L, "driver");
    lua_getfield(L, -1, "default_bridge");
    n->default_bridge = lua_toboolean(L, -1);
    lua_pop(L, 1);
    read_labels(L, &n->labels);
    n->project = copy_label(&n->labels, "com.docker.compose.project");
    n->compose_network = copy_label(&n->labels, "com.docker.compose.network");
    read_endpoints(L, n);
    read_subnets(L, n);
    if (!n->id || !n->name)
        luaL_error(L, "a network has no id or no name");
    if (ww_world_put_network(world, n, &err) < 0)
        luaL_error(L, "%s", err.text);
}

static void put_image(lua_State *L, struct ww_world *world)
{
    struct ww_error err = {0};
    struct ww_labels labels = {0};
    lua_getfield(L, -1, "id");
    const char *id = luaL_checkstring(L, -1);
    lua_pop(L, 1);
    read_labels(L, &labels);
    int rc = ww_world_put_image(world, id, ww_labels_get(&labels, "whalewall.rules"),
                                ww_labels_get(&labels, "whalewall.audit"), true, &err);
    if (rc == 0)
        ww_world_put_image_labels(world, id, &labels);
    ww_labels_done(&labels);
    if (rc < 0)
        luaL_error(L, "%s", err.text);
}

void ww_module_read_scene(lua_State *L, int index, struct ww_world *world)
{
    static const struct {
        const char *key;
        void (*put)(lua_State *L, struct ww_world *world);
    } lists[] = {{"images", put_image}, {"containers", put_container}, {"networks", put_network}};

    luaL_checkstack(L, 12, NULL);
    lua_pushvalue(L, index);
    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        lua_Integer n = push_field_list(L, lists[k].key);
        for (lua_Integer i = 1; i <= n; i++) {
            lua_rawgeti(L, -1, i);
            luaL_checktype(L, -1, LUA_TTABLE);
            lists[k].put(L, world);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}
