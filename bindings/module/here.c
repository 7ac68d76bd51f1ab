#include "bindings/module/here.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_facts.h"

static const char kept; /* its address is the key in the registry */

struct here {
    lua_State *L;
};

/* One call: what goes in, and what comes out. */
struct call {
    struct here *here;
    const char *label;
    const struct ww_facts *facts;
    struct ww_names names;
    struct ww_compiled compiled;
    int rc;
    struct ww_error *err;
};

/* Push a function of lua/policy.lua. */
static void push_function(lua_State *L, const char *name)
{
    luaL_checkstack(L, 12, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kept);
    lua_pushliteral(L, "policy");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, name);
}

/* After a call that returned `value | nil, message`: the value is at the top, or the message is in the call's error. */
static bool succeeded(lua_State *L, struct call *c)
{
    if (lua_isnil(L, -2))
        c->rc = ww_fail(c->err, -EINVAL, "%s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return c->rc == 0;
}

static int enter_mentions(lua_State *L)
{
    struct call *c = lua_touserdata(L, 1);
    push_function(L, "mentions");
    lua_pushstring(L, c->label);
    lua_call(L, 1, 2);
    if (succeeded(L, c) && ww_lua_read_names(L, &c->names) < 0)
        c->rc = ww_fail(c->err, -ENOMEM, "out of memory");
    return 0;
}

static int enter_compile(lua_State *L)
{
    struct call *c = lua_touserdata(L, 1);
    push_function(L, "compile");
    ww_lua_push_facts(L, c->facts);
    lua_call(L, 1, 2);
    if (succeeded(L, c) && ww_lua_read_compiled(L, &c->compiled) < 0)
        c->rc = ww_fail(c->err, -ENOMEM, "out of memory");
    return 0;
}

/* Whatever Lua raises is an error like any other: what C holds meanwhile is not lost. */
static int call_protected(lua_CFunction fn, struct call *c)
{
    lua_State *L = c->here->L;
    if (!lua_checkstack(L, 4))
        return ww_fail(c->err, -ENOMEM, "out of memory");
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, c);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        c->rc = ww_fail(c->err, -EINVAL, "the policy failed: %s", lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    if (c->rc < 0) {
        ww_names_done(&c->names);
        ww_compiled_done(&c->compiled);
    }
    return c->rc;
}

static int here_mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    struct call c = {.here = self, .label = label, .err = err};
    int rc = label ? call_protected(enter_mentions, &c) : 0;
    if (rc == 0)
        *ret_names = c.names;
    return rc;
}

static int here_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                        struct ww_error *err)
{
    struct call c = {.here = self, .facts = facts, .err = err};
    int rc = call_protected(enter_compile, &c);
    if (rc == 0)
        *ret_compiled = c.compiled;
    return rc;
}

static const char *here_version(void *self)
{
    (void)self;
    return "here";
}

void ww_module_keep_require(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kept);
}

int ww_module_policy_here(lua_State *L, struct ww_policy *ret_policy, struct ww_error *err)
{
    static const struct ww_policy_ops ops = {
        .mentions = here_mentions, .compile = here_compile, .version = here_version, .free = free};
    struct here *h = malloc(sizeof(*h));
    if (!h)
        return ww_fail(err, -ENOMEM, "out of memory");
    *h = (struct here){.L = L};
    *ret_policy = (struct ww_policy){.ops = &ops, .self = h};
    return 0;
}
