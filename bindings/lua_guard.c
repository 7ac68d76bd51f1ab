/*
 * Library functions that could run long inside C, where the instruction hook does not fire: each is wrapped by one that
 * takes what the call may cost off the budget of instructions, and then makes it.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_catch.h"
#include "bindings/lua_cost.h"
#include "bindings/lua_price.h"
#include "bindings/lua_sandbox.h"
#include "bindings/lua_sort.h"

#define MAX_COPIES (1 << 24) /* of string.rep, or of parts in all of what gsub puts in */
#define MAX_STEPS (1 << 28)  /* what one search may need at worst */
#define STEPS 32             /* of those of a search, in the time of an instruction, with that it is the worst case */
#define BYTES 16             /* that are copied in that time */

/* Call the wrapped function (upvalue 1) with all arguments. */
static int forward(lua_State *L)
{
    int n = lua_gettop(L);

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L);
}

/* A function that reads all of its arguments. */
static int guard_arguments(lua_State *L)
{
    ww_lua_charge(L, ww_lua_price_of(L, 1));
    return forward(L);
}

/*
 * A function that makes its results of a part of its arguments. One that fails with many results costs memory, which is
 * counted.
 */
static int guard_results(lua_State *L)
{
    int n = forward(L);
    ww_lua_charge(L, ww_lua_price_of(L, 1));
    return n;
}

/* Both. */
static int guard_all(lua_State *L)
{
    ww_lua_charge(L, ww_lua_price_of(L, 1));
    return guard_results(L);
}

/* How many bytes are left from argument `index`, a place in the text (from 1; from the end where it is below 0). */
static size_t bytes_left(lua_State *L, int index, size_t len)
{
    lua_Integer init = luaL_optinteger(L, index, 1);
    if (init < 0)
        init = init < -(lua_Integer)len ? 1 : (lua_Integer)len + init + 1;
    return init <= 1 ? len : init > (lua_Integer)len ? 0 : len - (size_t)init + 1;
}

/* match, gmatch, gsub (subject, pattern, …): the search begins at the place that argument `init` says, if any */
static int search(lua_State *L, int init, bool anchors)
{
    size_t subject;
    size_t len;

    luaL_checklstring(L, 1, &subject);
    const char *pattern = luaL_checklstring(L, 2, &len);
    double steps = ww_lua_pattern_cost(pattern, len, init ? bytes_left(L, init, subject) : subject, anchors);
    if (steps > MAX_STEPS)
        return luaL_error(L, "pattern too costly for a text of %d bytes", (int)subject);
    ww_lua_charge(L, steps / STEPS);
    return forward(L);
}

/* find(subject, text, init, true): it is paid for as far as it went */
static int search_plain(lua_State *L)
{
    size_t subject;
    size_t len;

    luaL_checklstring(L, 1, &subject);
    luaL_checklstring(L, 2, &len);
    size_t left = bytes_left(L, 3, subject);
    if (ww_lua_plain_cost(len, left) > MAX_STEPS)
        return luaL_error(L, "search too costly for a text of %d bytes", (int)subject);
    int n = forward(L);
    if (lua_isinteger(L, 1))
        left = (size_t)lua_tointeger(L, 1) - (subject - left);
    ww_lua_charge(L, ww_lua_plain_cost(len, left) / STEPS);
    return n;
}

static int guard_match(lua_State *L)
{
    return search(L, 3, true);
}

static int guard_gmatch(lua_State *L)
{
    return search(L, 3, false);
}

/* gsub(subject, pattern, replacement [, n]): what is put in has parts, which may be empty, wherever it matches */
static int guard_gsub(lua_State *L)
{
    size_t subject;
    luaL_checklstring(L, 1, &subject);
    double parts = ((double)subject + 1) * ww_lua_parts_of(L, 3);
    if (parts > MAX_COPIES)
        return luaL_error(L, "replacement too costly for a text of %d bytes", (int)subject);
    ww_lua_charge(L, parts);
    int n = search(L, 0, true);
    ww_lua_charge(L, ww_lua_price_of(L, 1));
    return n;
}

/* find(subject, pattern [, init [, plain]]): a plain one looks for the text as it is, and so does one without a sign */
static int guard_find(lua_State *L)
{
    size_t len;
    const char *pattern = luaL_checklstring(L, 2, &len);
    bool plain = lua_toboolean(L, 4) || ww_lua_pattern_is_plain(pattern, len);
    return plain ? search_plain(L) : search(L, 3, true);
}

/* string.rep(s, n [, sep]): an empty string would be copied n times for nothing */
static int guard_rep(lua_State *L)
{
    if (luaL_checkinteger(L, 2) > MAX_COPIES)
        return luaL_error(L, "too many repetitions");
    ww_lua_charge(L, (double)luaL_checkinteger(L, 2) / BYTES);
    return guard_results(L);
}

/* math.max, math.min: texts are compared, too */
static int guard_compared(lua_State *L)
{
    for (int i = 1; i <= lua_gettop(L); i++)
        ww_lua_charge(L, 1 + ww_lua_price_of_compared(L, i));
    return forward(L);
}

/* table functions (t, …): a __len could claim any size */
static void check_table(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        luaL_error(L, "not a plain table");
}

/* The values from the place on, which is argument 2; the function refuses one that is not in the table. */
static void charge_moved(lua_State *L)
{
    lua_Integer place = luaL_checkinteger(L, 2);
    if (place >= 1)
        ww_lua_charge_items(L, 1, place, (lua_Integer)lua_rawlen(L, 1));
}

/* table.insert(t [, place], value): the values from the place on move */
static int guard_insert(lua_State *L)
{
    check_table(L);
    if (lua_gettop(L) > 2)
        charge_moved(L);
    return forward(L);
}

/* table.remove(t [, place]) */
static int guard_remove(lua_State *L)
{
    check_table(L);
    if (lua_gettop(L) > 1)
        charge_moved(L);
    return forward(L);
}

/* table.sort(t [, before]): each value is compared as often as the list can be halved, and moved */
static int guard_sort(lua_State *L)
{
    check_table(L);
    double halved = 1;
    for (lua_Unsigned n = lua_rawlen(L, 1); n; n /= 2)
        halved++;
    ww_lua_charge_items(L, 1, 1, (lua_Integer)lua_rawlen(L, 1));
    ww_lua_charge(L, 2 * halved * ww_lua_price_of_list(L));
    return ww_lua_sort(L);
}

/* table.concat(t [, sep [, from [, to]]]) */
static int guard_concat(lua_State *L)
{
    check_table(L);
    ww_lua_charge_items(L, 1, luaL_optinteger(L, 3, 1), luaL_optinteger(L, 4, (lua_Integer)lua_rawlen(L, 1)));
    ww_lua_charge(L, ww_lua_price_of_list(L));
    return forward(L);
}

/* table.unpack(t [, from [, to]]) */
static int guard_unpack(lua_State *L)
{
    check_table(L);
    ww_lua_charge_items(L, 1, luaL_optinteger(L, 2, 1), luaL_optinteger(L, 3, (lua_Integer)lua_rawlen(L, 1)));
    return forward(L);
}

/* table.move(a, from, to, target [, b]) */
static int guard_move(lua_State *L)
{
    check_table(L);
    ww_lua_charge_items(L, 1, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    if (lua_type(L, 5) == LUA_TTABLE)
        ww_lua_charge_items(L, 5, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    return forward(L);
}

/* The iterator of utf8.codes (text, place): it goes over what continues the character there. */
static int guard_code(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer place = luaL_checkinteger(L, 2);
    size_t begin = place < 0 ? len : (size_t)place;
    size_t at = begin;
    while (at < len && ((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    ww_lua_charge(L, (double)(at - begin) / BYTES);
    return forward(L);
}

/* utf8.codes(text [, lax]) -> iterator, text, 0 */
static int guard_codes(lua_State *L)
{
    int n = forward(L);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, guard_code, 1);
    lua_replace(L, 1);
    return n;
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

/* Does the format have %p, whose text is an address in memory whatever the value is? */
static bool shows_address(const char *format, size_t len)
{
    const char *end = format + len; /* where Lua has a zero, too */
    for (const char *at = memchr(format, '%', len); at; at = memchr(at, '%', (size_t)(end - at))) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == 'p')
            return true;
        at += at < end;
    }
    return false;
}

/* tostring(value): its type, where the text would be an address */
static int guard_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!has_no_text(L, 1))
        return forward(L);
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

/*
 * string.format(format, …). An object is its text, as soon as it is known to have one: making the text of another one
 * could take that away.
 */
static int guard_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    if (shows_address(format, len))
        return luaL_error(L, "format: an address in memory (%%p) has no text");
    for (int i = 2; i <= lua_gettop(L); i++) {
        if (has_no_text(L, i))
            return luaL_error(L, "format: a %s has no text", luaL_typename(L, i));
        if (lua_istable(L, i)) {
            luaL_tolstring(L, i, NULL);
            lua_replace(L, i);
        }
    }
    return guard_all(L);
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
    {"string", "match", guard_match},
    {"string", "gmatch", guard_gmatch},
    {"string", "gsub", guard_gsub},
    {"string", "rep", guard_rep},
    {"string", "format", guard_format},
    {"string", "byte", guard_results},
    {"string", "char", guard_arguments},
    {"string", "lower", guard_arguments},
    {"string", "pack", guard_all},
    {"string", "packsize", guard_arguments},
    {"string", "reverse", guard_arguments},
    {"string", "sub", guard_results},
    {"string", "unpack", guard_all},
    {"string", "upper", guard_arguments},
    {"table", "concat", guard_concat},
    {"table", "insert", guard_insert},
    {"table", "pack", guard_arguments},
    {"table", "remove", guard_remove},
    {"table", "sort", guard_sort},
    {"table", "unpack", guard_unpack},
    {"table", "move", guard_move},
    {"math", "max", guard_compared},
    {"math", "min", guard_compared},
    {"utf8", "char", guard_arguments},
    {"utf8", "codepoint", guard_all},
    {"utf8", "codes", guard_codes},
    {"utf8", "len", guard_arguments},
    {"utf8", "offset", guard_arguments},
    {"_G", "pcall", ww_lua_catch},
    {"_G", "select", guard_arguments},
    {"_G", "setmetatable", guard_setmetatable},
    {"_G", "tonumber", guard_arguments},
    {"_G", "tostring", guard_tostring},
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
