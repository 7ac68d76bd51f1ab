#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_facts.h"

/* The item {name, ranges} on top. */
static int read_group(lua_State *L, struct ww_group *ret_group)
{
    lua_getfield(L, -1, "name");
    lua_getfield(L, -2, "ranges");
    const size_t n = lua_rawlen(L, -1);
    ret_group->name = strdup(lua_tostring(L, -2));
    ret_group->ranges = calloc(n ? n : 1, sizeof(*ret_group->ranges));
    int rc = ret_group->name && ret_group->ranges ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && rc == 0; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        rc = ww_addr_range_parse(lua_tostring(L, -1), &ret_group->ranges[ret_group->n++], NULL);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    return rc;
}

int ww_lua_read_groups(lua_State *L, struct ww_groups *ret_groups)
{
    const size_t n = lua_rawlen(L, -1);
    int rc = 0;
    ret_groups->list = calloc(n ? n : 1, sizeof(*ret_groups->list));
    if (!ret_groups->list)
        return -ENOMEM;
    for (size_t i = 0; i < n && rc == 0; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        rc = read_group(L, &ret_groups->list[ret_groups->n++]);
        lua_pop(L, 1);
    }
    if (rc < 0)
        return rc;
    ww_groups_settle(ret_groups);
    return ww_groups_check(ret_groups, NULL);
}
