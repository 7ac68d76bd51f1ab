#include "bindings/module/simulation.h"

#include <lauxlib.h>

#include "core/model/protocol.h"

struct ww_simulation *ww_simulation_check(lua_State *L)
{
    struct ww_simulation *s = luaL_checkudata(L, 1, WW_SIMULATION);
    luaL_argcheck(L, s->stage.plan != NULL, 1, "the simulation is closed, or was never made");
    return s;
}

struct ww_simulation *ww_simulation_check_world(lua_State *L)
{
    struct ww_simulation *s = ww_simulation_check(L);
    luaL_argcheck(L, s->stage.world != NULL, 1, "the simulation is of rulesets alone: it has no containers");
    return s;
}

int ww_simulation_raise(lua_State *L, const struct ww_error *err)
{
    lua_pushstring(L, err->text);
    return lua_error(L);
}

/* Of the table at the top. */
static void get_addr(lua_State *L, const char *key, struct ww_addr *ret_addr)
{
    struct ww_error err = {0};
    if (lua_getfield(L, -1, key) == LUA_TSTRING && ww_addr_parse(lua_tostring(L, -1), ret_addr, &err) < 0)
        luaL_error(L, "%s: %s", key, err.text);
    lua_pop(L, 1);
}

static lua_Integer get_integer(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    return value;
}

static bool get_flag(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* A protocol that has another number in IPv6 is meant to have that one there. */
struct ww_flow ww_simulation_flow(lua_State *L)
{
    luaL_checktype(L, -1, LUA_TTABLE);
    struct ww_flow flow = {
        .proto = (uint8_t)get_integer(L, "proto"),
        .question = (uint16_t)get_integer(L, "question"),
        .sport = (uint16_t)get_integer(L, "sport"),
        .dport = (uint16_t)get_integer(L, "dport"),
        .orig_dport = (uint16_t)get_integer(L, "dialled_port"),
        .from_host = get_flag(L, "from_host"),
        .to_host = get_flag(L, "to_host"),
        .orig_dst_host = get_flag(L, "dialled_host"),
    };
    get_addr(L, "src", &flow.src);
    get_addr(L, "dst", &flow.dst);
    get_addr(L, "dialled", &flow.orig_dst);
    const uint8_t proto = ww_protocol_in(flow.proto, flow.src.family);
    if (proto != flow.proto)
        flow.question = ww_protocol_question(proto);
    flow.proto = proto;
    return flow;
}
