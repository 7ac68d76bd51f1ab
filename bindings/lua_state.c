#include "bindings/lua_state.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_sandbox.h"
#include "core/base/clock.h"
#include "core/base/limits.h"

#ifdef __SANITIZE_ADDRESS__ /* which is slow */
#define LONGEST_NS (20 * WW_LIMIT_LUA_MS * WW_NS_PER_MS)
#else
#define LONGEST_NS (WW_LIMIT_LUA_MS * WW_NS_PER_MS)
#endif
#define TRACE_LEVELS 6          /* calls that an error names */
#define TIDY_BYTES (4u << 20)   /* garbage above this is collected after the call */
#define POOL_BYTES (16u << 20)  /* a state that took more is made anew: a pool gives nothing back before */
#define READY_BYTES (64u << 10) /* in pages that are there when a forked process that waits is asked */
/*
 * How many percent of what is in use memory grows to before it is collected within a call. Most calls are over by then:
 * a collection would cost more than what it frees is worth, and in a forked worker it writes to every page of the
 * state.
 */
#define PAUSE_PERCENT 1000

/* handler(error) -> text: the message and the lines that led to it, on one line. */
static int trace(lua_State *L)
{
    lua_Debug ar;
    int shown = 0;

    if (lua_isstring(L, 1) || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL)
        luaL_tolstring(L, 1, NULL);
    else /* its text would be an address in memory */
        lua_pushfstring(L, "an error that is a %s", luaL_typename(L, 1));
    for (int level = 1; shown < TRACE_LEVELS && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline < 0)
            continue;
        lua_pushfstring(L, "%s%s:%d", shown++ ? " < " : " (", ar.short_src, ar.currentline);
        lua_concat(L, 2);
    }
    if (shown) {
        lua_pushliteral(L, ")");
        lua_concat(L, 2);
    }
    return 1;
}

static void shut(struct ww_lua *lua)
{
    if (lua->state)
        lua_close(lua->state);
    ww_pool_done(&lua->pool);
    lua->state = NULL;
}

static int explain(const struct ww_lua *lua, int status, struct ww_error *err)
{
    if (lua->late)
        return ww_fail(err, -E2BIG, "the policy takes more than %lld ms of the processor's time (WW_LIMIT_LUA_MS)%s",
                       (long long)(lua->limit_ns / WW_NS_PER_MS), lua->place);
    if (lua->overrun && lua->refusals < WW_LUA_REFUSALS)
        return ww_fail(err, -E2BIG, "the policy needs more than %lld Lua instructions (WW_LIMIT_LUA_INSTRUCTIONS)%s",
                       lua->limit_instructions, lua->place);
    if (lua->starved)
        return ww_fail(err, -ENOMEM, "out of memory in the policy");
    if (lua->too_long && (status == LUA_ERRMEM || lua->overrun))
        return ww_fail(err, -E2BIG,
                       "the policy makes a text of more than %d bytes (WW_LIMIT_LUA_TEXT), or needs more "
                       "than %zu bytes of memory (WW_LIMIT_LUA_BYTES)",
                       WW_LIMIT_LUA_TEXT, lua->limit_bytes);
    if (status == LUA_ERRMEM || lua->overrun)
        return ww_fail(err, -E2BIG, "the policy needs more than %zu bytes of memory (WW_LIMIT_LUA_BYTES)",
                       lua->limit_bytes);
    /* No conversion here: it could allocate, outside of the protected call. */
    const char *text = lua_type(lua->state, -1) == LUA_TSTRING ? lua_tostring(lua->state, -1) : "no message";
    return ww_fail(err, -EINVAL, "the policy failed: %s", text);
}

/* The one way into Lua. */
static int run(struct ww_lua *lua, lua_CFunction fn, void *arg, struct ww_error *err)
{
    lua_State *L = lua->state;

    lua->left = lua->limit_instructions;
    lua->churned = 0;
    lua->refusals = 0;
    lua->overrun = false;
    lua->late = false;
    lua->place[0] = '\0';
    lua->begun = ww_clock_mono();
    lua->begun_cpu = ww_clock_thread();
    lua->starved = false;
    lua->too_long = false;
    lua->given = false;
    lua_sethook(L, ww_lua_count, LUA_MASKCOUNT, WW_LUA_STEP);
    lua_pushcfunction(L, trace);
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, 1);
    lua_sethook(L, NULL, 0, 0);
    if (status != LUA_OK || lua->overrun || lua->starved) { /* code that caught the error must not hide it */
        int rc = explain(lua, status, err);
        shut(lua);
        return rc;
    }
    lua_settop(L, 0);
    if (lua->used > TIDY_BYTES)
        lua_gc(L, LUA_GCCOLLECT);
    if (lua->pool.bytes > POOL_BYTES)
        shut(lua);
    return 0;
}

static int open_state(struct ww_lua *lua, struct ww_error *err)
{
    lua->used = 0;
    lua->churned = 0;
    lua->state = lua_newstate(ww_lua_allocate, lua);
    if (!lua->state)
        return ww_fail(err, -ENOMEM, "out of memory for a Lua state");
    memcpy(lua_getextraspace(lua->state), &lua, sizeof(struct ww_lua *));
    lua_gc(lua->state, LUA_GCINC, PAUSE_PERCENT, 0, 0);
    return run(lua, ww_lua_sandbox_open, NULL, err);
}

void ww_lua_init(struct ww_lua *lua)
{
    *lua = (struct ww_lua){
        .limit_bytes = WW_LIMIT_LUA_BYTES, .limit_instructions = WW_LIMIT_LUA_INSTRUCTIONS, .limit_ns = LONGEST_NS};
}

void ww_lua_done(struct ww_lua *lua)
{
    shut(lua);
}

void ww_lua_tidy(struct ww_lua *lua)
{
    if (lua->state)
        lua_gc(lua->state, LUA_GCCOLLECT);
}

void ww_lua_forked(struct ww_lua *lua, bool waits)
{
    ww_pool_renew(&lua->pool, waits ? READY_BYTES : 0);
}

int ww_lua_call(struct ww_lua *lua, lua_CFunction fn, void *arg, struct ww_error *err)
{
    lua->fresh = !lua->state;
    if (lua->fresh) {
        int rc = open_state(lua, err);
        if (rc < 0)
            return rc;
    }
    return run(lua, fn, arg, err);
}
