#include "bindings/rock/given.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TIME_MOST 86400000 /* a day */

const char *ww_rock_text(lua_State *L, int index, const char *what)
{
    size_t len = 0;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    if (!text)
        luaL_error(L, "%s: a text is needed, and not a %s", what, luaL_typename(L, index));
    if (text && strlen(text) != len)
        luaL_error(L, "%s: the text has a zero byte in it", what);
    return text;
}

static lua_Integer whole(lua_State *L, const char *what, lua_Integer most)
{
    int is_whole = 0;
    lua_Integer number = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_whole) : 0;
    if (!is_whole || number < 0 || number > most)
        luaL_error(L, "%s: a whole number is needed, of 0 to %I", what, (LUAI_UACINT)most);
    return number;
}

static int choice(lua_State *L, const struct ww_rock_field *field)
{
    const char *text = ww_rock_text(L, -1, field->name);
    int i = 0;
    while (field->choices[i] && strcmp(field->choices[i], text) != 0)
        i++;
    if (!field->choices[i])
        luaL_error(L, "%s: '%s' is none of its values, of which the first is '%s'", field->name, text,
                   field->choices[0]);
    return field->first + i;
}

/* The value at the top. */
static void put_value(lua_State *L, const struct ww_rock_field *field, char *to)
{
    if (field->kind == WW_ROCK_TEXT)
        *(const char **)to = ww_rock_text(L, -1, field->name);
    else if (field->kind == WW_ROCK_PORT)
        *(uint16_t *)to = (uint16_t)whole(L, field->name, UINT16_MAX);
    else if (field->kind == WW_ROCK_TIME)
        *(int64_t *)to = whole(L, field->name, TIME_MOST);
    else if (field->kind == WW_ROCK_CHOICE)
        *(int *)to = choice(L, field);
    else if (field->kind == WW_ROCK_FLAG && !lua_isboolean(L, -1))
        luaL_error(L, "%s: true or false is needed, and not a %s", field->name, luaL_typename(L, -1));
    else if (field->kind == WW_ROCK_FLAG)
        *(bool *)to = lua_toboolean(L, -1);
}

static const struct ww_rock_field *find_field(lua_State *L, const struct ww_rock_field *fields, size_t n,
                                              const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    luaL_error(L, "there is no option '%s'", name);
    return NULL;
}

void ww_rock_given(lua_State *L, int arg, const struct ww_rock_field *fields, size_t n, void *ret_struct)
{
    luaL_checkstack(L, 4, NULL);
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const struct ww_rock_field *field = find_field(L, fields, n, ww_rock_text(L, -2, "the name of an option"));
        if (field->kind != WW_ROCK_OTHER)
            put_value(L, field, (char *)ret_struct + field->offset);
    }
}

/* The table's own field, whatever its metatable says. */
static int get_own(lua_State *L, int arg, const char *name)
{
    if (!lua_istable(L, arg)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    lua_pushstring(L, name);
    return lua_rawget(L, arg);
}

const char *const *ww_rock_texts(lua_State *L, int arg, const char *name, size_t *ret_n)
{
    int type = get_own(L, arg, name);
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "%s: a list of texts is needed, and not a %s", name, luaL_typename(L, -1));
    const size_t n = type == LUA_TTABLE ? (size_t)lua_rawlen(L, -1) : 0;
    const char **texts = lua_newuserdatauv(L, (n + 1) * sizeof(*texts), 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        texts[i] = ww_rock_text(L, -1, name);
        lua_pop(L, 1);
    }
    texts[n] = NULL;
    lua_remove(L, -2);
    *ret_n = n;
    return texts;
}
