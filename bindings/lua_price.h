/* What a function of Lua's libraries may cost by the values that it is given, in instructions. */
#ifndef WW_BINDINGS_LUA_PRICE_H
#define WW_BINDINGS_LUA_PRICE_H

#include <lua.h>

/* The values from this place of the stack on, which are moved, and their texts, which are read or copied. */
double ww_lua_price_of(lua_State *L, int index);

/* A value that is compared with another one. */
double ww_lua_price_of_compared(lua_State *L, int index);

/* The same of all values of the list that is the first argument, once each. */
double ww_lua_price_of_list(lua_State *L);

/*
 * Of what gsub puts in, at `index`: how much is done for each place where the pattern matches, but for the result's
 * bytes.
 */
double ww_lua_parts_of(lua_State *L, int index);

/* Charge for the items of the table at `index`, from one place to another. An error where they are too many. */
void ww_lua_charge_items(lua_State *L, int index, lua_Integer from, lua_Integer to);

#endif
