/* What the program says of labels that look like its own and are none, for Lua. */
#ifndef WW_BINDINGS_MODULE_STRAY_H
#define WW_BINDINGS_MODULE_STRAY_H

#include <lua.h>

/* lua_CFunction: stray(place, key) -> text, is "whalewall.enabled" meant? | nil. place: "container", "network" or
 * "service" (a swarm's). */
int ww_module_stray(lua_State *L);

/* lua_CFunction: idle_rules() -> what is said of rules whose container does not say whether it is managed. */
int ww_module_idle_rules(lua_State *L);

#endif
