#include "bindings/lua_sort.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>

#include "bindings/lua_budget.h"

#define CALL 8 /* instructions for a function of the library */

/* Places in the stack. */
enum { LIST = 1, BEFORE, ONE, OTHER };

/* Is the topmost value before the one below it? */
static bool is_before(lua_State *L)
{
    if (lua_isnil(L, BEFORE))
        return lua_compare(L, -1, -2, LUA_OPLT);
    if (lua_iscfunction(L, BEFORE)) /* no instruction is counted there */
        ww_lua_charge(L, CALL);
    lua_pushvalue(L, BEFORE);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/* One step of a merge: the next of two runs, of which the left one counts where they are equal. */
static bool take_right(lua_State *L, int from, lua_Integer left, lua_Integer right)
{
    lua_rawgeti(L, from, left);
    lua_rawgeti(L, from, right);
    bool before = is_before(L);
    lua_pop(L, 2);
    return before;
}

/* [first, middle) and [middle, end) of `from`, each sorted, become one in `to`. */
static void merge(lua_State *L, int from, int to, lua_Integer first, lua_Integer middle, lua_Integer end)
{
    lua_Integer left = first;
    lua_Integer right = middle;
    for (lua_Integer at = first; at < end; at++) {
        bool is_right = right < end && (left == middle || take_right(L, from, left, right));
        lua_rawgeti(L, from, is_right ? right++ : left++);
        lua_rawseti(L, to, at);
    }
}

static void copy(lua_State *L, int from, int to, lua_Integer n)
{
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, from, i);
        lua_seti(L, to, i);
    }
}

static lua_Integer least(lua_Integer a, lua_Integer b)
{
    return a < b ? a : b;
}

int ww_lua_sort(lua_State *L)
{
    luaL_checktype(L, LIST, LUA_TTABLE);
    if (!lua_isnoneornil(L, BEFORE))
        luaL_checktype(L, BEFORE, LUA_TFUNCTION);
    lua_settop(L, BEFORE);
    const lua_Integer n = (lua_Integer)lua_rawlen(L, LIST);
    if (n < 2)
        return 0;
    luaL_argcheck(L, n < INT_MAX, LIST, "array too big");
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, (int)n, 0);
    copy(L, LIST, ONE, n);
    int from = ONE;
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer at = 1; at <= n; at += 2 * width)
            merge(L, from, ONE + OTHER - from, at, least(at + width, n + 1), least(at + 2 * width, n + 1));
        from = ONE + OTHER - from;
    }
    copy(L, from, LIST, n);
    return 0;
}
