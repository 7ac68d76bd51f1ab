#include "bindings/lua_budget.h"

#include <lauxlib.h>

#include "bindings/lua_state.h"
#include "core/base/limits.h"

#define CHURN 16                          /* one call may allocate this many times the memory limit in total */
#define POOLED 2                          /* … and have this many times of it set aside for pieces of all sizes */
#define MAX_TEXT (WW_LIMIT_LUA_TEXT + 64) /* with what Lua has to say of it */

/* Every refusal costs a whole collection: code that catches them and goes on would run for hours within its budget. */
static void *refuse(struct ww_lua *lua)
{
    if (++lua->refusals == WW_LUA_REFUSALS && lua->state) {
        lua->overrun = true;
        lua_sethook(lua->state, ww_lua_count, LUA_MASKCOUNT, 1);
    }
    return NULL;
}

void *ww_lua_allocate(void *arg, void *ptr, size_t osize, size_t nsize)
{
    struct ww_lua *lua = arg;
    size_t old = ptr ? osize : 0; /* without ptr, osize is a type tag */

    if (nsize == 0) {
        lua->used -= old;
        return ww_lua_pool_alloc(&lua->pool, ptr, old, 0);
    }
    if (!ptr && osize == LUA_TSTRING && nsize > MAX_TEXT && !lua->given) {
        lua->too_long = true;
        return refuse(lua);
    }
    if (nsize > old) {
        if (nsize - old > lua->limit_bytes - lua->used || nsize > CHURN * lua->limit_bytes - lua->churned ||
            lua->pool.bytes > POOLED * lua->limit_bytes)
            return refuse(lua);
    }
    void *grown = ww_lua_pool_alloc(&lua->pool, ptr, old, nsize);
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
void ww_lua_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct ww_lua *lua = *(struct ww_lua **)lua_getextraspace(L);

    if (!lua->overrun) {
        lua->left -= WW_LUA_STEP;
        if (lua->left > 0)
            return;
        lua->overrun = true;
        note_place(lua, L);
        lua_sethook(L, ww_lua_count, LUA_MASKCOUNT, 1);
    }
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

    if (!lua || !(instructions > 0))
        return;
    lua->left -= instructions < (double)lua->limit_instructions ? (long long)instructions : lua->limit_instructions;
    if (lua->left > 0)
        return;
    lua->overrun = true;
    lua_sethook(L, ww_lua_count, LUA_MASKCOUNT, 1);
    luaL_error(L, "too many instructions");
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
