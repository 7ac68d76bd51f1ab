/* require "whalewall.testing" from a stock lua5.4, and below it the policy step, as the program runs it. */
#include "bindings/module/whalewall.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_sandbox.h"
#include "bindings/module/facts.h"
#include "bindings/module/here.h"
#include "bindings/module/simulate.h"
#include "bindings/module/stray.h"
#include "bindings/policy_lua.h"

#define TYPE "whalewall.work"

/* Everything that C allocates for one call hangs here, so that a Lua error loses nothing. */
struct work {
    struct ww_policy policy;
    struct ww_names names;
    struct ww_compiled compiled;
    struct ww_buf text;
};

static void drop_results(struct work *w)
{
    for (size_t i = 0; i < w->names.n; i++)
        free(w->names.names[i]);
    free(w->names.names);
    w->names = (struct ww_names){0};
    ww_compiled_done(&w->compiled);
    ww_buf_done(&w->text);
}

/* __gc */
static int work_close(lua_State *L)
{
    struct work *w = luaL_checkudata(L, 1, TYPE);

    drop_results(w);
    if (w->policy.ops)
        w->policy.ops->free(w->policy.self);
    w->policy = (struct ww_policy){0};
    return 0;
}

static struct work *get_work(lua_State *L)
{
    struct work *w = luaL_checkudata(L, lua_upvalueindex(1), TYPE);

    if (!w->policy.ops)
        luaL_error(L, "the module's policy is closed");
    drop_results(w);
    return w;
}

static int push_failure(lua_State *L, const struct ww_error *err)
{
    lua_pushnil(L);
    lua_pushstring(L, err->text);
    return 2;
}

/* check(label) -> true | nil, message */
static int check_label(lua_State *L)
{
    const char *label = luaL_checkstring(L, 1);
    struct work *w = get_work(L);
    struct ww_error err = {0};

    if (w->policy.ops->mentions(w->policy.self, label, &w->names, &err) < 0)
        return push_failure(L, &err);
    lua_pushboolean(L, 1);
    return 1;
}

/* mentions(label) -> sorted list of names | nil, message */
static int push_mentions(lua_State *L)
{
    const char *label = luaL_checkstring(L, 1);
    struct work *w = get_work(L);
    struct ww_error err = {0};

    if (w->policy.ops->mentions(w->policy.self, label, &w->names, &err) < 0)
        return push_failure(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < w->names.n; i++) {
        lua_pushstring(L, w->names.names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* Push the lines of a text as a list. */
static void push_lines(lua_State *L, const char *text)
{
    lua_newtable(L);
    for (lua_Integer i = 1; *text; i++) {
        size_t len = strcspn(text, "\n");
        lua_pushlstring(L, text, len);
        lua_rawseti(L, -2, i);
        text += len + (text[len] == '\n');
    }
}

/* compile(facts) -> list of lines (rules, consents and notes in their text form) | nil, message */
static int compile_facts(lua_State *L)
{
    struct work *w = get_work(L);
    struct ww_facts facts;
    struct ww_error err = {0};

    lua_settop(L, 1);
    ww_module_read_facts(L, 1, &facts);
    if (w->policy.ops->compile(w->policy.self, &facts, &w->compiled, &err) < 0)
        return push_failure(L, &err);
    ww_compiled_write(&w->compiled, &w->text);
    if (!ww_buf_ok(&w->text))
        return luaL_error(L, "out of memory");
    push_lines(L, w->text.data ? w->text.data : "");
    return 1;
}

/* version() -> text that changes when the rules for the same facts might */
static int push_version(lua_State *L)
{
    struct work *w = get_work(L);

    lua_pushstring(L, w->policy.ops->version(w->policy.self));
    return 1;
}

static const luaL_Reg functions[] = {{"check", check_label},
                                     {"mentions", push_mentions},
                                     {"compile", compile_facts},
                                     {"version", push_version},
                                     {NULL, NULL}};

static const luaL_Reg tools[] = {{"simulate", ww_module_simulate},
                                 {"enforced", ww_module_enforced},
                                 {"stray", ww_module_stray},
                                 {"idle_rules", ww_module_idle_rules},
                                 {NULL, NULL}};

/* Push the userdata, with a policy in it. */
static void push_work(lua_State *L)
{
    struct ww_error err = {0};
    struct work *w = lua_newuserdatauv(L, sizeof(*w), 0);

    *w = (struct work){0};
    if (luaL_newmetatable(L, TYPE)) {
        lua_pushcfunction(L, work_close);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    if (ww_policy_lua_new(&w->policy, &err) < 0)
        luaL_error(L, "%s", err.text);
}

/* The bundled Lua files, in this state: an environment that falls back to the globals, and the bundled `require`. */
static void set_modules(lua_State *L)
{
    lua_newtable(L);
    int env = lua_gettop(L);
    lua_newtable(L);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, env);
    ww_lua_push_require(L, env);
    ww_module_keep_require(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, env, "require");
    lua_remove(L, env);
    lua_setfield(L, -2, "require");
}

static void set_module(lua_State *L, const char *field, const char *module)
{
    lua_getfield(L, -1, "require");
    lua_pushstring(L, module);
    lua_call(L, 1, 1);
    lua_setfield(L, -2, field);
}

void ww_module_push_tools(lua_State *L)
{
    lua_newtable(L);
    set_modules(L);
    luaL_setfuncs(L, tools, 0);
}

int ww_module_open(lua_State *L)
{
    ww_module_push_tools(L);
    push_work(L);
    luaL_setfuncs(L, functions, 1);
    set_module(L, "yaml", "yaml");
    set_module(L, "addr", "native.addr");
    set_module(L, "limits", "native.limits");
    set_module(L, "protocols", "native.protocols");
    return 1;
}

int luaopen_whalewall_testing(lua_State *L)
{
    luaL_requiref(L, WW_MODULE_NATIVE, ww_module_open, 0);
    lua_getfield(L, -1, "require");
    lua_pushliteral(L, "testing");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "bind");
    lua_pushvalue(L, -3);
    lua_call(L, 1, 1);
    return 1;
}
