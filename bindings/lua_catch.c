/*
 * Functions of the libraries that take functions (table.sort, table.unpack with a metamethod) call pcall for each item
 * when they are given it, and no instruction is counted there. What each call catches may have taken long: a stack that
 * overflows, or memory that is not to be had, for which all of it is searched. So the time is looked at after each.
 */
#include "bindings/lua_catch.h"

#include <lauxlib.h>

#include "bindings/lua_budget.h"

#define CALL 8 /* instructions for a call that catches nothing */

int ww_lua_catch(lua_State *L)
{
    luaL_checkany(L, 1);
    ww_lua_charge(L, CALL);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    if (lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0) == LUA_OK)
        return lua_gettop(L);
    ww_lua_charge(L, WW_LUA_STEP);
    lua_pushboolean(L, 0);
    lua_replace(L, 1);
    return 2;
}
