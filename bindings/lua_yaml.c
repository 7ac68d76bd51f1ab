/* native.yaml: a text to a tree that knows where everything stands. The tree, and the words for faults, are
 * lua/yaml.lua's business. */
#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_sandbox.h"
#include "bindings/lua_yaml_internal.h"

#define TYPE "whalewall.yaml"
#define BYTES 4        /* that are read in the time of an instruction */
#define MAX_HANDLES 64 /* of tags, which one document may declare: libyaml holds each against all before it */

/* __gc, and when the tree is there */
static int reader_close(lua_State *L)
{
    struct ww_yaml *y = luaL_checkudata(L, 1, TYPE);

    if (y->has_event)
        yaml_event_delete(&y->event);
    if (y->has_parser)
        yaml_parser_delete(&y->parser);
    y->has_event = false;
    y->has_parser = false;
    return 0;
}

/* Are there more directives like this than a document has use for? */
static bool declares_too_much(const char *text, size_t len)
{
    static const char handle[] = "%TAG";
    const char *end = text + len;
    const char *at = text;
    unsigned n = 0;
    while (n <= MAX_HANDLES && (at = memmem(at, (size_t)(end - at), handle, sizeof(handle) - 1))) {
        at++;
        n++;
    }
    return n > MAX_HANDLES;
}

/*
 * YAML ends a line, and a comment in it, at characters by which nobody sees a line end: what follows would be read,
 * and looks as if it were not. The line that the first one is in (from 0); -1: there is none.
 */
static long hidden_line_end(const char *text, size_t len)
{
    static const char *const hidden[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"}; /* U+0085, U+2028, U+2029 */
    long line = 0;
    for (size_t i = 0; i < len; i++) {
        line += text[i] == '\n';
        if (text[i] == '\r' && (i + 1 == len || text[i + 1] != '\n'))
            return line;
        for (size_t k = 0; (text[i] & 0x80) && k < sizeof(hidden) / sizeof(hidden[0]); k++)
            if (len - i >= strlen(hidden[k]) && memcmp(text + i, hidden[k], strlen(hidden[k])) == 0)
                return line;
    }
    return -1;
}

/* What is wrong with the text as a whole; false: nothing. The fault is pushed. */
static bool is_refused(lua_State *L, const struct ww_yaml *y)
{
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    const long hidden = hidden_line_end(text, len);
    const yaml_mark_t mark = {.line = hidden < 0 ? 0 : (size_t)hidden};
    if (hidden < 0 && !declares_too_much(text, len))
        return false;
    ww_yaml_fault(L, y, hidden < 0 ? "handles" : "line_end", mark);
    return true;
}

/* The reader of the text at index 1, which stays on the stack as long. */
static struct ww_yaml *push_reader(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct ww_yaml *y = lua_newuserdatauv(L, sizeof(*y), 0);

    memset(y, 0, sizeof(*y));
    luaL_setmetatable(L, TYPE);
    ww_lua_charge(L, (double)len / BYTES);
    if (!yaml_parser_initialize(&y->parser))
        luaL_error(L, "out of memory for a YAML parser");
    y->has_parser = true;
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)text, len);
    return y;
}

static lua_Integer limit(lua_State *L, const char *key, lua_Integer max)
{
    int is_integer;

    lua_getfield(L, 2, key);
    lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    luaL_argcheck(L, is_integer && value > 0 && value <= max, 2, key);
    lua_pop(L, 1);
    return value;
}

/* Place of an option on the stack, or 0. */
static int option(lua_State *L, const char *key)
{
    if (lua_getfield(L, 2, key) != LUA_TNIL)
        return lua_gettop(L);
    lua_pop(L, 1);
    return 0;
}

static void read_options(lua_State *L, struct ww_yaml *y)
{
    y->max_nodes = limit(L, "nodes", LUA_MAXINTEGER / 2);
    y->max_depth = limit(L, "depth", WW_YAML_DEPTH_MAX);
    y->source = option(L, "source");
    if (!y->source)
        return;
    y->merge = option(L, "merge");
    lua_newtable(L);
    y->anchors = lua_gettop(L);
}

/* The whole stream: one document, or none. */
static bool push_stream(lua_State *L, struct ww_yaml *y)
{
    bool found = false;
    const yaml_mark_t begin = {0};

    while (ww_yaml_next(L, y)) {
        switch (y->event.type) {
        case YAML_STREAM_END_EVENT:
            if (!found)
                ww_yaml_push_empty(L, begin);
            return true;
        case YAML_DOCUMENT_START_EVENT:
            if (found)
                return ww_yaml_fault(L, y, "document", y->event.start_mark);
            break;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        default:
            if (!ww_yaml_node(L, y))
                return false;
            found = true;
        }
    }
    return false;
}

/*
 * tree(text, {nodes, depth, source, merge}) -> tree | nil, fault. nodes, depth: the most of them. source: anchors,
 * aliases, merge keys and tags are taken, and each node has it; merge: see merge_keys() in lua_yaml_node.c.
 *
 * A fault is {why, line, column, way}: what is wrong, where, and the keys and numbers of items that lead there. Some
 * have more: "twice" first (a line), those of aliases their name, and "yaml" what libyaml says: text, context, and
 * either offset (a byte, from 0), or context_line and context_column.
 */
static int tree(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct ww_yaml *y = push_reader(L);
    const int reader = lua_gettop(L);

    read_options(L, y);
    bool whole = !is_refused(L, y) && push_stream(L, y);
    lua_pushcfunction(L, reader_close); /* now rather than when it is collected */
    lua_pushvalue(L, reader);
    lua_call(L, 1, 0);
    if (whole)
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static const luaL_Reg functions[] = {{"tree", tree}, {NULL, NULL}};

int ww_lua_open_yaml(lua_State *L)
{
    if (luaL_newmetatable(L, TYPE)) {
        lua_pushcfunction(L, reader_close);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
