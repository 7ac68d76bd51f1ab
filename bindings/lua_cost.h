/* What work inside C may cost at worst, in steps of about a nanosecond. */
#ifndef WW_BINDINGS_LUA_COST_H
#define WW_BINDINGS_LUA_COST_H

#include <stddef.h>

/* Matching a pattern from one place of a text on, through its `left` bytes. */
double ww_lua_pattern_cost(const char *pattern, size_t len, size_t left);

/* Looking for a text as it is. */
double ww_lua_plain_cost(size_t len, size_t left);

#endif
