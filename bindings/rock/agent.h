/* An agent in Lua. */
#ifndef WW_ROCK_AGENT_H
#define WW_ROCK_AGENT_H

#include <lua.h>

int ww_rock_agent(lua_State *L); /* lua_CFunction: whalewall.agent */
int ww_rock_wait(lua_State *L);  /* lua_CFunction: whalewall.wait */

#endif
