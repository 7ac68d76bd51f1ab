/* Facts from a table of stock Lua. */
#ifndef WW_BINDINGS_MODULE_FACTS_H
#define WW_BINDINGS_MODULE_FACTS_H

#include <lua.h>

#include "core/model/facts.h"

/*
 * Read the table at `index` (shaped as lua/policy.lua describes the facts) into *ret_facts. Its arrays live in
 * userdata that are pushed on the stack, its strings in the table: both must stay there while the facts are used.
 * Raises Lua errors.
 */
void ww_module_read_facts(lua_State *L, int index, struct ww_facts *ret_facts);

#endif
