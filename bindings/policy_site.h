/* The site's policies inside a Lua state. */
#ifndef WW_BINDINGS_POLICY_SITE_H
#define WW_BINDINGS_POLICY_SITE_H

#include <lua.h>

#include "bindings/policy_lua.h"

/* Call policy.open with these sources, and leave its two results on the stack. Raises Lua errors. */
void ww_policy_site_call_open(lua_State *L, const struct ww_policy_sources *sources);

/* Put them in force in this state, once; what was taken before is taken again. Raises Lua errors. */
void ww_policy_site_ensure(lua_State *L, const struct ww_policy_sources *sources);

#endif
