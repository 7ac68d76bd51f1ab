/* The values that cross between the model and Lua. All functions may raise Lua errors; each says which side owns what.
 */
#ifndef WW_BINDINGS_LUA_FACTS_H
#define WW_BINDINGS_LUA_FACTS_H

#include <lua.h>

#include "core/ir/compiled.h"
#include "core/ir/groups.h"
#include "core/ir/names.h"
#include "core/model/facts.h"

/* Push the facts as a table: fields as in core/model/facts.h, addresses as canonical text, absent ones nil. */
void ww_lua_push_facts(lua_State *L, const struct ww_facts *facts);

/*
 * Read the policy's answer (a table of rules, consents and notes, see lua/policy.lua) at the top of
 * the stack into *compiled, which is the caller's also after a Lua error. 0, -ENOMEM. Whatever the policy got wrong is
 * a Lua error: above all a list that is there but empty, as an empty list would mean "any".
 */
int ww_lua_read_compiled(lua_State *L, struct ww_compiled *compiled);

/* Read the list of texts at the top of the stack into *names, which is the caller's also after a Lua error. 0, -ENOMEM.
 */
int ww_lua_read_names(lua_State *L, struct ww_names *names);

/* Read the list of groups at the top of the stack, as M.told of lua/groups.lua makes it, into *ret_groups, which is the
 * caller's also on failure. -ENOMEM; -EINVAL: it is none. */
int ww_lua_read_groups(lua_State *L, struct ww_groups *ret_groups);

#endif
