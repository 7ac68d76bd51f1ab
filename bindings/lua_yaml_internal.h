/* What native.yaml is made of. Private to lua_yaml*.c. */
#ifndef WW_BINDINGS_LUA_YAML_INTERNAL_H
#define WW_BINDINGS_LUA_YAML_INTERNAL_H

#include <lua.h>
#include <stdbool.h>
#include <yaml.h>

#include "core/base/limits.h"

#define WW_YAML_DEPTH_MAX WW_LIMIT_COMPOSE_DEPTH

/* Where in a list or map the reader is. */
struct ww_yaml_step {
    int key;          /* place of the key on Lua's stack; 0: none, or a list */
    lua_Integer item; /* of a list, from 0; below 0: a map */
};

/* A Lua error is a longjmp, so whatever libyaml allocates hangs on the userdata that this is, which __gc clears. */
struct ww_yaml {
    yaml_parser_t parser;
    yaml_event_t event; /* the one that is looked at */
    bool has_parser;
    bool has_event;
    lua_Integer max_nodes;
    lua_Integer max_depth;
    int source;  /* place on the stack of what each node gets as its source; 0: no anchors, no merge keys, no tags */
    int anchors; /* … of a table: name → {node, number of values}, the former empty while it is read */
    int merge;   /* … of the function for maps with a merge key */
    lua_Integer nodes;
    int depth; /* lists and maps that are open */
    struct ww_yaml_step way[WW_YAML_DEPTH_MAX];
};

/* --- lua_yaml_event.c: events, and what is wrong with them. False: a fault is pushed. */

/* The next event. */
bool ww_yaml_next(lua_State *L, struct ww_yaml *y);
/* Push a fault of that kind, at that place in the text, and on the way to where the reader is. Always false. */
bool ww_yaml_fault(lua_State *L, const struct ww_yaml *y, const char *why, yaml_mark_t mark);
/* Give the table at the top a text, or nothing where it is NULL; a place, from 1. */
void ww_yaml_set_text(lua_State *L, const char *key, const char *text);
void ww_yaml_set_place(lua_State *L, yaml_mark_t mark);

/* --- lua_yaml_node.c */

/* Push the node that the event begins, with all that is in it. */
bool ww_yaml_node(lua_State *L, struct ww_yaml *y);
/* Push a plain scalar without text that stands there. */
void ww_yaml_push_empty(lua_State *L, yaml_mark_t mark);

#endif
