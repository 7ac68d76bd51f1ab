#include "bindings/policy_site.h"

#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_budget.h"

static const char opened; /* its address is the key in the registry */

static void set_string(lua_State *L, const char *key, const char *value)
{
    if (value)
        ww_lua_push_text(L, value, strlen(value));
    else
        lua_pushnil(L);
    lua_setfield(L, -2, key);
}

static void push_policies(lua_State *L, const struct ww_policy_sources *sources)
{
    lua_createtable(L, (int)sources->n, 0);
    for (size_t i = 0; i < sources->n; i++) {
        const struct ww_policy_file *file = &sources->policies[i];
        lua_createtable(L, 0, 4);
        set_string(L, "path", file->path);
        set_string(L, "text", file->text);
        set_string(L, "schema_path", file->schema_path);
        set_string(L, "schema", file->schema);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_config(lua_State *L, const struct ww_policy_sources *sources)
{
    if (!sources->config) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 2);
    set_string(L, "path", sources->config_path);
    set_string(L, "text", sources->config);
}

static void push_files(lua_State *L, const struct ww_policy_sources *sources)
{
    lua_createtable(L, 0, (int)sources->n_files);
    for (size_t i = 0; i < sources->n_files; i++)
        set_string(L, sources->files[i].path, sources->files[i].text);
}

void ww_policy_site_call_open(lua_State *L, const struct ww_policy_sources *sources)
{
    luaL_checkstack(L, 12, NULL);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "policy");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "open");
    lua_remove(L, -2);
    push_policies(L, sources);
    push_config(L, sources);
    push_files(L, sources);
    lua_call(L, 3, 2);
}

void ww_policy_site_ensure(lua_State *L, const struct ww_policy_sources *sources)
{
    if (!sources->n || lua_rawgetp(L, LUA_REGISTRYINDEX, &opened) == LUA_TBOOLEAN)
        return;
    ww_policy_site_call_open(L, sources);
    if (lua_isnil(L, -2))
        luaL_error(L, "%s", lua_tostring(L, -1));
    lua_pushboolean(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &opened);
}
