/* A jail in Lua. */
#ifndef WW_ROCK_JAIL_H
#define WW_ROCK_JAIL_H

#include <lua.h>
#include <whalewall.h>

int ww_rock_jail(lua_State *L); /* lua_CFunction: whalewall.jail */

/* Of the value at `index`, which has none then; raises where it is no jail, or has none any more. */
struct whalewall_jail *ww_rock_take_jail(lua_State *L, int index);

/* Raises what the above would raise, and takes nothing. */
void ww_rock_check_jail(lua_State *L, int index);

#endif
