/* table.sort for policies: stable, and the same in each run. */
#ifndef WW_BINDINGS_LUA_SORT_H
#define WW_BINDINGS_LUA_SORT_H

#include <lua.h>

/*
 * A lua_CFunction (t [, before]): as table.sort, but elements of which neither is before the other stay in their order.
 * Lua's own, in long lists, takes what it compares with by the clock, so that equal ones come in any order. A function
 * that contradicts itself makes some order and no error. Where `before` raises an error the list is as it was.
 * No more than n * log2(n) comparisons.
 */
int ww_lua_sort(lua_State *L);

#endif
