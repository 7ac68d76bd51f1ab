/* What Lua code finds in its world: a few harmless libraries, and a `require` for what travels inside the program. */
#ifndef WW_BINDINGS_LUA_SANDBOX_H
#define WW_BINDINGS_LUA_SANDBOX_H

#include <lua.h>

/*
 * lua_CFunction: fill a new state. base (no load, dofile, print, …), string (no dump), table, math (no random), utf8,
 * `require`; no io, os, debug, package, coroutine.
 */
int ww_lua_sandbox_open(lua_State *L);

/*
 * Push a `require` function that finds embedded files ("labels" is lua/labels.lua, "policies.default.handler" is
 * policies/default/handler.lua) and the native modules ("native.…"). The value at `env` (0: the globals) becomes the
 * environment of the files. Text chunks only.
 */
void ww_lua_push_require(lua_State *L, int env);

/* Wrap the library functions that could run long inside C, where no instruction is counted, so that they are counted
 * by what they are given. The libraries are open. */
void ww_lua_guard(lua_State *L);

/* lua_CFunctions that return the native modules. */
int ww_lua_open_addr(lua_State *L);
int ww_lua_open_yaml(lua_State *L);
int ww_lua_open_limits(lua_State *L);
int ww_lua_open_protocols(lua_State *L);
int ww_lua_open_chunk(lua_State *L);
int ww_lua_open_meta(lua_State *L);

#endif
