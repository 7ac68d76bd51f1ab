/* whalewall.simulate: policies and a world in, verdicts on flows out. */
#ifndef WW_BINDINGS_MODULE_SIMULATE_H
#define WW_BINDINGS_MODULE_SIMULATE_H

#include <lua.h>

/* lua_CFunction: simulate(scene) -> simulation; see lua/testing.lua for what a scene is. */
int ww_module_simulate(lua_State *L);

/* lua_CFunction: enforced(list of texts of rulesets, core/ir/text.h) -> simulation, of which only `judge` is of use. */
int ww_module_enforced(lua_State *L);

#endif
