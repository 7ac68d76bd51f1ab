#include "bindings/lua_price.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "bindings/lua_budget.h"

#define MAX_ITEMS (1 << 24) /* of a table that one function goes through; tables that it asks for them, together */
#define MAX_ASKED (1 << 16) /* such items where a metamethod is asked for each */
#define BYTES 16            /* that are read or copied in the time of an instruction */
#define NUL 4          /* instructions for one in a text that is compared: texts are compared from one to the next */
#define ITEM 4         /* … for one of a table, or an argument, that is moved */
#define ITEM_ASKED 24  /* … of a table that asks a function of a library for it */
#define LINK 2         /* … for a table that has not got it, and asks another one */
#define LINKS_MAX 2000 /* so many ask each other (MAXTAGLOOP in Lua's lvm.c) */

double ww_lua_price_of(lua_State *L, int index)
{
    double size = 0;
    for (int i = index; i <= lua_gettop(L); i++)
        size += ITEM + (lua_type(L, i) == LUA_TSTRING ? (double)lua_rawlen(L, i) / BYTES : 0);
    return size;
}

double ww_lua_price_of_compared(lua_State *L, int index)
{
    size_t len;
    if (lua_type(L, index) != LUA_TSTRING)
        return 0;
    const char *at = lua_tolstring(L, index, &len);
    const char *end = at + len;
    double price = (double)len / BYTES;
    ww_lua_charge(L, price); /* for the search, too */
    while ((at = memchr(at, '\0', (size_t)(end - at)))) {
        at++;
        price += NUL;
    }
    return price;
}

double ww_lua_price_of_list(lua_State *L)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    double price = (double)n;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        price += ww_lua_price_of_compared(L, -1);
        lua_pop(L, 1);
    }
    return price;
}

/* How many tables are asked, one after the other, where none has the item. */
static unsigned links_of(lua_State *L, int index, const char *event)
{
    unsigned n = 0;
    lua_pushvalue(L, index);
    while (n < LINKS_MAX && luaL_getmetafield(L, -1, event) != LUA_TNIL) {
        lua_remove(L, -2);
        n++;
    }
    lua_pop(L, 1);
    ww_lua_charge(L, n * ITEM_ASKED);
    return n;
}

/* Items of the table at `index`: instructions for each. The metamethod may be a function of a library, where no
 * instruction is counted. */
void ww_lua_charge_items(lua_State *L, int index, lua_Integer from, lua_Integer to)
{
    if (to < from)
        return;
    unsigned links = links_of(L, index, "__index") + links_of(L, index, "__newindex");
    lua_Unsigned n = (lua_Unsigned)to - (lua_Unsigned)from;
    if (n >= (links ? MAX_ASKED : MAX_ITEMS) || (n + 1) * links > MAX_ITEMS)
        luaL_error(L, "too many elements");
    ww_lua_charge(L, ((double)n + 1) * (links ? ITEM_ASKED + LINK * links : ITEM));
}

double ww_lua_parts_of(lua_State *L, int index)
{
    size_t len;
    if (lua_istable(L, index))
        return LINK * links_of(L, index, "__index");
    if (!lua_isstring(L, index))
        return 0;
    const char *at = lua_tolstring(L, index, &len);
    const char *end = at + len;
    double parts = 0;
    ww_lua_charge(L, (double)len / BYTES);
    for (; (at = memchr(at, '%', (size_t)(end - at))); at += at + 1 < end ? 2 : 1)
        parts++;
    return parts;
}
