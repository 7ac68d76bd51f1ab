/* What the library tells while it is called, to functions of Lua. */
#include "bindings/rock/agent_internal.h"

struct told {
    void (*push)(lua_State *L, const void *what);
    const void *what;
};

struct ww_rock_call ww_rock_call_begin(struct ww_rock_agent *agent, lua_State *L)
{
    const struct ww_rock_call call = {.agent = agent, .before = agent->L};
    agent->L = L;
    return call;
}

void ww_rock_call_end(const struct ww_rock_call *call)
{
    lua_State *L = call->agent->L;
    call->agent->L = call->before;
    if (!call->agent->raised)
        return;
    call->agent->raised = false;
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, WW_ROCK_RAISED);
    lua_pushnil(L);
    lua_setiuservalue(L, 1, WW_ROCK_RAISED);
    lua_error(L);
}

/* The callback's function is argument 2. */
static int tell_protected(lua_State *L)
{
    const struct told *told = lua_touserdata(L, 1);
    luaL_checkstack(L, 8, NULL);
    told->push(L, told->what);
    lua_call(L, 1, 0);
    return 0;
}

/* Nothing of Lua's passes over the library: the first error is kept, for the end of the call. Without a call under way
 * (the agent is collected) there is no function to tell. */
static void tell_function(struct ww_rock_agent *agent, int value, const struct told *told)
{
    lua_State *L = agent->L;
    if (!L || !lua_checkstack(L, 4))
        return;
    lua_pushcfunction(L, tell_protected);
    lua_pushlightuserdata(L, (void *)told);
    lua_getiuservalue(L, 1, value);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return;
    if (agent->raised)
        lua_pop(L, 1);
    else
        lua_setiuservalue(L, 1, WW_ROCK_RAISED);
    agent->raised = true;
}

static void set_fields(lua_State *L, const struct whalewall_line *line)
{
    lua_createtable(L, 0, (int)line->n_fields);
    for (size_t i = 0; i < line->n_fields; i++) {
        const struct whalewall_field *f = &line->fields[i];
        if (f->text)
            lua_pushlstring(L, f->text, f->len);
        else
            lua_pushinteger(L, f->number);
        lua_setfield(L, -2, f->key);
    }
    lua_setfield(L, -2, "fields");
}

static void push_line(lua_State *L, const void *what)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const struct whalewall_line *line = what;
    char few[1024];
    size_t len = whalewall_line_text(line, few, sizeof(few));
    lua_createtable(L, 0, 4);
    ww_rock_set_text(L, "level", levels[line->level - WHALEWALL_DEBUG]);
    ww_rock_set_text(L, "message", line->message);
    set_fields(L, line);
    if (len < sizeof(few)) {
        ww_rock_set_text(L, "text", few);
        return;
    }
    luaL_Buffer all;
    whalewall_line_text(line, luaL_buffinitsize(L, &all, len + 1), len + 1);
    luaL_pushresultsize(&all, len);
    lua_setfield(L, -2, "text");
}

void ww_rock_told_line(void *agent, const struct whalewall_line *line)
{
    struct ww_rock_agent *a = agent;
    const struct told told = {.push = push_line, .what = line};
    const bool before = a->in_log;
    a->in_log = true;
    tell_function(a, WW_ROCK_LOG, &told);
    a->in_log = before;
}

static void push_state(lua_State *L, const void *what)
{
    static const char *const engines[] = {"away", "reading", "followed"};
    const struct whalewall_state *state = what;
    lua_createtable(L, 0, 5);
    ww_rock_set_text(L, "engine", engines[state->engine]);
    ww_rock_set_flag(L, "ready", state->ready);
    ww_rock_set_flag(L, "refused", state->refused);
    ww_rock_set_integer(L, "containers", (lua_Integer)state->containers);
    ww_rock_set_integer(L, "drops", (lua_Integer)state->drops);
}

void ww_rock_told_state(void *agent, const struct whalewall_state *state)
{
    const struct told told = {.push = push_state, .what = state};
    tell_function(agent, WW_ROCK_STATE, &told);
}
