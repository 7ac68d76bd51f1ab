#include "bindings/module/stray.h"

#include <lauxlib.h>

#include "core/model/stray.h"

/* Push what is said, and free it. */
static int push_text(lua_State *L, struct ww_strays *strays)
{
    if (!strays || !strays->n) {
        ww_strays_free(strays);
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, strays->texts[0]);
    lua_pushboolean(L, strays->enabled);
    ww_strays_free(strays);
    return 2;
}

int ww_module_stray(lua_State *L)
{
    static const char *const places[] = {[WW_LABEL_ON_CONTAINER] = "container",
                                         [WW_LABEL_ON_NETWORK] = "network",
                                         [WW_LABEL_ON_SERVICE] = "service",
                                         NULL};
    enum ww_label_place place = (enum ww_label_place)luaL_checkoption(L, 1, NULL, places);
    struct ww_strays *strays = NULL;
    struct ww_error err = {0};
    if (ww_strays_note(&strays, place, luaL_checkstring(L, 2), &err) < 0) {
        ww_strays_free(strays);
        return luaL_error(L, "%s", err.text);
    }
    return push_text(L, strays);
}

int ww_module_idle_rules(lua_State *L)
{
    struct ww_strays *strays = NULL;
    struct ww_error err = {0};
    if (ww_strays_note_idle_rules(&strays, &err) < 0) {
        ww_strays_free(strays);
        return luaL_error(L, "%s", err.text);
    }
    return push_text(L, strays);
}
