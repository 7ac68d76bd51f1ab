#include "bindings/lua_state.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_sandbox.h"
#include "core/base/limits.h"

#define STEP 1000             /* instructions between two looks at the budget */
#define CHURN 16              /* one call may allocate this many times the memory limit in total */
#define REFUSALS 64           /* refused allocations that end a call */
#define TRACE_LEVELS 6        /* calls that an error names */
#define TIDY_BYTES (4u << 20) /* garbage above this is collected after the call */

static void count(lua_State *L, lua_Debug *ar);

/* Every refusal costs a whole collection: code that catches them and goes on would run for hours within its budget. */
static void *refuse(struct ww_lua *lua)
{
    if (++lua->refusals == REFUSALS && lua->state) {
        lua->overrun = true;
        lua_sethook(lua->state, count, LUA_MASKCOUNT, 1);
    }
    return NULL;
}

/* lua_Alloc: counts. Growth beyond the budget fails; shrinking never does. */
static void *allocate(void *arg, void *ptr, size_t osize, size_t nsize)
{
    struct ww_lua *lua = arg;
    size_t old = ptr ? osize : 0; /* without ptr, osize is a type tag */

    if (nsize == 0) {
        free(ptr);
        lua->used -= old;
        return NULL;
    }
    if (nsize > old) {
        if (nsize - old > lua->limit_bytes - lua->used || nsize > CHURN * lua->limit_bytes - lua->churned)
            return refuse(lua);
    }
    void *grown = realloc(ptr, nsize);
    if (!grown) {
        lua->starved = nsize > old;
        return nsize > old ? NULL : ptr;
    }
    if (nsize > old)
        lua->churned += nsize;
    lua->used += nsize - old;
    return grown;
}

/* Where the budget ended: a loop that has no end is most often there. */
static void note_place(struct ww_lua *lua, lua_State *L)
{
    lua_Debug ar;

    lua->place[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline < 0)
            continue;
        snprintf(lua->place, sizeof(lua->place), "; it was in %s:%d", ar.short_src, ar.currentline);
        return;
    }
}

/* The hook. Once the budget is gone it fires at every instruction, so that pcall cannot swallow the error. */
static void count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct ww_lua *lua = *(struct ww_lua **)lua_getextraspace(L);

    if (!lua->overrun) {
        lua->left -= STEP;
        if (lua->left > 0)
            return;
        lua->overrun = true;
        note_place(lua, L);
        lua_sethook(L, count, LUA_MASKCOUNT, 1);
    }
    luaL_error(L, "too many instructions");
}

/* handler(error) -> text: the message and the lines that led to it, on one line. */
static int trace(lua_State *L)
{
    lua_Debug ar;
    int shown = 0;

    luaL_tolstring(L, 1, NULL);
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
    lua->state = NULL;
}

static int explain(const struct ww_lua *lua, int status, struct ww_error *err)
{
    if (lua->overrun && lua->refusals < REFUSALS)
        return ww_fail(err, -E2BIG, "the policy needs more than %lld Lua instructions (WW_LIMIT_LUA_INSTRUCTIONS)%s",
                       lua->limit_instructions, lua->place);
    if (lua->starved)
        return ww_fail(err, -ENOMEM, "out of memory in the policy");
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
    lua->starved = false;
    lua_sethook(L, count, LUA_MASKCOUNT, STEP);
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
    return 0;
}

static int open_state(struct ww_lua *lua, struct ww_error *err)
{
    lua->used = 0;
    lua->churned = 0;
    lua->state = lua_newstate(allocate, lua);
    if (!lua->state)
        return ww_fail(err, -ENOMEM, "out of memory for a Lua state");
    memcpy(lua_getextraspace(lua->state), &lua, sizeof(struct ww_lua *));
    return run(lua, ww_lua_sandbox_open, NULL, err);
}

void ww_lua_init(struct ww_lua *lua)
{
    *lua = (struct ww_lua){.limit_bytes = WW_LIMIT_LUA_BYTES, .limit_instructions = WW_LIMIT_LUA_INSTRUCTIONS};
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
