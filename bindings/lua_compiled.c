/* The policy's answer, read into C structs. Nothing is owned here but through the caller's ww_compiled. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/lua_facts.h"

static const char *const sides[] = {"localhost", "external", "input", "output", NULL};
static const char *const peers[] = {"any", "host", "addrs", NULL};
static const char *const kinds[] = {"accept", "chain", "queue", NULL};

/* The field's string, NULL when it is absent; stays valid while the table (at the top) holds it. */
static const char *get_string(lua_State *L, const char *key)
{
    int type = lua_getfield(L, -1, key);
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s: not a string", key);
    lua_pop(L, 1);
    return text;
}

static const char *need_string(lua_State *L, const char *key)
{
    const char *text = get_string(L, key);

    if (!text)
        luaL_error(L, "%s: missing", key);
    return text;
}

/* An absent integer is 0. */
static lua_Integer get_integer(lua_State *L, const char *key, lua_Integer max)
{
    int is_integer = 1;
    int type = lua_getfield(L, -1, key);
    lua_Integer value = type == LUA_TNIL ? 0 : lua_tointegerx(L, -1, &is_integer);

    if (!is_integer || value < 0 || value > max)
        luaL_error(L, "%s: not a number from 0 to %I", key, max);
    lua_pop(L, 1);
    return value;
}

static int get_option(lua_State *L, const char *key, const char *const *options)
{
    const char *text = need_string(L, key);

    for (int i = 0; options[i]; i++)
        if (strcmp(options[i], text) == 0)
            return i;
    return luaL_error(L, "%s: unknown value '%s'", key, text);
}

static bool get_flag(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* Push the list; 0: absent, and nothing is pushed. An empty list is an error: it would mean "any". */
static lua_Integer push_list(lua_State *L, const char *key)
{
    int type = lua_getfield(L, -1, key);

    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return 0;
    }
    if (type != LUA_TTABLE)
        luaL_error(L, "%s: not a list", key);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (n == 0)
        luaL_error(L, "%s: an empty list would mean any", key);
    return n;
}

static const char *item_string(lua_State *L, const char *key, lua_Integer i)
{
    lua_rawgeti(L, -1, i);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s[%I]: not a string", key, i);
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

static int read_own(lua_State *L, struct ww_rule *rule)
{
    lua_Integer n = push_list(L, "own");
    int rc = 0;

    for (lua_Integer i = 1; i <= n && rc == 0; i++) {
        struct ww_addr addr;
        struct ww_error err = {0};
        if (ww_addr_parse(item_string(L, "own", i), &addr, &err) < 0)
            return luaL_error(L, "own: %s", err.text);
        rc = ww_rule_add_own(rule, &addr);
    }
    lua_pop(L, n > 0);
    return rc;
}

static int read_peers(lua_State *L, struct ww_rule *rule)
{
    lua_Integer n = push_list(L, "peers");
    int rc = 0;

    for (lua_Integer i = 1; i <= n && rc == 0; i++) {
        struct ww_addr_range range;
        struct ww_error err = {0};
        if (ww_addr_range_parse(item_string(L, "peers", i), &range, &err) < 0)
            return luaL_error(L, "peers: %s", err.text);
        rc = ww_rule_add_peer(rule, &range);
    }
    lua_pop(L, n > 0);
    return rc;
}

static uint16_t item_port(lua_State *L, lua_Integer i)
{
    int is_integer;

    lua_rawgeti(L, -1, i);
    lua_Integer port = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || port < 1 || port > UINT16_MAX)
        luaL_error(L, "not a port");
    lua_pop(L, 1);
    return (uint16_t)port;
}

static int read_ports(lua_State *L, const char *key, struct ww_rule *rule,
                      int (*add)(struct ww_rule *rule, uint16_t lo, uint16_t hi))
{
    lua_Integer n = push_list(L, key);
    int rc = 0;

    for (lua_Integer i = 1; i <= n && rc == 0; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TTABLE)
            return luaL_error(L, "%s: not a list of ranges", key);
        uint16_t lo = item_port(L, 1);
        uint16_t hi = item_port(L, 2);
        lua_pop(L, 1);
        rc = add(rule, lo, hi);
    }
    lua_pop(L, n > 0);
    return rc;
}

static int copy_string(const char *from, char **ret_to)
{
    if (!from)
        return 0;
    *ret_to = strdup(from);
    return *ret_to ? 0 : -ENOMEM;
}

static int read_verdict(lua_State *L, struct ww_verdict *verdict)
{
    int rc = 0;

    if (lua_getfield(L, -1, "verdict") == LUA_TTABLE) {
        verdict->kind = (enum ww_verdict_kind)get_option(L, "kind", kinds);
        verdict->queue = (uint16_t)get_integer(L, "queue", UINT16_MAX);
        verdict->est_in = (uint16_t)get_integer(L, "est_in", UINT16_MAX);
        verdict->est_out = (uint16_t)get_integer(L, "est_out", UINT16_MAX);
        rc = copy_string(get_string(L, "chain"), &verdict->chain);
    } else if (!lua_isnil(L, -1)) {
        return luaL_error(L, "verdict: not a table");
    }
    lua_pop(L, 1);
    return rc;
}

/* The table at the top becomes *rule. The rule hangs in the caller's ww_compiled from the start. */
static int read_rule(lua_State *L, struct ww_rule *rule)
{
    rule->side = (enum ww_side)get_option(L, "side", sides);
    rule->peer = (enum ww_peer)get_option(L, "peer", peers);
    rule->proto = (uint8_t)get_integer(L, "proto", UINT8_MAX);
    rule->consent = get_flag(L, "consent");
    int rc = read_own(L, rule);
    if (rc == 0)
        rc = read_peers(L, rule);
    if (rc == 0)
        rc = read_ports(L, "sports", rule, ww_rule_add_sport);
    if (rc == 0)
        rc = read_ports(L, "dports", rule, ww_rule_add_dport);
    if (rc == 0)
        rc = read_verdict(L, &rule->verdict);
    if (rc == 0)
        rc = copy_string(get_string(L, "log"), &rule->log);
    return rc < 0 ? rc : copy_string(need_string(L, "origin"), &rule->origin);
}

static void check_rule(lua_State *L, const struct ww_rule *rule)
{
    struct ww_error err = {0};

    if (ww_rule_validate(rule, &err) < 0)
        luaL_error(L, "%s: %s", rule->origin, err.text);
}

static int read_rules(lua_State *L, struct ww_compiled *compiled)
{
    int rc = 0;

    if (lua_getfield(L, -1, "rules") != LUA_TTABLE)
        return luaL_error(L, "no list of rules");
    for (lua_Integer i = 1; rc == 0 && lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        struct ww_rule empty = {0};
        rc = ww_compiled_add_rule(compiled, &empty);
        if (rc == 0)
            rc = read_rule(L, &compiled->rules[compiled->n_rules - 1]);
        if (rc == 0)
            check_rule(L, &compiled->rules[compiled->n_rules - 1]);
        lua_pop(L, 1);
    }
    lua_pop(L, rc == 0 ? 2 : 1);
    return rc;
}

static int read_consent(lua_State *L, struct ww_compiled *compiled)
{
    struct ww_rule empty = {0};
    int rc = ww_compiled_add_consent(compiled, need_string(L, "target"), &empty);

    if (rc < 0)
        return rc;
    struct ww_rule *rule = &compiled->consents[compiled->n_consents - 1].rule;
    rc = read_rule(L, rule);
    if (rc == 0)
        check_rule(L, rule);
    return rc;
}

static int read_consents(lua_State *L, struct ww_compiled *compiled)
{
    int rc = 0;

    if (lua_getfield(L, -1, "consents") != LUA_TTABLE)
        return luaL_error(L, "no list of consents");
    for (lua_Integer i = 1; rc == 0 && lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        rc = read_consent(L, compiled);
        lua_pop(L, 1);
    }
    lua_pop(L, rc == 0 ? 2 : 1);
    return rc;
}

static int read_notes(lua_State *L, struct ww_compiled *compiled)
{
    int rc = 0;

    if (lua_getfield(L, -1, "notes") != LUA_TTABLE)
        return luaL_error(L, "no list of notes");
    for (lua_Integer i = 1; rc == 0 && lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        rc = ww_compiled_add_note(compiled, get_flag(L, "waiting"), need_string(L, "origin"), need_string(L, "text"));
        lua_pop(L, 1);
    }
    lua_pop(L, rc == 0 ? 2 : 1);
    return rc;
}

/*
 * While a Lua error may come the ban hangs in the caller's ww_compiled as a rule. Its reason was looked at first, so
 * that nothing fails between.
 */
static int read_ban(lua_State *L, struct ww_compiled *compiled)
{
    struct ww_error err = {0};
    struct ww_rule empty = {0};
    const char *reason = need_string(L, "reason");
    const char *chain = get_string(L, "chain");
    int rc = ww_compiled_add_rule(compiled, &empty);

    if (rc == 0)
        rc = read_rule(L, &compiled->rules[compiled->n_rules - 1]);
    if (rc < 0)
        return rc;
    struct ww_ban ban = {.rule = compiled->rules[--compiled->n_rules]};
    rc = copy_string(reason, &ban.reason);
    if (rc == 0)
        rc = copy_string(chain, &ban.chain);
    if (rc == 0)
        rc = ww_compiled_add_ban(compiled, &ban, &err);
    else
        ww_ban_done(&ban);
    return rc == -EINVAL ? luaL_error(L, "ban: %s", err.text) : rc;
}

/* Bans and what policies decided; without site policies there is neither. */
static int read_decisions(lua_State *L, struct ww_compiled *compiled)
{
    const char *manage = get_string(L, "manage");
    int rc = 0;

    if (manage)
        compiled->manage = strcmp(manage, "yes") == 0 ? WW_MANAGE_YES : WW_MANAGE_NO;
    if (lua_getfield(L, -1, "bans") != LUA_TTABLE) {
        lua_pop(L, 1);
        return 0;
    }
    for (lua_Integer i = 1; rc == 0 && lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        rc = read_ban(L, compiled);
        lua_pop(L, 1);
    }
    lua_pop(L, rc == 0 ? 2 : 1);
    return rc;
}

int ww_lua_read_compiled(lua_State *L, struct ww_compiled *compiled)
{
    luaL_checkstack(L, 12, NULL);
    int rc = read_rules(L, compiled);
    if (rc == 0)
        rc = read_consents(L, compiled);
    if (rc == 0)
        rc = read_notes(L, compiled);
    return rc < 0 ? rc : read_decisions(L, compiled);
}

int ww_lua_read_names(lua_State *L, struct ww_names *names)
{
    const size_t n = lua_rawlen(L, -1);
    names->names = calloc(n + 1, sizeof(*names->names));
    for (size_t i = 0; names->names && i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        names->names[i] = strdup(luaL_checkstring(L, -1));
        lua_pop(L, 1);
        if (!names->names[i])
            return -ENOMEM;
        names->n = i + 1;
    }
    return names->names ? 0 : -ENOMEM;
}
