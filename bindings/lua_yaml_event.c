/* libyaml's events, and faults: what is wrong and where, as a table that lua/yaml.lua puts into words. */
#include <lauxlib.h>

#include "bindings/lua_yaml_internal.h"

void ww_yaml_set_text(lua_State *L, const char *key, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, size_t number)
{
    lua_pushinteger(L, (lua_Integer)number);
    lua_setfield(L, -2, key);
}

void ww_yaml_set_place(lua_State *L, yaml_mark_t mark)
{
    set_number(L, "line", mark.line + 1);
    set_number(L, "column", mark.column + 1);
}

/* Keys and numbers of items (from 0), from the outermost on. */
static void set_way(lua_State *L, const struct ww_yaml *y)
{
    lua_Integer n = 0;

    lua_newtable(L);
    for (int i = 0; i < y->depth; i++) {
        if (y->way[i].key)
            lua_pushvalue(L, y->way[i].key);
        else if (y->way[i].item >= 0)
            lua_pushinteger(L, y->way[i].item);
        else
            continue;
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "way");
}

bool ww_yaml_fault(lua_State *L, const struct ww_yaml *y, const char *why, yaml_mark_t mark)
{
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L);
    ww_yaml_set_text(L, "why", why);
    ww_yaml_set_place(L, mark);
    set_way(L, y);
    return false;
}

/* It is not YAML: the texts are libyaml's static ones. */
static bool push_problem(lua_State *L, const struct ww_yaml *y)
{
    const yaml_parser_t *p = &y->parser;

    if (p->error == YAML_MEMORY_ERROR)
        luaL_error(L, "out of memory in the YAML parser");
    ww_yaml_fault(L, y, "yaml", p->problem_mark);
    ww_yaml_set_text(L, "text", p->problem ? p->problem : "not valid");
    ww_yaml_set_text(L, "context", p->context);
    if (p->error == YAML_READER_ERROR) {
        set_number(L, "offset", p->problem_offset);
    } else if (p->context) {
        set_number(L, "context_line", p->context_mark.line + 1);
        set_number(L, "context_column", p->context_mark.column + 1);
    }
    return false;
}

bool ww_yaml_next(lua_State *L, struct ww_yaml *y)
{
    if (y->has_event)
        yaml_event_delete(&y->event);
    y->has_event = false;
    if (!yaml_parser_parse(&y->parser, &y->event))
        return push_problem(L, y);
    y->has_event = true;
    return true;
}
