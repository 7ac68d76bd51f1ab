/*
 * native.meta: setmetatable and getmetatable for policies. A table gets a copy of what its metatable says at that
 * moment, and no code gets at the copy. So two things cannot be had afterwards either: weak tables (__mode), by which a
 * policy would see when memory is collected, and which the collector may take seconds for; and chains of __call, which
 * are one instruction however long they are.
 */
#include <lauxlib.h>
#include <stddef.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_sandbox.h"

#define PRICE 32 /* instructions */

static const char original; /* its address is the key, in a copy, of what it is a copy of */

/* What a metatable may say: all that Lua and its library ask for, but for the collector's. */
static const char *const events[] = {
    "__index", "__newindex", "__call", "__add", "__sub",   "__mul",  "__mod",      "__pow",       "__div",
    "__idiv",  "__unm",      "__band", "__bor", "__bxor",  "__shl",  "__shr",      "__bnot",      "__concat",
    "__len",   "__eq",       "__lt",   "__le",  "__close", "__name", "__tostring", "__metatable", NULL,
};

static void refuse_event(lua_State *L, int meta, const char *event, const char *why)
{
    lua_pushstring(L, event);
    if (lua_rawget(L, meta) != LUA_TNIL)
        luaL_error(L, "%s is not allowed: %s", event, why);
    lua_pop(L, 1);
}

static void check_meta(lua_State *L, int meta)
{
    refuse_event(L, meta, "__gc", "nothing is told when it is collected");
    refuse_event(L, meta, "__mode", "there are no weak tables, as what is left in them differs between runs");
    lua_pushliteral(L, "__call");
    int type = lua_rawget(L, meta);
    if (type != LUA_TNIL && type != LUA_TFUNCTION)
        luaL_error(L, "__call must be a function, found a %s", lua_typename(L, type));
    lua_pop(L, 1);
}

/* Push a copy of the metatable. */
static void push_copy(lua_State *L, int meta)
{
    lua_newtable(L);
    for (size_t i = 0; events[i]; i++) {
        lua_pushstring(L, events[i]);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, meta) == LUA_TNIL)
            lua_pop(L, 2);
        else
            lua_rawset(L, -3);
    }
    lua_pushvalue(L, meta);
    lua_rawsetp(L, -2, &original);
}

/* set(t, meta) -> t */
static int meta_set(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    ww_lua_charge(L, PRICE);
    if (lua_istable(L, 2)) {
        check_meta(L, 2);
        push_copy(L, 2);
    } else {
        lua_pushnil(L);
    }
    lua_setmetatable(L, 1);
    lua_settop(L, 1);
    return 1;
}

/* get(value) -> what `set` was given; of other values as getmetatable */
static int meta_get(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return 1;
    if (!lua_getmetatable(L, 1))
        lua_pushnil(L);
    else if (lua_rawgetp(L, -1, &original) == LUA_TNIL)
        lua_pop(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {{"set", meta_set}, {"get", meta_get}, {NULL, NULL}};

int ww_lua_open_meta(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
