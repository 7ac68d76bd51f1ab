#include "bindings/rock/answer.h"

#include <cjson/cJSON.h>

#define BOX "whalewall.memory"
#define WHOLE_MOST 9007199254740992.0 /* 2^53: up to there a double has every whole number */

int ww_rock_fail(lua_State *L, const struct whalewall_error *error)
{
    lua_pushnil(L);
    lua_pushstring(L, error->text);
    lua_pushinteger(L, -error->code);
    return 3;
}

int ww_rock_done(lua_State *L, int rc, const struct whalewall_error *error)
{
    if (rc < 0)
        return ww_rock_fail(L, error);
    lua_pushboolean(L, 1);
    return 1;
}

static int free_box(lua_State *L)
{
    struct ww_rock_box *box = luaL_checkudata(L, 1, BOX);
    if (box->memory)
        box->free(box->memory);
    box->memory = NULL;
    return 0;
}

struct ww_rock_box *ww_rock_box(lua_State *L, void (*free)(void *memory))
{
    struct ww_rock_box *box = lua_newuserdatauv(L, sizeof(*box), 0);
    *box = (struct ww_rock_box){.free = free};
    if (luaL_newmetatable(L, BOX)) {
        lua_pushcfunction(L, free_box);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    return box;
}

static void push_number(lua_State *L, double number)
{
    if (number >= -WHOLE_MOST && number <= WHOLE_MOST && (double)(lua_Integer)number == number)
        lua_pushinteger(L, (lua_Integer)number);
    else
        lua_pushnumber(L, number);
}

static void push_value(lua_State *L, const cJSON *value)
{
    luaL_checkstack(L, 4, "the answer is nested too deeply");
    if (cJSON_IsString(value))
        lua_pushstring(L, value->valuestring);
    else if (cJSON_IsNumber(value))
        push_number(L, value->valuedouble);
    else if (cJSON_IsBool(value))
        lua_pushboolean(L, cJSON_IsTrue(value));
    else if (cJSON_IsNull(value))
        lua_pushnil(L);
    else
        lua_newtable(L);
}

/* How deep is limited by cJSON (CJSON_NESTING_LIMIT). */
static void push_tree(lua_State *L, const cJSON *value) /* NOLINT(misc-no-recursion) */
{
    const cJSON *item;
    lua_Integer index = 0;
    push_value(L, value);
    if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
        return;
    cJSON_ArrayForEach(item, value)
    {
        push_tree(L, item);
        if (item->string)
            lua_setfield(L, -2, item->string);
        else
            lua_rawseti(L, -2, ++index);
    }
}

static void free_tree(void *tree)
{
    cJSON_Delete(tree);
}

int ww_rock_push_json(lua_State *L, const char *json)
{
    struct ww_rock_box *box = ww_rock_box(L, free_tree);
    box->memory = cJSON_Parse(json);
    if (!box->memory)
        return luaL_error(L, "out of memory for an answer of the library, or it is no JSON");
    push_tree(L, box->memory);
    lua_remove(L, -2);
    return 1;
}

void ww_rock_set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void ww_rock_set_flag(lua_State *L, const char *key, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, key);
}

void ww_rock_set_integer(lua_State *L, const char *key, lua_Integer number)
{
    lua_pushinteger(L, number);
    lua_setfield(L, -2, key);
}

void ww_rock_push_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction close)
{
    if (!luaL_newmetatable(L, type))
        return;
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}
