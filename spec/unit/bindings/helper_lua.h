/* A sandboxed state that runs snippets. */
#ifndef WW_SPEC_HELPER_LUA_H
#define WW_SPEC_HELPER_LUA_H

#include "bindings/lua_state.h"

/* Load `chunk` as text in the sandbox and run it; as ww_lua_call. */
int run_chunk(struct ww_lua *lua, const char *chunk, struct ww_error *err);

#endif
