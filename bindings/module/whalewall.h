/* What `require "whalewall.testing"` calls. */
#ifndef WW_BINDINGS_MODULE_WHALEWALL_H
#define WW_BINDINGS_MODULE_WHALEWALL_H

#include <lua.h>

/* Push a table with `require`, for the bundled files in this state, and what needs no policy in a state of its own:
 * simulate, stray, idle_rules. */
void ww_module_push_tools(lua_State *L);

/* Push what is below `whalewall.testing`, and its field `native`: the policy step, and tools. */
#define WW_MODULE_NATIVE "whalewall.native"
int ww_module_open(lua_State *L);
int luaopen_whalewall_testing(lua_State *L);

#endif
