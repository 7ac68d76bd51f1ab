#include "bindings/module/simulate.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/module/enforce.h"
#include "bindings/module/here.h"
#include "bindings/module/scene.h"
#include "bindings/module/simulation.h"
#include "core/ir/text.h"

/* Also of one that is closed, or half made. */
static int close_simulation(lua_State *L)
{
    struct ww_simulation *s = luaL_checkudata(L, 1, WW_SIMULATION);
    ww_lab_free(s->lab);
    s->lab = NULL;
    s->enforced = false;
    ww_stage_done(&s->stage);
    ww_policy_sources_done(&s->sources);
    ww_buf_done(&s->text);
    return 0;
}

static const struct ww_actor *check_actor(lua_State *L, const struct ww_simulation *s)
{
    const char *id = luaL_checkstring(L, 2);
    const struct ww_actor *actor = ww_stage_actor(&s->stage, id);
    if (!actor)
        luaL_error(L, "no container %s", id);
    return actor;
}

static void set_text(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

/* simulation:container(id) -> {managed, fault, compiled (text), rules (text)} */
static int get_container(lua_State *L)
{
    struct ww_simulation *s = ww_simulation_check_world(L);
    const struct ww_actor *actor = check_actor(L, s);
    const struct ww_ruleset *rs = ww_plan_get(s->stage.plan, ww_world_home(s->stage.world, actor->id));

    lua_createtable(L, 0, 4);
    lua_pushboolean(L, actor->managed);
    lua_setfield(L, -2, "managed");
    lua_pushstring(L, actor->fault);
    lua_setfield(L, -2, "fault");
    ww_buf_reset(&s->text);
    ww_compiled_write(&actor->compiled, &s->text);
    lua_pushstring(L, s->text.data ? s->text.data : "");
    lua_setfield(L, -2, "compiled");
    ww_buf_reset(&s->text);
    for (size_t i = 0; rs && i < rs->n_rules; i++)
        ww_rule_write(&rs->rules[i], &s->text);
    lua_pushstring(L, rs && rs->n_rules ? s->text.data : "");
    lua_setfield(L, -2, "rules");
    return 1;
}

/* simulation:state(id) -> {managed, audited, fault, notes}: what is to be said of it, a list of {origin, text} */
static int get_state(lua_State *L)
{
    struct ww_simulation *s = ww_simulation_check_world(L);
    const struct ww_actor *actor = check_actor(L, s);

    lua_createtable(L, 0, 4);
    lua_pushboolean(L, actor->managed);
    lua_setfield(L, -2, "managed");
    lua_pushboolean(L, actor->managed && actor->audited);
    lua_setfield(L, -2, "audited");
    set_text(L, "fault", actor->fault);
    lua_createtable(L, (int)actor->compiled.n_notes, 0);
    for (size_t i = 0; i < actor->compiled.n_notes; i++) {
        lua_createtable(L, 0, 2);
        set_text(L, "origin", actor->compiled.notes[i].origin);
        set_text(L, "text", actor->compiled.notes[i].text);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "notes");
    return 1;
}

/* simulation:judge{proto, question, src, sport, dst, dport, dialled, dialled_port, from_host, to_host, dialled_host}
 * -> {allowed, reason, sender, receiver (origins), refused_by (a name), ban (its origin), ban_reason} */
static int judge_packet(lua_State *L)
{
    const struct ww_simulation *s = ww_simulation_check(L);
    lua_settop(L, 2);
    const struct ww_flow flow = ww_simulation_flow(L);
    struct ww_judgement j = ww_flow_judge(s->stage.plan, &flow);

    lua_createtable(L, 0, 5);
    lua_pushboolean(L, j.allowed);
    lua_setfield(L, -2, "allowed");
    set_text(L, "reason", j.reason);
    set_text(L, "sender", j.sender ? j.sender->origin : NULL);
    set_text(L, "receiver", j.receiver ? j.receiver->origin : NULL);
    set_text(L, "refused_by", j.refused_by ? j.refused_by->name : NULL);
    const struct ww_ban *ban = j.refused_by ? ww_stage_ban(&s->stage, j.refused_by, &flow) : NULL;
    set_text(L, "ban", ban ? ban->rule.origin : NULL);
    set_text(L, "ban_reason", ban ? ban->reason : NULL);
    return 1;
}

static const luaL_Reg methods[] = {{"container", get_container},   {"state", get_state},     {"judge", judge_packet},
                                   {"enforce", ww_module_enforce}, {"send", ww_module_send}, {NULL, NULL}};

static struct ww_simulation *push_simulation(lua_State *L)
{
    struct ww_simulation *s = lua_newuserdatauv(L, sizeof(*s), 0);

    *s = (struct ww_simulation){0};
    if (luaL_newmetatable(L, WW_SIMULATION)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, close_simulation);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    return s;
}

/* A policy that is written in the test itself: {path, text, schema}. */
static int add_inline(lua_State *L, struct ww_policy_sources *sources)
{
    struct ww_policy_file *list = realloc(sources->policies, (sources->n + 1) * sizeof(*list));
    if (!list)
        return luaL_error(L, "out of memory");
    sources->policies = list;
    struct ww_policy_file *file = &list[sources->n];
    *file = (struct ww_policy_file){0};
    lua_getfield(L, -1, "path");
    lua_getfield(L, -2, "text");
    const char *path = luaL_checkstring(L, -2);
    file->text = strdup(luaL_checkstring(L, -1));
    file->path = strdup(path);
    sources->n++;
    lua_pop(L, 2);
    return 0;
}

static void read_sources(lua_State *L, struct ww_policy_sources *sources)
{
    struct ww_error err = {0};
    int rc = 0;

    if (lua_getfield(L, 1, "policies") == LUA_TTABLE) {
        for (lua_Integer i = 1; rc == 0 && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
            if (lua_istable(L, -1))
                add_inline(L, sources);
            else
                rc = ww_policy_sources_add(sources, luaL_checkstring(L, -1), &err);
            lua_pop(L, 1);
        }
    }
    lua_settop(L, 2);
    int type = rc == 0 ? lua_getfield(L, 1, "config") : LUA_TNIL;
    if (type == LUA_TSTRING)
        rc = ww_policy_sources_configure(sources, lua_tostring(L, -1), &err);
    lua_settop(L, 2);
    type = rc == 0 ? lua_getfield(L, 1, "config_text") : LUA_TNIL;
    if (type == LUA_TSTRING) {
        sources->config = strdup(lua_tostring(L, -1));
        sources->config_path = strdup("config.yaml");
    }
    lua_settop(L, 2);
    if (rc < 0)
        ww_simulation_raise(L, &err);
}

/* Policies of a site have a state of their own, with limits; labels have one unless the caller says `here`. */
static int open_policy(lua_State *L, struct ww_simulation *s, struct ww_error *err)
{
    lua_getfield(L, 1, "here");
    bool here = lua_toboolean(L, -1) && !s->sources.n;
    lua_pop(L, 1);
    return here ? ww_module_policy_here(L, &s->stage.policy, err)
                : ww_policy_lua_new_site(&s->sources, &s->stage.policy, err);
}

int ww_module_simulate(lua_State *L)
{
    struct ww_error err = {0};

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct ww_simulation *s = push_simulation(L);
    read_sources(L, &s->sources);
    if (open_policy(L, s, &err) < 0)
        return ww_simulation_raise(L, &err);
    s->stage.world = ww_world_new();
    if (!s->stage.world)
        return luaL_error(L, "out of memory");
    if (s->stage.policy.ops->reads)
        ww_world_set_reads(s->stage.world, s->stage.policy.ops->reads(s->stage.policy.self));
    lua_getfield(L, 1, "trust_image_labels");
    s->stage.trust_image_labels = lua_toboolean(L, -1);
    lua_pop(L, 1);
    ww_module_read_scene(L, 1, s->stage.world);
    if (ww_stage_play(&s->stage, &err) < 0)
        return ww_simulation_raise(L, &err);
    lua_settop(L, 2);
    return 1;
}

static void put_ruleset(lua_State *L, struct ww_plan *plan, const char *text)
{
    struct ww_error err = {0};
    struct ww_ruleset *rs = NULL;
    int rc = ww_ruleset_read(text, &rs, &err);
    if (rc == 0)
        rc = ww_plan_set(plan, rs, &err);
    ww_ruleset_unref(rs);
    if (rc < 0)
        ww_simulation_raise(L, &err);
}

int ww_module_enforced(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct ww_simulation *s = push_simulation(L);
    s->stage.plan = ww_plan_new();
    if (!s->stage.plan)
        return luaL_error(L, "out of memory");
    for (lua_Integer i = 1; lua_rawgeti(L, 1, i) == LUA_TSTRING; i++) {
        put_ruleset(L, s->stage.plan, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return 1;
}
