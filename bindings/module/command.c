#include "bindings/module/command.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#include "bindings/module/whalewall.h"
#include "bindings/policy_files.h"
#include "bindings/policy_site.h"
#include "core/base/pool.h"

struct running {
    const struct ww_lua_command *command;
    struct ww_policy_sources sources; /* released when Lua has ended, however that was */
    int status;
    struct ww_error *err;
};

static void set_flag(lua_State *L, const char *key, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, key);
}

static void set_list(lua_State *L, const char *key, const char *const *texts, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, texts[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, key);
}

static void push_given(lua_State *L, const struct ww_lua_command *c)
{
    lua_newtable(L);
    set_list(L, "files", c->files, c->n_files);
    set_list(L, "policies", c->policies, c->n_policies);
    lua_pushstring(L, c->policy_config); /* nil for NULL */
    lua_setfield(L, -2, "config");
    lua_pushstring(L, c->html);
    lua_setfield(L, -2, "html");
    if (c->n_enforced)
        set_list(L, "enforced", c->enforced, c->n_enforced);
    set_flag(L, "json", c->json);
    set_flag(L, "dot", c->dot);
    set_flag(L, "strict", c->strict);
    set_flag(L, "colours", c->colours);
}

/* The files that the configuration names, from the list "wanted" of the table at the top. False: there are none. */
static bool include_wanted(lua_State *L, struct ww_policy_sources *sources)
{
    struct ww_error err = {0};
    if (lua_getfield(L, -1, "wanted") != LUA_TTABLE)
        return false;
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
        if (ww_policy_sources_include(sources, lua_tostring(L, -1), &err) < 0)
            luaL_error(L, "%s", err.text);
        lua_pop(L, 1);
    }
    return true;
}

/* open_policies(): put the site's policies in force in this state, for the names of groups that they give to labels. */
static int open_policies(lua_State *L)
{
    struct running *r = lua_touserdata(L, lua_upvalueindex(1));
    bool wanting = r->sources.n > 0;
    while (wanting) {
        lua_settop(L, 0);
        ww_policy_site_call_open(L, &r->sources);
        if (lua_isnil(L, -2))
            return luaL_error(L, "%s", lua_tostring(L, -1));
        lua_pop(L, 1);
        wanting = include_wanted(L, &r->sources);
    }
    return 0;
}

/* run(given, native): native is what `require "whalewall.testing"` has of tools, with open_policies. The bundled
 * `require` is the state's own, as in the states of policies. */
static int enter_command(lua_State *L)
{
    struct running *r = lua_touserdata(L, 1);
    lua_gc(L, LUA_GCINC, 400, 100, 0); /* most of what is made lives to the end */
    luaL_openlibs(L);
    ww_module_push_tools(L);
    lua_pushlightuserdata(L, r);
    lua_pushcclosure(L, open_policies, 1);
    lua_setfield(L, -2, "open_policies");
    int native = lua_gettop(L);
    lua_getfield(L, -1, "require");
    lua_pushvalue(L, -1);
    lua_setglobal(L, "require");
    lua_pushstring(L, r->command->module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    push_given(L, r->command);
    lua_pushvalue(L, native);
    lua_call(L, 2, 1);
    r->status = (int)lua_tointeger(L, -1);
    return 0;
}

static int read_policies(struct running *r)
{
    const struct ww_lua_command *c = r->command;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->n_policies; i++)
        rc = ww_policy_sources_add(&r->sources, c->policies[i], r->err);
    if (rc == 0 && c->policy_config)
        rc = ww_policy_sources_configure(&r->sources, c->policy_config, r->err);
    return rc;
}

int ww_lua_command_run(const struct ww_lua_command *command, struct ww_error *err)
{
    struct running r = {.command = command, .err = err};
    struct ww_pool pool = {0};
    int rc = read_policies(&r);
    lua_State *L = rc == 0 ? lua_newstate(ww_pool_alloc, &pool) : NULL;
    if (rc == 0 && !L)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    if (L) {
        lua_pushcfunction(L, enter_command);
        lua_pushlightuserdata(L, &r);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            rc = ww_fail(err, -EINVAL, "%s", lua_tostring(L, -1));
        lua_close(L);
    }
    ww_pool_done(&pool);
    ww_policy_sources_done(&r.sources);
    return rc < 0 ? rc : r.status;
}
