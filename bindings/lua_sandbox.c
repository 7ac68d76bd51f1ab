#include "bindings/lua_sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

#include "bindings/embedded.h"
#include "core/base/limits.h"
#include "core/model/protocol.h"

struct library {
    const char *name;
    lua_CFunction open;
    const char *keep[40]; /* NULL-terminated */
};

/* No xpcall: its handler would run inside the hook that raised the error, where the hook is off. */
static const struct library libraries[] = {
    {"_G",
     luaopen_base,
     {"_G", "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget",
      "rawlen", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", NULL}},
    {"string",
     luaopen_string,
     {"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse",
      "sub", "unpack", "upper", NULL}},
    {"table", luaopen_table, {"concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL}},
    {"math", luaopen_math, {"abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
                            "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
                            "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult",        NULL}},
    {"utf8", luaopen_utf8, {"char", "charpattern", "codepoint", "codes", "len", "offset", NULL}},
};

static const luaL_Reg natives[] = {
    {"native.addr", ww_lua_open_addr},
    {"native.yaml", ww_lua_open_yaml},
    {"native.limits", ww_lua_open_limits},
    {"native.protocols", ww_lua_open_protocols},
    {"native.chunk", ww_lua_open_chunk},
    {"native.meta", ww_lua_open_meta},
    {NULL, NULL},
};

static const struct {
    const char *name;
    lua_Integer value;
} limits[] = {
    {"label_bytes", WW_LIMIT_LABEL_BYTES},
    {"yaml_depth", WW_LIMIT_YAML_DEPTH},
    {"yaml_nodes", WW_LIMIT_YAML_NODES},
    {"rules", WW_LIMIT_RULES},
    {"list", WW_LIMIT_LIST},
    {"chain_name", WW_LIMIT_CHAIN_NAME},
    {"log_prefix", WW_LIMIT_LOG_PREFIX},
    {"config_bytes", WW_LIMIT_CONFIG_BYTES},
    {"compose_bytes", WW_LIMIT_COMPOSE_BYTES},
    {"compose_nodes", WW_LIMIT_COMPOSE_NODES},
    {"compose_depth", WW_LIMIT_COMPOSE_DEPTH},
    {"compose_files", WW_LIMIT_COMPOSE_FILES},
    {"groups", WW_LIMIT_GROUPS},
    {"group_ranges", WW_LIMIT_GROUP_RANGES},
    {"group_name", WW_LIMIT_GROUP_NAME},
};

int ww_lua_open_limits(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        lua_pushinteger(L, limits[i].value);
        lua_setfield(L, -2, limits[i].name);
    }
    return 1;
}

/* A list of {name, number, has_ports, question} of those that a rule may name. */
int ww_lua_open_protocols(lua_State *L)
{
    size_t n;
    const struct ww_protocol *protocols = ww_protocols(&n);
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        if (!protocols[i].in_rules)
            continue;
        lua_newtable(L);
        lua_pushstring(L, protocols[i].name);
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, protocols[i].number);
        lua_setfield(L, -2, "number");
        lua_pushboolean(L, protocols[i].has_ports);
        lua_setfield(L, -2, "has_ports");
        lua_pushinteger(L, protocols[i].question);
        lua_setfield(L, -2, "question");
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

static const struct ww_embedded *find_path(const char *path)
{
    for (const struct ww_embedded *e = ww_embedded; e->path; e++)
        if (strcmp(e->path, path) == 0)
            return e;
    return NULL;
}

static const struct ww_embedded *find_module(lua_State *L, const char *name)
{
    const char *path = luaL_gsub(L, name, ".", "/");
    const struct ww_embedded *e = find_path(lua_pushfstring(L, "lua/%s.lua", path));

    if (!e)
        e = find_path(lua_pushfstring(L, "%s.lua", path));
    return e;
}

/* Push the chunk (or native opener) that makes module `name`. */
static void push_loader(lua_State *L, const char *name)
{
    for (const luaL_Reg *n = natives; n->name; n++) {
        if (strcmp(n->name, name) == 0) {
            lua_pushcfunction(L, n->func);
            return;
        }
    }
    const struct ww_embedded *e = find_module(L, name);
    if (!e) {
        luaL_error(L, "there is no module '%s'", name);
        return;
    }
    if (luaL_loadbufferx(L, e->text, e->len, lua_pushfstring(L, "@%s", e->path), "t") != LUA_OK)
        lua_error(L);
    if (!lua_isnil(L, lua_upvalueindex(2))) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_setupvalue(L, -2, 1);
    }
}

/* require(name) -> module. Upvalues: modules by name (false: being loaded), environment or nil. */
static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    lua_settop(L, 1);
    int type = lua_getfield(L, lua_upvalueindex(1), name);
    if (type == LUA_TBOOLEAN)
        return luaL_error(L, "module '%s' requires itself", name);
    if (type != LUA_TNIL)
        return 1;
    lua_pushboolean(L, 0);
    lua_setfield(L, lua_upvalueindex(1), name);
    push_loader(L, name);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1))
        return luaL_error(L, "module '%s' returns nothing", name);
    lua_pushvalue(L, -1);
    lua_setfield(L, lua_upvalueindex(1), name);
    return 1;
}

void ww_lua_push_require(lua_State *L, int env)
{
    if (env)
        env = lua_absindex(L, env);
    lua_newtable(L);
    if (env)
        lua_pushvalue(L, env);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, require, 2);
}

static bool keeps(const struct library *lib, const char *name)
{
    for (size_t i = 0; lib->keep[i]; i++)
        if (strcmp(lib->keep[i], name) == 0)
            return true;
    return false;
}

/* Remove from the library (at the top of the stack) what is not in its list; the library's own table, as string methods
 * go through it. */
static void prune(lua_State *L, const struct library *lib)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (!keeps(lib, lua_tostring(L, -1))) {
            lua_pushvalue(L, -1);
            lua_pushnil(L);
            lua_rawset(L, -4);
        }
    }
}

int ww_lua_sandbox_open(lua_State *L)
{
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].open, 0);
        prune(L, &libraries[i]);
        lua_setglobal(L, libraries[i].name);
    }
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable"); /* all code shares the methods of strings */
    ww_lua_guard(L);
    ww_lua_push_require(L, 0);
    lua_setglobal(L, "require");
    return 0;
}
