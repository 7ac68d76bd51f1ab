/* What `require "whalewall"` and its parts call. */
#ifndef WW_BINDINGS_MODULE_WHALEWALL_H
#define WW_BINDINGS_MODULE_WHALEWALL_H

#include <lua.h>

int luaopen_whalewall(lua_State *L);
int luaopen_whalewall_testing(lua_State *L);

#endif
