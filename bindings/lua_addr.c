/* native.addr: network addresses as canonical text. */
#include <errno.h>
#include <lauxlib.h>

#include "bindings/lua_sandbox.h"
#include "core/model/addr.h"

/* parse(text) -> canonical text, 4 or 6 | nil */
static int addr_parse(lua_State *L)
{
    struct ww_addr addr;
    char text[WW_ADDR_TEXT];

    if (ww_addr_parse(luaL_checkstring(L, 1), &addr, NULL) < 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, ww_addr_text(&addr, text));
    lua_pushinteger(L, addr.family == AF_INET ? 4 : 6);
    return 2;
}

/* An IPv6 address that would be read back as IPv4. */
static bool ends_mapped(const struct ww_addr *addr)
{
    struct ww_addr again;
    char text[WW_ADDR_TEXT];

    return ww_addr_parse(ww_addr_text(addr, text), &again, NULL) < 0 || again.family != addr->family;
}

/* range(text) -> canonical text, 4 or 6 | nil, reason: an address, addr/len or a-b */
static int addr_range(lua_State *L)
{
    struct ww_addr_range range;
    struct ww_error err = {0};
    char text[WW_RANGE_TEXT];

    int rc = ww_addr_range_parse(luaL_checkstring(L, 1), &range, &err);
    if (rc == 0 && (ends_mapped(&range.lo) || ends_mapped(&range.hi)))
        rc = ww_fail(&err, -EINVAL, "'%s' ends among the IPv4-mapped IPv6 addresses; write the IPv4 addresses",
                     ww_addr_range_text(&range, text));
    if (rc < 0) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    lua_pushstring(L, ww_addr_range_text(&range, text));
    lua_pushinteger(L, range.lo.family == AF_INET ? 4 : 6);
    return 2;
}

static struct ww_addr check_addr(lua_State *L, int index)
{
    struct ww_addr addr = {0};

    if (ww_addr_parse(luaL_checkstring(L, index), &addr, NULL) < 0)
        luaL_argerror(L, index, "not an address");
    return addr;
}

/* compare(a, b) -> -1, 0 or 1: family, then value */
static int addr_compare(lua_State *L)
{
    struct ww_addr a = check_addr(L, 1);
    struct ww_addr b = check_addr(L, 2);
    int order = ww_addr_cmp(&a, &b);

    lua_pushinteger(L, (order > 0) - (order < 0));
    return 1;
}

/* is_any(text) -> boolean: 0.0.0.0 or :: */
static int addr_is_any(lua_State *L)
{
    struct ww_addr addr = check_addr(L, 1);

    lua_pushboolean(L, ww_addr_is_any(&addr));
    return 1;
}

/* is_loopback(text) -> boolean */
static int addr_is_loopback(lua_State *L)
{
    struct ww_addr addr = check_addr(L, 1);

    lua_pushboolean(L, ww_addr_is_loopback(&addr));
    return 1;
}

static const luaL_Reg functions[] = {
    {"parse", addr_parse},
    {"range", addr_range},
    {"compare", addr_compare},
    {"is_any", addr_is_any},
    {"is_loopback", addr_is_loopback},
    {NULL, NULL},
};

int ww_lua_open_addr(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
