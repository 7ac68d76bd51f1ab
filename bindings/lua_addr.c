/* native.addr: network addresses as canonical text. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/types.h>

#include "bindings/lua_sandbox.h"
#include "core/ir/rule.h"
#include "core/ir/span.h"
#include "core/model/addr.h"

/* NULL: it has a zero, behind which C would not look. */
static const char *whole_text(lua_State *L, int index)
{
    size_t len;
    const char *text = luaL_checklstring(L, index, &len);

    return strlen(text) == len ? text : NULL;
}

/* parse(text) -> canonical text, 4 or 6 | nil */
static int addr_parse(lua_State *L)
{
    struct ww_addr addr = {0};
    char text[WW_ADDR_TEXT];
    const char *given = whole_text(L, 1);

    if (!given || ww_addr_parse(given, &addr, NULL) < 0) {
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
    struct ww_addr again = {0};
    char text[WW_ADDR_TEXT];

    if (addr->family == AF_INET)
        return false;
    return ww_addr_parse(ww_addr_text(addr, text), &again, NULL) < 0 || again.family != addr->family;
}

/* range(text) -> canonical text, 4 or 6 | nil, reason: an address, addr/len or a-b */
static int addr_range(lua_State *L)
{
    struct ww_addr_range range = {0};
    struct ww_error err = {0};
    char text[WW_RANGE_TEXT];
    const char *given = whole_text(L, 1);

    int rc =
        given ? ww_addr_range_parse(given, &range, &err) : ww_fail(&err, -EINVAL, "an address has no zero byte in it");
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
    const char *given = whole_text(L, index);

    if (!given || ww_addr_parse(given, &addr, NULL) < 0)
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

/* is_group(range) -> boolean: all of it is broadcast or multicast, as its first address is */
static int addr_is_group(lua_State *L)
{
    struct ww_addr_range range = {0};
    const char *given = whole_text(L, 1);

    if (!given || ww_addr_range_parse(given, &range, NULL) < 0)
        return luaL_argerror(L, 1, "not a range");
    lua_pushboolean(L, range.lo.bytes[0] >= (range.lo.family == AF_INET ? 224 : 255));
    return 1;
}

/* The ranges of the list at `index`, in memory that the garbage collector frees, which is pushed. */
static struct ww_addr_range *push_ranges(lua_State *L, int index, size_t *ret_n)
{
    luaL_checktype(L, index, LUA_TTABLE);
    const size_t n = lua_rawlen(L, index);
    struct ww_addr_range *ranges = lua_newuserdatauv(L, (n + 1) * sizeof(*ranges), 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        const char *given = whole_text(L, -1);
        if (!given || ww_addr_range_parse(given, &ranges[i], NULL) < 0)
            luaL_argerror(L, index, "not a list of ranges");
        lua_pop(L, 1);
    }
    *ret_n = n;
    return ranges;
}

static int take_ranges(struct ww_rule *rule, const struct ww_addr_range *ranges, size_t n)
{
    int rc = 0;
    rule->peer = WW_PEER_ADDRS;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = ww_rule_add_peer(rule, &ranges[i]);
    ww_rule_normalize(rule);
    return rc;
}

/* What of `from` is not in `but`; `left` has room for both, as the first has no overlaps then. No Lua in here, which
 * could raise an error. Their number, or -ENOMEM. */
static ssize_t subtract(const struct ww_addr_range *from, size_t n, const struct ww_addr_range *but, size_t n_but,
                        struct ww_addr_range *left)
{
    struct ww_rule whole = {0};
    struct ww_rule other = {0};
    struct ww_rule rest = {0};
    int rc = take_ranges(&whole, from, n);
    if (rc == 0)
        rc = take_ranges(&other, but, n_but);
    if (rc == 0)
        rc = ww_span_addrs_without(whole.peers, whole.n_peers, other.peers, other.n_peers, &rest);
    const size_t found = rest.n_peers;
    for (size_t i = 0; rc == 0 && i < found; i++)
        left[i] = rest.peers[i];
    ww_rule_done(&whole);
    ww_rule_done(&other);
    ww_rule_done(&rest);
    return rc < 0 ? rc : (ssize_t)found;
}

/* without(ranges, but) -> the ranges that are left, canonical and in order | nil, reason */
static int addr_without(lua_State *L)
{
    size_t n;
    size_t n_but;
    char text[WW_RANGE_TEXT];

    lua_settop(L, 2);
    const struct ww_addr_range *from = push_ranges(L, 1, &n);
    const struct ww_addr_range *but = push_ranges(L, 2, &n_but);
    struct ww_addr_range *left = lua_newuserdatauv(L, (n + n_but + 1) * sizeof(*left), 0);
    const ssize_t found = subtract(from, n, but, n_but, left);
    if (found < 0)
        return luaL_error(L, "out of memory");
    lua_createtable(L, (int)found, 0);
    for (ssize_t i = 0; i < found; i++) {
        if (ends_mapped(&left[i].lo) || ends_mapped(&left[i].hi)) {
            lua_pushnil(L);
            lua_pushliteral(L, "what is left ends among the IPv4-mapped IPv6 addresses");
            return 2;
        }
        lua_pushstring(L, ww_addr_range_text(&left[i], text));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"parse", addr_parse},
    {"range", addr_range},
    {"compare", addr_compare},
    {"is_any", addr_is_any},
    {"is_loopback", addr_is_loopback},
    {"is_group", addr_is_group},
    {"without", addr_without},
    {NULL, NULL},
};

int ww_lua_open_addr(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
