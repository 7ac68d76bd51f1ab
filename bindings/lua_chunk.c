/* native.chunk: the files of site policies, as text only, each in an environment of its own. */
#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_sandbox.h"

#define PIECE 512 /* bytes of a text that are compiled between two looks at the time */

/* What is not read yet of a text. */
struct source {
    const char *at;
    size_t left;
};

/* A name is looked for in all functions around it, with all their locals: it is paid for, and the time looked at. */
static const char *read_piece(lua_State *L, void *arg, size_t *ret_size)
{
    struct source *s = arg;
    const char *piece = s->at;
    ww_lua_charge(L, WW_LUA_STEP);
    *ret_size = s->left < PIECE ? s->left : PIECE;
    s->at += *ret_size;
    s->left -= *ret_size;
    return *ret_size ? piece : NULL;
}

/* load(text, name, env) -> function | nil, message. name: "@" and the path. */
static int chunk_load(lua_State *L)
{
    struct source source;
    source.at = luaL_checklstring(L, 1, &source.left);
    const char *name = luaL_checkstring(L, 2);

    luaL_checktype(L, 3, LUA_TTABLE);
    if (lua_load(L, read_piece, &source, name, "t") != LUA_OK) {
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
