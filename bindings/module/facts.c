#include "bindings/module/facts.h"

#include <lauxlib.h>
#include <string.h>

/* Memory that the garbage collector frees: an empty array at least, zeroed, and left on the stack below the top. */
static void *array(lua_State *L, lua_Integer n, size_t size)
{
    luaL_checkstack(L, 8, NULL);
    void *memory = lua_newuserdatauv(L, (size_t)n * size + 1, 0);

    memset(memory, 0, (size_t)n * size + 1);
    lua_insert(L, -2);
    return memory;
}

/* The list's length; the list, or nil, is pushed. */
static lua_Integer push_table_list(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);

    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "%s: not a list", key);
    return type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, -1) : 0;
}

/* Absent: NULL. The string stays in the table. */
static const char *get_string(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);

    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s: not a string", key);
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return text;
}

static bool get_flag(lua_State *L, int table, const char *key)
{
    lua_getfield(L, table, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

static lua_Integer get_integer(lua_State *L, int table, const char *key)
{
    lua_getfield(L, table, key);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    return value;
}

static struct ww_addr get_addr(lua_State *L, int table, const char *key)
{
    struct ww_addr addr = {0};
    struct ww_error err = {0};
    const char *text = get_string(L, table, key);

    if (text && ww_addr_parse(text, &addr, &err) < 0)
        luaL_error(L, "%s: %s", key, err.text);
    return addr;
}

static struct ww_facts_network get_network(lua_State *L, int table)
{
    return (struct ww_facts_network){
        .id = get_string(L, table, "id"),
        .name = get_string(L, table, "name"),
        .project = get_string(L, table, "project"),
        .compose_network = get_string(L, table, "compose_network"),
        .default_bridge = get_flag(L, table, "default_bridge"),
        .unenforceable = get_string(L, table, "unenforceable"),
    };
}

static void get_endpoints(lua_State *L, int table, struct ww_facts_endpoint **ret_list, size_t *ret_n)
{
    lua_Integer n = push_table_list(L, table, "endpoints");

    *ret_list = array(L, n, sizeof(**ret_list));
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        int endpoint = lua_gettop(L);
        luaL_checktype(L, endpoint, LUA_TTABLE);
        lua_getfield(L, endpoint, "network");
        luaL_checktype(L, -1, LUA_TTABLE);
        (*ret_list)[i].network = get_network(L, lua_gettop(L));
        (*ret_list)[i].addrs.ipv4 = get_addr(L, endpoint, "ipv4");
        (*ret_list)[i].addrs.ipv6 = get_addr(L, endpoint, "ipv6");
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    *ret_n = (size_t)n;
}

static void get_broadcasts(lua_State *L, int table, struct ww_facts *facts)
{
    lua_Integer n = push_table_list(L, table, "broadcasts");

    facts->broadcasts = array(L, n, sizeof(*facts->broadcasts));
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        if (ww_addr_parse(luaL_checkstring(L, -1), &facts->broadcasts[i], NULL) < 0)
            luaL_error(L, "broadcasts: '%s' is not an address", lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    facts->n_broadcasts = (size_t)n;
}

static void get_published(lua_State *L, int table, const struct ww_publish **ret_list, size_t *ret_n)
{
    lua_Integer n = push_table_list(L, table, "published");
    struct ww_publish *list = array(L, n, sizeof(*list));

    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        int publish = lua_gettop(L);
        luaL_checktype(L, publish, LUA_TTABLE);
        list[i].proto = (uint8_t)get_integer(L, publish, "proto");
        list[i].cport = (uint16_t)get_integer(L, publish, "cport");
        list[i].host = get_addr(L, publish, "host");
        list[i].hport = (uint16_t)get_integer(L, publish, "hport");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *ret_list = list;
    *ret_n = (size_t)n;
}

static void get_networks(lua_State *L, int table, struct ww_facts *facts)
{
    lua_Integer n = push_table_list(L, table, "networks");

    facts->networks = array(L, n, sizeof(*facts->networks));
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        facts->networks[i] = get_network(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    facts->n_networks = (size_t)n;
}

static void get_target(lua_State *L, int table, struct ww_facts_target *t)
{
    t->id = get_string(L, table, "id");
    t->name = get_string(L, table, "name");
    t->project = get_string(L, table, "project");
    t->service = get_string(L, table, "service");
    t->swarm_service = get_string(L, table, "swarm_service");
    get_endpoints(L, table, &t->endpoints, &t->n_endpoints);
    get_published(L, table, &t->published, &t->n_published);
}

static void get_targets(lua_State *L, int table, struct ww_facts *facts)
{
    lua_Integer n = push_table_list(L, table, "targets");

    facts->targets = array(L, n, sizeof(*facts->targets));
    int list = lua_gettop(L); /* what get_target leaves is above it */
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, list, i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        get_target(L, lua_gettop(L), &facts->targets[i]);
    }
    facts->n_targets = (size_t)n;
}

void ww_module_read_facts(lua_State *L, int index, struct ww_facts *ret_facts)
{
    int table = lua_absindex(L, index);

    luaL_checktype(L, table, LUA_TTABLE);
    *ret_facts = (struct ww_facts){
        .id = get_string(L, table, "id"),
        .name = get_string(L, table, "name"),
        .project = get_string(L, table, "project"),
        .service = get_string(L, table, "service"),
        .label_rules = get_string(L, table, "label_rules"),
        .rules_from_image = get_flag(L, table, "rules_from_image"),
    };
    get_endpoints(L, table, &ret_facts->endpoints, &ret_facts->n_endpoints);
    get_broadcasts(L, table, ret_facts);
    get_published(L, table, &ret_facts->published, &ret_facts->n_published);
    get_networks(L, table, ret_facts);
    get_targets(L, table, ret_facts);
}
