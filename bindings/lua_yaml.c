/* native.yaml: libyaml's events with their places. What is allowed, and the tree, are lua/yaml.lua's business. */
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "bindings/lua_sandbox.h"

#define TYPE "whalewall.yaml"

/* A Lua error is a longjmp, so whatever libyaml allocates hangs on the userdata, which __gc clears. */
struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_parser;
    bool has_event;
};

static void drop_event(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
}

/* reader:close(), also __gc */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, TYPE);

    drop_event(r);
    if (r->has_parser)
        yaml_parser_delete(&r->parser);
    r->has_parser = false;
    return 0;
}

/* open(text) -> reader */
static int yaml_open(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct reader *r = lua_newuserdatauv(L, sizeof(*r), 1);

    memset(r, 0, sizeof(*r));
    luaL_setmetatable(L, TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1); /* the parser reads from the string */
    if (!yaml_parser_initialize(&r->parser))
        return luaL_error(L, "out of memory for a YAML parser");
    r->has_parser = true;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
    return 1;
}

static void set_text(lua_State *L, const char *key, const char *text)
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

/* nil, problem: its texts are libyaml's static ones */
static int push_problem(lua_State *L, const yaml_parser_t *p)
{
    if (p->error == YAML_MEMORY_ERROR)
        return luaL_error(L, "out of memory in the YAML parser");
    lua_pushnil(L);
    lua_newtable(L);
    set_text(L, "text", p->problem ? p->problem : "not valid");
    set_text(L, "context", p->context);
    if (p->error == YAML_READER_ERROR) {
        set_number(L, "offset", p->problem_offset);
        return 2;
    }
    set_number(L, "line", p->problem_mark.line + 1);
    set_number(L, "column", p->problem_mark.column + 1);
    if (p->context) {
        set_number(L, "context_line", p->context_mark.line + 1);
        set_number(L, "context_column", p->context_mark.column + 1);
    }
    return 2;
}

static void set_node(lua_State *L, const char *kind, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    set_text(L, "kind", kind);
    set_text(L, "anchor", (const char *)anchor);
    set_text(L, "tag", (const char *)tag);
}

static void set_style(lua_State *L, yaml_scalar_style_t style)
{
    static const char *const names[] = {[YAML_SINGLE_QUOTED_SCALAR_STYLE] = "single",
                                        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = "double",
                                        [YAML_LITERAL_SCALAR_STYLE] = "literal",
                                        [YAML_FOLDED_SCALAR_STYLE] = "folded"};
    size_t n = sizeof(names) / sizeof(names[0]);
    set_text(L, "style", (size_t)style < n ? names[style] : NULL);
}

static void set_scalar(lua_State *L, const yaml_event_t *e)
{
    set_node(L, "scalar", e->data.scalar.anchor, e->data.scalar.tag);
    lua_pushlstring(L, (const char *)e->data.scalar.value, e->data.scalar.length);
    lua_setfield(L, -2, "value");
    if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "plain");
    }
    set_style(L, e->data.scalar.style);
}

static void set_kind(lua_State *L, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        set_text(L, "kind", "document");
        return;
    case YAML_STREAM_END_EVENT:
        set_text(L, "kind", "end");
        return;
    case YAML_ALIAS_EVENT:
        set_text(L, "kind", "alias");
        set_text(L, "name", (const char *)e->data.alias.anchor);
        return;
    case YAML_SCALAR_EVENT:
        set_scalar(L, e);
        return;
    case YAML_SEQUENCE_START_EVENT:
        set_node(L, "list", e->data.sequence_start.anchor, e->data.sequence_start.tag);
        return;
    case YAML_MAPPING_START_EVENT:
        set_node(L, "map", e->data.mapping_start.anchor, e->data.mapping_start.tag);
        return;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        set_text(L, "kind", "close");
        return;
    default:
        set_text(L, "kind", "other"); /* begin of the stream, end of a document */
        return;
    }
}

/*
 * reader:next() -> event | nil, problem. An event has kind ("document", "map", "list", "scalar", "alias", "close",
 * "end", "other"), line and column from 1; map, list and scalar have anchor and tag, texts or nil; a scalar has value,
 * plain (true or nil) and style ("single", "double", "literal", "folded"; nil: plain); an alias has name.
 */
static int reader_next(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, TYPE);

    luaL_argcheck(L, r->has_parser, 1, "closed");
    drop_event(r);
    if (!yaml_parser_parse(&r->parser, &r->event))
        return push_problem(L, &r->parser);
    r->has_event = true;
    lua_createtable(L, 0, r->event.type == YAML_SCALAR_EVENT ? 8 : 4);
    set_number(L, "line", r->event.start_mark.line + 1);
    set_number(L, "column", r->event.start_mark.column + 1);
    set_kind(L, &r->event);
    drop_event(r);
    return 1;
}

static const luaL_Reg methods[] = {{"next", reader_next}, {"close", reader_close}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"open", yaml_open}, {NULL, NULL}};

int ww_lua_open_yaml(lua_State *L)
{
    if (luaL_newmetatable(L, TYPE)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, reader_close);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    luaL_newlib(L, functions);
    return 1;
}
