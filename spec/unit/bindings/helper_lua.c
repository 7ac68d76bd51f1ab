#include "spec/unit/bindings/helper_lua.h"

#include <lauxlib.h>
#include <string.h>

static int enter_chunk(lua_State *L)
{
    const char *chunk = lua_touserdata(L, 1);

    if (luaL_loadbufferx(L, chunk, strlen(chunk), "=chunk", "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int run_chunk(struct ww_lua *lua, const char *chunk, struct ww_error *err)
{
    return ww_lua_call(lua, enter_chunk, (void *)chunk, err);
}
