/* What work inside C may cost at worst, in steps of about a nanosecond. */
#ifndef WW_BINDINGS_LUA_COST_H
#define WW_BINDINGS_LUA_COST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Matching a pattern from one place of a text on, through its `left` bytes. anchors: a '^' at its begin ties it to that
 * place, which it does not in string.gmatch.
 */
double ww_lua_pattern_cost(const char *pattern, size_t len, size_t left, bool anchors);

/* Is there no sign in it, so that string.find looks for it as it is? */
bool ww_lua_pattern_is_plain(const char *pattern, size_t len);

/* Looking for a text as it is. */
double ww_lua_plain_cost(size_t len, size_t left);

#endif
