#include "bindings/lua_budget.h"

#include <lauxlib.h>

#include "bindings/lua_state.h"
#include "core/base/clock.h"
#include "core/base/limits.h"

#define CHURN 16                          /* one call may allocate this many times the memory limit in total */
#define LARGE (64 * 1024)                 /* a piece of memory that is seldom asked for */
#define POOLED 2                          /* … and have this many times of it set aside for pieces of all sizes */
#define MAX_TEXT (WW_LIMIT_LUA_TEXT + 64) /* with what Lua has to say of it */

/* From now on the hook raises the error at every instruction, so that pcall cannot swallow it. */
static void end(struct ww_lua *lua)
{
    lua->overrun = true;
    if (lua->state)
        lua_sethook(lua->state, ww_lua_count, LUA_MASKCOUNT, 1);
}

/*
 * What one instruction, or one function of a library, takes is not the same for all: texts are compared, arguments
 * passed on. The processor's time is that of the thread, so a busy machine takes none of it. It is asked for only where
 * it can have passed, as that is a system call.
 */
static bool is_late(struct ww_lua *lua)
{
    if (!lua->late)
        lua->late = ww_clock_mono() - lua->begun > lua->limit_ns && ww_clock_thread() - lua->begun_cpu > lua->limit_ns;
    return lua->late;
}

/* Every refusal costs a whole collection: code that catches them and goes on would run for hours within its budget. */
static void *refuse(struct ww_lua *lua)
{
    if (++lua->refusals >= WW_LUA_REFUSALS || is_late(lua))
        end(lua);
    return NULL;
}

void *ww_lua_allocate(void *arg, void *ptr, size_t osize, size_t nsize)
{
    struct ww_lua *lua = arg;
    size_t old = ptr ? osize : 0; /* without ptr, osize is a type tag */

    if (nsize == 0) {
        lua->used -= old;
        return ww_pool_alloc(&lua->pool, ptr, old, 0);
    }
    if (!ptr && osize == LUA_TSTRING && nsize > MAX_TEXT && !lua->given) {
        lua->too_long = true;
        return refuse(lua);
    }
    if (nsize >= LARGE && nsize > old && is_late(lua)) {
        end(lua);
        return NULL;
    }
    if (nsize > old) {
        if (nsize - old > lua->limit_bytes - lua->used || nsize > CHURN * lua->limit_bytes - lua->churned ||
            lua->pool.bytes > POOLED * lua->limit_bytes)
            return refuse(lua);
    }
    void *grown = ww_pool_alloc(&lua->pool, ptr, old, nsize);
    if (!grown) {
        lua->starved = true;
        return NULL;
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

    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline < 0)
            continue;
        snprintf(lua->place, sizeof(lua->place), "; it was in %s:%d", ar.short_src, ar.currentline);
        return;
    }
}

/* So much less is left; the error where that is too much. */
static void spend(struct ww_lua *lua, lua_State *L, double instructions)
{
    lua->left -= instructions < (double)lua->limit_instructions ? (long long)instructions : lua->limit_instructions;
    if (lua->left > 0 && !lua->overrun && (instructions < WW_LUA_STEP || !is_late(lua)))
        return;
    if (!lua->place[0])
        note_place(lua, L);
    end(lua);
    luaL_error(L, "too many instructions");
}

/* The hook. */
void ww_lua_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct ww_lua *lua = *(struct ww_lua **)lua_getextraspace(L);

    if (!lua->overrun) {
        spend(lua, L, WW_LUA_STEP);
        return;
    }
    if (!lua->place[0])
        note_place(lua, L);
    luaL_error(L, "too many instructions");
}

/* NULL: it is another program's state, which loaded the module, and has no budget. */
static struct ww_lua *budget_of(lua_State *L)
{
    void *arg;

    return lua_getallocf(L, &arg) == ww_lua_allocate ? arg : NULL;
}

void ww_lua_charge(lua_State *L, double instructions)
{
    struct ww_lua *lua = budget_of(L);

    if (lua && instructions > 0)
        spend(lua, L, instructions);
}

void ww_lua_push_text(lua_State *L, const char *text, size_t len)
{
    struct ww_lua *lua = budget_of(L);

    if (lua)
        lua->given = true;
    lua_pushlstring(L, text, len);
    if (lua)
        lua->given = false;
}
