/* The policy step in Lua, in this process: lua/ and policies/, jailed and bounded. */
#ifndef WW_BINDINGS_POLICY_LUA_H
#define WW_BINDINGS_POLICY_LUA_H

#include "core/base/error.h"
#include "core/ir/policy.h"

/*
 * Make a policy; its ops->free frees it. -ENOMEM; -EINVAL when the bundled Lua does not load. One caller at a time.
 * A call that overruns a budget costs only itself: the next one starts in a new Lua state.
 */
int ww_policy_lua_new(struct ww_policy *ret_policy, struct ww_error *err);

#endif
