/*
 * Library functions that could run long inside C, where the instruction hook does not fire: each is wrapped by one that
 * bounds what it may cost, and then calls it.
 */
#include <lauxlib.h>
#include <stdbool.h>

#include "bindings/lua_sandbox.h"

#define MAX_ITEMS (1 << 24)    /* copies of string.rep, moves of table.move */
#define MAX_STEPS 4294967296.0 /* what a pattern may need at worst */

/* Call the wrapped function (upvalue 1) with all arguments. */
static int forward(lua_State *L)
{
    int n = lua_gettop(L);

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L);
}

/* The index of the ']' that ends the set which begins at pattern[i] == '['. */
static size_t skip_set(const char *pattern, size_t len, size_t i)
{
    i += i + 1 < len && pattern[i + 1] == '^' ? 2 : 1;
    for (size_t first = i; i < len && (pattern[i] != ']' || i == first); i++)
        if (pattern[i] == '%')
            i++;
    return i;
}

/* Matching backtracks: every quantifier can multiply the work by the length of the subject. */
static double pattern_cost(const char *pattern, size_t len, size_t subject)
{
    double cost = 1;
    bool anchored = len > 0 && pattern[0] == '^';

    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '%')
            i++;
        else if (pattern[i] == '[')
            i = skip_set(pattern, len, i);
        else if (pattern[i] == '*' || pattern[i] == '+' || pattern[i] == '-' || pattern[i] == '?')
            cost *= pattern[i] == '?' ? 2 : (double)subject + 1;
    }
    return anchored ? cost : cost * ((double)subject + 1);
}

/* match, gmatch, gsub (subject, pattern, …), and find */
static int guard_pattern(lua_State *L)
{
    size_t subject;
    size_t len;

    luaL_checklstring(L, 1, &subject);
    const char *pattern = luaL_checklstring(L, 2, &len);
    if (pattern_cost(pattern, len, subject) > MAX_STEPS)
        return luaL_error(L, "pattern too costly for a text of %d bytes", (int)subject);
    return forward(L);
}

/* find(subject, pattern [, init [, plain]]): a plain one looks for the text as it is */
static int guard_find(lua_State *L)
{
    return lua_toboolean(L, 4) ? forward(L) : guard_pattern(L);
}

/* string.rep(s, n [, sep]): an empty string would be copied n times for nothing */
static int guard_rep(lua_State *L)
{
    if (luaL_checkinteger(L, 2) > MAX_ITEMS)
        return luaL_error(L, "too many repetitions");
    return forward(L);
}

/* table functions (t, …): a __len could claim any size */
static int guard_table(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        return luaL_error(L, "not a plain table");
    return forward(L);
}

/* table.move(a, from, to, target [, b]) */
static int guard_move(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 2);
    lua_Integer to = luaL_checkinteger(L, 3);

    if (to >= from && (from < 0 ? to >= from + MAX_ITEMS : to - from >= MAX_ITEMS))
        return luaL_error(L, "too many elements to move");
    return guard_table(L);
}

/* Is it something whose text would be its address in memory, another one in every run? */
static bool has_no_text(lua_State *L, int index)
{
    int type = lua_type(L, index);

    if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
        return false;
    if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

/* string.format(format, …) */
static int guard_format(lua_State *L)
{
    for (int i = 2; i <= lua_gettop(L); i++)
        if (has_no_text(L, i))
            return luaL_error(L, "format: a %s has no text", luaL_typename(L, i));
    return forward(L);
}

/* setmetatable(t, meta): finalizers run without the hook */
static int guard_setmetatable(lua_State *L)
{
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__gc is not allowed");
        lua_pop(L, 1);
    }
    return forward(L);
}

static const struct {
    const char *library;
    const char *function;
    lua_CFunction guard;
} guards[] = {
    {"string", "find", guard_find},
    {"string", "match", guard_pattern},
    {"string", "gmatch", guard_pattern},
    {"string", "gsub", guard_pattern},
    {"string", "rep", guard_rep},
    {"string", "format", guard_format},
    {"table", "concat", guard_table},
    {"table", "insert", guard_table},
    {"table", "remove", guard_table},
    {"table", "sort", guard_table},
    {"table", "unpack", guard_table},
    {"table", "move", guard_move},
    {"_G", "setmetatable", guard_setmetatable},
};

void ww_lua_guard(lua_State *L)
{
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        lua_getglobal(L, guards[i].library);
        lua_getfield(L, -1, guards[i].function);
        lua_pushcclosure(L, guards[i].guard, 1);
        lua_setfield(L, -2, guards[i].function);
        lua_pop(L, 1);
    }
}
