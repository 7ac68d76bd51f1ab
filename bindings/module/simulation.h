/* A simulation, and what its methods share. */
#ifndef WW_BINDINGS_MODULE_SIMULATION_H
#define WW_BINDINGS_MODULE_SIMULATION_H

#include <lua.h>

#include "bindings/module/stage.h"
#include "bindings/policy_files.h"
#include "core/lab/lab.h"

#define WW_SIMULATION "whalewall.simulation"

/* Everything that C allocates hangs here, so that a Lua error loses nothing. */
struct ww_simulation {
    struct ww_stage stage;
    struct ww_policy_sources sources;
    struct ww_buf text;
    struct ww_lab *lab;
    bool enforced; /* the lab is complete, and the plan in force there */
};

/* The first argument, which has a plan; raises where it is none. */
struct ww_simulation *ww_simulation_check(lua_State *L);
struct ww_simulation *ww_simulation_check_world(lua_State *L); /* … and a world */
/* The flow that the table at the top describes. Raises Lua errors. */
struct ww_flow ww_simulation_flow(lua_State *L);
/* Without a place in Lua, which would be the harness's own. */
int ww_simulation_raise(lua_State *L, const struct ww_error *err);

#endif
