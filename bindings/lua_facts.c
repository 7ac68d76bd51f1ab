#include "bindings/lua_facts.h"

#include <lauxlib.h>
#include <string.h>

#include "bindings/lua_budget.h"

static void set_string(lua_State *L, const char *key, const char *value)
{
    if (value)
        ww_lua_push_text(L, value, strlen(value));
    else
        lua_pushnil(L);
    lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static void set_addr(lua_State *L, const char *key, const struct ww_addr *addr)
{
    char text[WW_ADDR_TEXT];

    if (addr->family)
        set_string(L, key, ww_addr_text(addr, text));
}

static void set_subnets(lua_State *L, const struct ww_facts_network *n)
{
    char text[WW_RANGE_TEXT];

    lua_createtable(L, (int)n->n_subnets, 0);
    for (size_t i = 0; i < n->n_subnets; i++) {
        lua_pushstring(L, ww_addr_range_text(&n->subnets[i].range, text));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "subnets");
}

static void push_network(lua_State *L, const struct ww_facts_network *n)
{
    lua_createtable(L, 0, 6);
    set_string(L, "id", n->id);
    set_string(L, "name", n->name);
    set_string(L, "project", n->project);
    set_string(L, "compose_network", n->compose_network);
    set_flag(L, "default_bridge", n->default_bridge);
    set_string(L, "unenforceable", n->unenforceable);
    if (n->subnets)
        set_subnets(L, n);
    if (!n->labels)
        return;
    lua_createtable(L, 0, (int)n->labels->n);
    for (size_t i = 0; i < n->labels->n; i++)
        set_string(L, n->labels->items[i].key, n->labels->items[i].value);
    lua_setfield(L, -2, "labels");
}

static void set_endpoints(lua_State *L, const struct ww_facts_endpoint *endpoints, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 3);
        push_network(L, &endpoints[i].network);
        lua_setfield(L, -2, "network");
        set_addr(L, "ipv4", &endpoints[i].addrs.ipv4);
        set_addr(L, "ipv6", &endpoints[i].addrs.ipv6);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "endpoints");
}

static void set_broadcasts(lua_State *L, const struct ww_facts *facts)
{
    char text[WW_ADDR_TEXT];

    lua_createtable(L, (int)facts->n_broadcasts, 0);
    for (size_t i = 0; i < facts->n_broadcasts; i++) {
        lua_pushstring(L, ww_addr_text(&facts->broadcasts[i], text));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "broadcasts");
}

static void set_published(lua_State *L, const struct ww_publish *published, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 4);
        set_integer(L, "proto", published[i].proto);
        set_integer(L, "cport", published[i].cport);
        set_addr(L, "host", &published[i].host);
        set_integer(L, "hport", published[i].hport);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "published");
}

static void set_networks(lua_State *L, const struct ww_facts *facts)
{
    lua_createtable(L, (int)facts->n_networks, 0);
    for (size_t i = 0; i < facts->n_networks; i++) {
        push_network(L, &facts->networks[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "networks");
}

static void set_targets(lua_State *L, const struct ww_facts *facts)
{
    lua_createtable(L, (int)facts->n_targets, 0);
    for (size_t i = 0; i < facts->n_targets; i++) {
        const struct ww_facts_target *t = &facts->targets[i];

        lua_createtable(L, 0, 7);
        set_string(L, "id", t->id);
        set_string(L, "name", t->name);
        set_string(L, "project", t->project);
        set_string(L, "service", t->service);
        set_string(L, "swarm_service", t->swarm_service);
        set_endpoints(L, t->endpoints, t->n_endpoints);
        set_published(L, t->published, t->n_published);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "targets");
}

/* What site policies read. */
static void set_read(lua_State *L, const struct ww_facts *facts)
{
    set_flag(L, "opted_in", facts->opted_in);
    set_string(L, "image", facts->image);
    lua_createtable(L, (int)facts->n_labels, 0);
    for (size_t i = 0; i < facts->n_labels; i++) {
        lua_createtable(L, 0, 3);
        set_string(L, "key", facts->labels[i].key);
        set_string(L, "value", facts->labels[i].value);
        set_flag(L, "from_image", facts->labels[i].from_image);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "labels");
}

void ww_lua_push_facts(lua_State *L, const struct ww_facts *facts)
{
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 14);
    set_string(L, "id", facts->id);
    set_string(L, "name", facts->name);
    set_string(L, "project", facts->project);
    set_string(L, "service", facts->service);
    set_string(L, "label_rules", facts->label_rules);
    set_flag(L, "rules_from_image", facts->rules_from_image);
    set_endpoints(L, facts->endpoints, facts->n_endpoints);
    set_broadcasts(L, facts);
    set_published(L, facts->published, facts->n_published);
    set_networks(L, facts);
    set_targets(L, facts);
    if (facts->reads)
        set_read(L, facts);
}
