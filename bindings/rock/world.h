/* A world in Lua. */
#ifndef WW_ROCK_WORLD_H
#define WW_ROCK_WORLD_H

#include <lua.h>

int ww_rock_world(lua_State *L); /* lua_CFunction: whalewall.world */

#endif
