/***
Where an agent reads labels.
@submodule whalewall
*/
#include "bindings/rock/jail.h"

#include "bindings/rock/answer.h"

#define TYPE "whalewall.jail"

struct holder {
    struct whalewall_jail *jail; /* NULL: it is closed, or an agent's */
};

static struct holder *check_holder(lua_State *L, int index)
{
    struct holder *h = luaL_testudata(L, index, TYPE);
    if (!h)
        luaL_error(L, "jail: what whalewall.jail makes is needed, and not a %s", luaL_typename(L, index));
    else if (!h->jail)
        luaL_error(L, "jail: it is closed, or another agent's: each has one of its own");
    return h;
}

void ww_rock_check_jail(lua_State *L, int index)
{
    (void)check_holder(L, index);
}

struct whalewall_jail *ww_rock_take_jail(lua_State *L, int index)
{
    struct holder *h = check_holder(L, index);
    struct whalewall_jail *jail = h->jail;
    h->jail = NULL;
    return jail;
}

/*** End the processes of a jail that no agent got. Also by `local jail <close>`.
@function Jail:close
*/
static int close_jail(lua_State *L)
{
    struct holder *h = luaL_checkudata(L, 1, TYPE);
    whalewall_jail_free(h->jail);
    h->jail = NULL;
    return 0;
}

static const luaL_Reg methods[] = {{"close", close_jail}, {NULL, NULL}};

int ww_rock_jail(lua_State *L)
{
    struct whalewall_error error = {0};
    bool policies = lua_toboolean(L, 1);
    if (!lua_isnoneornil(L, 1))
        luaL_checktype(L, 1, LUA_TBOOLEAN);
    struct holder *h = lua_newuserdatauv(L, sizeof(*h), 0);
    *h = (struct holder){0};
    ww_rock_push_type(L, TYPE, methods, close_jail);
    lua_setmetatable(L, -2);
    return whalewall_jail_new(policies, &h->jail, &error) < 0 ? ww_rock_fail(L, &error) : 1;
}
