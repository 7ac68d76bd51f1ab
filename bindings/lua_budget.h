/* What one call into Lua may spend: instructions, bytes, and the length of a text. The fields are struct ww_lua's. */
#ifndef WW_BINDINGS_LUA_BUDGET_H
#define WW_BINDINGS_LUA_BUDGET_H

#include <lua.h>
#include <stddef.h>

#define WW_LUA_STEP 1000   /* instructions between two looks at the budget */
#define WW_LUA_REFUSALS 64 /* refused allocations that end a call */

/* lua_Alloc: counts. Growth beyond the budget fails; shrinking never does. */
void *ww_lua_allocate(void *arg, void *ptr, size_t osize, size_t nsize);

/* lua_Hook, every WW_LUA_STEP instructions: counts them. */
void ww_lua_count(lua_State *L, lua_Debug *ar);

/* For functions that run long inside C: so many instructions are spent. Raises the error where none are left. */
void ww_lua_charge(lua_State *L, double instructions);

/* As lua_pushlstring, for what the program gives to Lua: such a text may be longer than one that Lua code makes. */
void ww_lua_push_text(lua_State *L, const char *text, size_t len);

#endif
