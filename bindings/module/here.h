/* The policy step in the state that asks: without policies of a site, and without the limits that the agent has. */
#ifndef WW_BINDINGS_MODULE_HERE_H
#define WW_BINDINGS_MODULE_HERE_H

#include <lua.h>

#include "core/ir/policy.h"

/* Keep the function at the top, the bundled `require` of this state, for the below. It stays there. */
void ww_module_keep_require(lua_State *L);

/*
 * Make a policy of the bundled Lua in this state, to which labels that were read once are known. For use within the
 * call that L is in. Its ops->free frees it. -ENOMEM.
 */
int ww_module_policy_here(lua_State *L, struct ww_policy *ret_policy, struct ww_error *err);

#endif
