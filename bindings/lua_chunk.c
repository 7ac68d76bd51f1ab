/* native.chunk: the files of site policies, as text only, each in an environment of its own. */
#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_sandbox.h"

/* load(text, name, env) -> function | nil, message. name: "@" and the path. */
static int chunk_load(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *name = luaL_checkstring(L, 2);

    luaL_checktype(L, 3, LUA_TTABLE);
    if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushvalue(L, 3);
    if (!lua_setupvalue(L, -2, 1))
        lua_pop(L, 1);
    return 1;
}

/*
 * join(main, other): the environment of a loaded function, its first upvalue, is from now on the first upvalue of
 * another Lua function. What it made before keeps the one that it had.
 */
static int chunk_join(lua_State *L)
{
    luaL_argcheck(L, lua_isfunction(L, 1) && lua_getupvalue(L, 1, 1), 1, "a loaded function is needed");
    luaL_argcheck(L, lua_isfunction(L, 2) && lua_getupvalue(L, 2, 1), 2, "a function with an upvalue is needed");
    lua_upvaluejoin(L, 1, 1, 2, 1);
    return 0;
}

/* where(name) -> line: the innermost one of that chunk that is being run; nil when none is */
static int chunk_where(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_Debug ar;

    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && strcmp(ar.source, name) == 0) {
            lua_pushinteger(L, ar.currentline);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

static const luaL_Reg functions[] = {{"load", chunk_load}, {"join", chunk_join}, {"where", chunk_where}, {NULL, NULL}};

int ww_lua_open_chunk(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
