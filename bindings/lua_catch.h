/* Errors that Lua code catches. */
#ifndef WW_BINDINGS_LUA_CATCH_H
#define WW_BINDINGS_LUA_CATCH_H

#include <lua.h>

/* pcall(function, …) -> true, results… | false, error: as Lua's own, but that it is paid for, above all where it
 * catches something. */
int ww_lua_catch(lua_State *L);

#endif
