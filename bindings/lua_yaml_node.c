/* Events to nodes: the tree that lua/yaml.lua describes. Each function pushes one value: a node, or a fault. */
#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_budget.h"
#include "bindings/lua_yaml_internal.h"

#define SLOTS 16     /* of Lua's stack, for one level of the tree */
#define NODE_COST 20 /* instructions in whose time a node is made */
#define MERGE "<<"

static bool is_plain(const yaml_event_t *e)
{
    return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_merge(const yaml_event_t *e)
{
    return is_plain(e) && e->data.scalar.length == strlen(MERGE) &&
           memcmp(e->data.scalar.value, MERGE, strlen(MERGE)) == 0;
}

static void set_style(lua_State *L, yaml_scalar_style_t style)
{
    static const char *const names[] = {[YAML_SINGLE_QUOTED_SCALAR_STYLE] = "single",
                                        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = "double",
                                        [YAML_LITERAL_SCALAR_STYLE] = "literal",
                                        [YAML_FOLDED_SCALAR_STYLE] = "folded"};
    size_t n = sizeof(names) / sizeof(names[0]);
    ww_yaml_set_text(L, "style", (size_t)style < n ? names[style] : NULL);
}

/* A table with room for so many fields more. */
static void push_node(lua_State *L, const char *kind, yaml_mark_t mark, int more)
{
    lua_createtable(L, 0, 3 + more);
    ww_yaml_set_text(L, "kind", kind);
    ww_yaml_set_place(L, mark);
}

static void set_plain(lua_State *L)
{
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "plain");
}

void ww_yaml_push_empty(lua_State *L, yaml_mark_t mark)
{
    push_node(L, "scalar", mark, 2);
    set_plain(L);
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "value");
}

/* The text of the scalar is at the top, and stays below the node. */
static void push_scalar(lua_State *L, const yaml_event_t *e)
{
    push_node(L, "scalar", e->start_mark, 2);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "value");
    if (is_plain(e))
        set_plain(L);
    else
        set_style(L, e->data.scalar.style);
}

static void push_text(lua_State *L, const yaml_event_t *e)
{
    lua_pushlstring(L, (const char *)e->data.scalar.value, e->data.scalar.length);
}

static const yaml_char_t *anchor_of(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT           ? e->data.scalar.anchor
           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.anchor
                                                  : e->data.mapping_start.anchor;
}

static const yaml_char_t *tag_of(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag
           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag
                                                  : e->data.mapping_start.tag;
}

/* Is a node allowed to begin here? */
static bool admit(lua_State *L, struct ww_yaml *y)
{
    const yaml_event_t *e = &y->event;
    const char *why = NULL;

    if (!y->source && e->type == YAML_ALIAS_EVENT)
        why = "alias";
    else if (!y->source && anchor_of(e))
        why = "anchor";
    else if (!y->source && tag_of(e))
        why = "tag";
    else if (++y->nodes > y->max_nodes)
        why = "nodes";
    else if (e->type != YAML_SCALAR_EVENT && y->depth >= y->max_depth)
        why = "depth";
    ww_lua_charge(L, NODE_COST);
    return why ? ww_yaml_fault(L, y, why, e->start_mark) : true;
}

static struct ww_yaml_step *open_step(struct ww_yaml *y, lua_Integer item)
{
    struct ww_yaml_step *step = &y->way[y->depth++];
    *step = (struct ww_yaml_step){.item = item};
    return step;
}

/* On a fault the step stays open: it is where the fault is. */
static bool push_list(lua_State *L, struct ww_yaml *y)
{
    push_node(L, "list", y->event.start_mark, 1);
    lua_newtable(L);
    struct ww_yaml_step *step = open_step(y, 0);
    for (;; step->item++) {
        if (!ww_yaml_next(L, y))
            return false;
        if (y->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (!ww_yaml_node(L, y))
            return false;
        lua_rawseti(L, -2, step->item + 1);
    }
    y->depth--;
    lua_setfield(L, -2, "items");
    return true;
}

/* Has the map had the key before? Lines by key are at `seen`, the key below the top. */
static bool note_key(lua_State *L, const struct ww_yaml *y, int seen)
{
    lua_pushvalue(L, -2);
    if (lua_rawget(L, seen) != LUA_TNIL) {
        ww_yaml_fault(L, y, "twice", y->event.start_mark);
        lua_pushvalue(L, -2);
        lua_setfield(L, -2, "first");
        return false;
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, (lua_Integer)y->event.start_mark.line + 1);
    lua_rawset(L, seen);
    return true;
}

/* What the map needs while it is read. */
struct map {
    int seen; /* place of a table on the stack */
    lua_Integer n;
    bool merges;
    yaml_mark_t merge_mark;
};

/* Push the key's text, and its node. */
static bool push_key(lua_State *L, struct ww_yaml *y, struct map *m, struct ww_yaml_step *step)
{
    const yaml_event_t *e = &y->event;
    const char *why = e->type == YAML_ALIAS_EVENT            ? "alias"
                      : e->type == YAML_SEQUENCE_START_EVENT ? "key_list"
                      : e->type == YAML_MAPPING_START_EVENT  ? "key_map"
                                                             : NULL;
    if (why)
        return ww_yaml_fault(L, y, why, e->start_mark);
    push_text(L, e);
    step->key = lua_gettop(L);
    if (!ww_yaml_node(L, y))
        return false;
    if (is_merge(e)) {
        m->merges = true;
        m->merge_mark = e->start_mark;
        if (!y->source)
            return ww_yaml_fault(L, y, "merge", e->start_mark);
    }
    return note_key(L, y, m->seen);
}

/* The key that the event begins, and its value, as another entry. */
static bool add_entry(lua_State *L, struct ww_yaml *y, struct map *m, struct ww_yaml_step *step)
{
    if (!push_key(L, y, m, step) || !ww_yaml_next(L, y) || !ww_yaml_node(L, y))
        return false;
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "value");
    lua_insert(L, -2);
    lua_setfield(L, -2, "key");
    lua_rawseti(L, m->seen - 1, ++m->n);
    lua_pop(L, 1);
    *step = (struct ww_yaml_step){.item = -1};
    return true;
}

/* merge(node) -> by how many values it is larger then | nil: the key names something that is no map */
static bool merge_keys(lua_State *L, struct ww_yaml *y, const struct map *m)
{
    lua_pushvalue(L, y->merge);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    if (!lua_isinteger(L, -1)) {
        lua_pushliteral(L, MERGE);
        *open_step(y, -1) = (struct ww_yaml_step){.key = lua_gettop(L)};
        return ww_yaml_fault(L, y, "merge_of_none", m->merge_mark);
    }
    y->nodes += lua_tointeger(L, -1);
    lua_pop(L, 1);
    return true;
}

static bool push_map(lua_State *L, struct ww_yaml *y)
{
    push_node(L, "map", y->event.start_mark, 1);
    lua_newtable(L);
    lua_newtable(L);
    struct map m = {.seen = lua_gettop(L)};
    struct ww_yaml_step *step = open_step(y, -1);
    for (;;) {
        if (!ww_yaml_next(L, y))
            return false;
        if (y->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!add_entry(L, y, &m, step))
            return false;
    }
    y->depth--;
    lua_pop(L, 1);
    lua_setfield(L, -2, "entries");
    return !m.merges || merge_keys(L, y, &m);
}

/* The node that an alias stands for; it counts once more, with all that is in it. */
static bool push_alias(lua_State *L, struct ww_yaml *y)
{
    const yaml_event_t *e = &y->event;
    const char *name = (const char *)e->data.alias.anchor;
    const char *why = NULL;

    if (lua_getfield(L, y->anchors, name) == LUA_TNIL) {
        why = "no_anchor";
    } else if (lua_rawgeti(L, -1, 1) == LUA_TNIL) {
        why = "within";
    } else {
        lua_rawgeti(L, -2, 2);
        y->nodes += lua_tointeger(L, -1);
        lua_pop(L, 1);
        lua_remove(L, -2);
        why = y->nodes > y->max_nodes ? "alias_nodes" : NULL;
    }
    if (!why)
        return true;
    ww_yaml_fault(L, y, why, e->start_mark);
    ww_yaml_set_text(L, "name", name);
    return false;
}

static bool push_whole(lua_State *L, struct ww_yaml *y)
{
    if (y->event.type == YAML_SEQUENCE_START_EVENT)
        return push_list(L, y);
    if (y->event.type == YAML_MAPPING_START_EVENT)
        return push_map(L, y);
    push_text(L, &y->event);
    push_scalar(L, &y->event);
    lua_remove(L, -2);
    return true;
}

/* The node at the top is the one that its anchor, whose table is below, stands for: with so many values. */
static void note_anchor(lua_State *L, lua_Integer size)
{
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, 1);
    lua_pushinteger(L, size);
    lua_rawseti(L, -3, 2);
}

/* A node of a file in which nodes are shared. */
static bool push_shared(lua_State *L, struct ww_yaml *y)
{
    const char *anchor = (const char *)anchor_of(&y->event);
    const lua_Integer before = y->nodes - 1;

    lua_pushstring(L, (const char *)tag_of(&y->event));
    if (anchor) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, y->anchors, anchor);
    }
    if (!push_whole(L, y))
        return false;
    if (anchor) {
        note_anchor(L, y->nodes - before);
        lua_remove(L, -2);
    }
    lua_pushvalue(L, y->source);
    lua_setfield(L, -2, "source");
    lua_insert(L, -2);
    lua_setfield(L, -2, "tag");
    return true;
}

bool ww_yaml_node(lua_State *L, struct ww_yaml *y)
{
    luaL_checkstack(L, SLOTS, NULL);
    if (y->source && y->event.type == YAML_ALIAS_EVENT)
        return push_alias(L, y);
    if (!admit(L, y))
        return false;
    return y->source ? push_shared(L, y) : push_whole(L, y);
}
