/* The values that cross between the model and Lua. All functions may raise Lua errors; each says which side owns what.
 */
#ifndef WW_BINDINGS_LUA_FACTS_H
#define WW_BINDINGS_LUA_FACTS_H

#include <lua.h>

#include "core/ir/compiled.h"
#include "core/model/facts.h"

/* Push the facts as a table: fields as in core/model/facts.h, addresses as canonical text, absent ones nil. */
void ww_lua_push_facts(lua_State *L, const struct ww_facts *facts);

/*
 * Read the policy's answer (a table of rules, consents and notes, see lua/policy.lua) at the top of
 * the stack into *compiled, which is the caller's also after a Lua error. 0, -ENOMEM. Whatever the policy got wrong is
 * a Lua error: above all a list that is there but empty, as an empty list would mean "any".
 */
int ww_lua_read_compiled(lua_State *L, struct ww_compiled *compiled);

#endif
