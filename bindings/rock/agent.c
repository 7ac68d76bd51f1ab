/***
The containers of an engine are kept in force in the kernel, as by the program.
@submodule whalewall
*/
#include "bindings/rock/agent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "bindings/rock/agent_internal.h"
#include "bindings/rock/given.h"

#define TYPE "whalewall.agent"
#define AGENTS 64      /* that are waited for together */
#define WAIT_MOST 1000 /* ms: then signals are looked at, as Lua's own interpreter takes them */
#define VALUES 8       /* of a question */

/* The agent at argument `arg`. */
static struct ww_rock_agent *check_open(lua_State *L, int arg)
{
    struct ww_rock_agent *a = luaL_checkudata(L, arg, TYPE);
    luaL_argcheck(L, a->agent, arg, "the agent is closed");
    return a;
}

/* … that is not called from one of its callbacks. */
static struct ww_rock_agent *check_idle(lua_State *L, int arg)
{
    struct ww_rock_agent *a = check_open(L, arg);
    luaL_argcheck(L, !a->L, arg, "a callback of an agent may not call this for it");
    return a;
}

/*** Put the last known rules in force, and ask the engine, which need not be there.
@function Agent:start
@treturn[1] boolean true
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int agent_start(lua_State *L)
{
    struct whalewall_error error = {0};
    const struct ww_rock_call call = ww_rock_call_begin(check_idle(L, 1), L);
    int rc = whalewall_agent_start(call.agent->agent, &error);
    ww_rock_call_end(&call);
    return ww_rock_done(L, rc, &error);
}

/*** For a loop of your own: `dispatch` is called when it is readable.
@function Agent:fd
@treturn integer the descriptor, the same one all the time; -1: the agent is not started
*/
static int agent_fd(lua_State *L)
{
    lua_pushinteger(L, whalewall_agent_fd(check_open(L, 1)->agent));
    return 1;
}

/*** … or after this time. It is to be asked for anew after each call.
@function Agent:timeout
@treturn integer milliseconds; -1: not by time
*/
static int agent_timeout(lua_State *L)
{
    const struct ww_rock_call call = ww_rock_call_begin(check_idle(L, 1), L);
    int ms = whalewall_agent_timeout(call.agent->agent);
    ww_rock_call_end(&call);
    lua_pushinteger(L, ms);
    return 1;
}

/* As the library does; raises what callbacks raise. */
static int dispatch_once(lua_State *L, struct whalewall_error *error)
{
    const struct ww_rock_call call = ww_rock_call_begin(check_idle(L, 1), L);
    int rc = whalewall_agent_dispatch(call.agent->agent, error);
    ww_rock_call_end(&call);
    return rc;
}

/*** Do what is due. It never waits.
@function Agent:dispatch
@treturn[1] boolean true: it goes on; false: it has stopped
@return[2] nil: it failed, and has stopped; the rules stay
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int agent_dispatch(lua_State *L)
{
    struct whalewall_error error = {0};
    int rc = dispatch_once(L, &error);
    if (rc < 0)
        return ww_rock_fail(L, &error);
    lua_pushboolean(L, rc == 0);
    return 1;
}

static int nothing(lua_State *L)
{
    (void)L;
    return 0;
}

/* What a handler of Lua's (a signal's) wants to do is done when a function is called. */
static void let_hooks_run(lua_State *L)
{
    lua_pushcfunction(L, nothing);
    lua_call(L, 0, 0);
}

static int sooner(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* Adds the agent at the top. */
static int add_waiting(lua_State *L, struct pollfd *p, int ms)
{
    const struct ww_rock_agent *a = check_idle(L, lua_gettop(L));
    *p = (struct pollfd){.fd = whalewall_agent_fd(a->agent), .events = POLLIN};
    return sooner(ms, whalewall_agent_timeout(a->agent));
}

/*** Wait until one of some agents has something to do, or the time is over.
@function wait
@tparam {Agent,...} agents at most 64
@int[opt=1000] ms at most 1000: call it again
*/
int ww_rock_wait(lua_State *L)
{
    struct pollfd fds[AGENTS];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer ms = luaL_optinteger(L, 2, WAIT_MOST);
    size_t n = (size_t)lua_rawlen(L, 1);
    luaL_argcheck(L, n <= AGENTS, 1, "too many agents");
    luaL_argcheck(L, ms >= 0, 2, "a time is not negative");
    int time = ms < WAIT_MOST ? (int)ms : WAIT_MOST;
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        time = add_waiting(L, &fds[i], time);
        lua_pop(L, 1);
    }
    poll(fds, n, time);
    let_hooks_run(L);
    return 0;
}

/*** In place of a loop: do what is due until it has stopped.
@function Agent:run
@treturn[1] boolean true: it has stopped
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int agent_run(lua_State *L)
{
    struct whalewall_error error = {0};
    int rc;
    while ((rc = dispatch_once(L, &error)) == 0) {
        struct pollfd p;
        lua_settop(L, 1);
        int ms = add_waiting(L, &p, WAIT_MOST);
        poll(&p, 1, ms);
        let_hooks_run(L);
    }
    return ww_rock_done(L, rc, &error);
}

/*** Stop: the next `dispatch` says so. Also from callbacks. The rules stay.
@function Agent:stop
*/
static int agent_stop(lua_State *L)
{
    whalewall_agent_stop(check_open(L, 1)->agent);
    return 0;
}

/*** Read policies anew, and ask the engine for everything again. Also from callbacks.
@function Agent:reload
*/
static int agent_reload(lua_State *L)
{
    whalewall_agent_reload(check_open(L, 1)->agent);
    return 0;
}

/* Names and values of the table at argument 3, and NULL; whole numbers become texts. They are pushed. */
static void read_values(lua_State *L, const char *values[2 * VALUES + 1])
{
    size_t n = 0;
    values[0] = NULL;
    if (lua_isnoneornil(L, 3))
        return;
    luaL_checktype(L, 3, LUA_TTABLE);
    luaL_checkstack(L, 2 * VALUES + 4, NULL);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        luaL_argcheck(L, n < VALUES, 3, "too many values");
        values[2 * n] = ww_rock_text(L, -2, "the name of a value");
        if (lua_isinteger(L, -1))
            lua_tolstring(L, -1, NULL);
        values[2 * n + 1] = ww_rock_text(L, -1, values[2 * n]);
        values[2 * ++n] = NULL;
        lua_pushvalue(L, -2); /* name and value stay, whatever a callback does to the table */
    }
}

/*** Ask what the control socket answers: "status", "show", "explain", "drops", "events", "enforced", "suggest",
"clear", "metrics".
@function Agent:ask
@string question
@tparam[opt] table values by their names: `{container = "web"}`, `{since = 12}`
@treturn[1] table|string the answer; of "metrics" a text
@return[2] nil
@treturn[2] string why that is no question
@treturn[2] integer errno
*/
static int agent_ask(lua_State *L)
{
    struct whalewall_error error = {0};
    const char *values[2 * VALUES + 1];
    struct ww_rock_agent *a = check_open(L, 1);
    luaL_argcheck(L, !a->in_log, 1, "from the callback 'log' an agent may only be told to stop, or to reload");
    const char *question = ww_rock_text(L, 2, "the question");
    lua_settop(L, 3);
    struct ww_rock_box *box = ww_rock_box(L, whalewall_free);
    read_values(L, values);
    const struct ww_rock_call call = ww_rock_call_begin(a, L);
    int rc = whalewall_agent_ask(a->agent, question, values, (char **)&box->memory, &error);
    ww_rock_call_end(&call);
    if (rc < 0)
        return ww_rock_fail(L, &error);
    if (strcmp(question, "metrics") != 0)
        return ww_rock_push_json(L, box->memory);
    lua_pushstring(L, box->memory);
    return 1;
}

/*** The files of policies that were read.
@function Agent:files
@treturn {string,...} their names
*/
static int agent_files(lua_State *L)
{
    const struct ww_rock_agent *a = check_open(L, 1);
    const char *name;
    lua_newtable(L);
    for (size_t i = 0; (name = whalewall_agent_file(a->agent, i)) != NULL; i++) {
        lua_pushstring(L, name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* In __gc: callbacks may be gone. One that is called, where a callback has the state closed, is left to the system. */
static int collect_agent(lua_State *L)
{
    struct ww_rock_agent *a = luaL_checkudata(L, 1, TYPE);
    if (a->L)
        return 0;
    whalewall_agent_free(a->agent);
    a->agent = NULL;
    return 0;
}

/*** End it at once, and not when it is collected; the rules stay. Also by `local agent <close>`.
@function Agent:close
*/
static int close_agent(lua_State *L)
{
    struct ww_rock_agent *a = luaL_checkudata(L, 1, TYPE);
    luaL_argcheck(L, !a->L, 1, "a callback of an agent may not close it");
    const struct ww_rock_call call = ww_rock_call_begin(a, L);
    struct whalewall_agent *agent = a->agent;
    a->agent = NULL;
    whalewall_agent_free(agent);
    ww_rock_call_end(&call);
    return 0;
}

static const luaL_Reg methods[] = {
    {"start", agent_start},
    {"fd", agent_fd},
    {"timeout", agent_timeout},
    {"dispatch", agent_dispatch},
    {"run", agent_run},
    {"stop", agent_stop},
    {"ask", agent_ask},
    {"reload", agent_reload},
    {"files", agent_files},
    {"close", close_agent},
    {NULL, NULL},
};

/* Push an agent that is none yet. */
static struct ww_rock_agent *push_agent(lua_State *L)
{
    struct ww_rock_agent *a = lua_newuserdatauv(L, sizeof(*a), WW_ROCK_VALUES);
    *a = (struct ww_rock_agent){0};
    ww_rock_push_type(L, TYPE, methods, collect_agent);
    lua_pushcfunction(L, close_agent);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
    return a;
}

int ww_rock_agent(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = WHALEWALL_AGENT_OPTIONS;
    lua_settop(L, 1);
    struct ww_rock_agent *a = push_agent(L);
    lua_insert(L, 1);
    ww_rock_agent_options(L, 2, a, &options);
    const struct ww_rock_call call = ww_rock_call_begin(a, L);
    int rc = whalewall_agent_new(&options, &a->agent, &error);
    ww_rock_call_end(&call);
    if (rc < 0)
        return ww_rock_fail(L, &error);
    lua_settop(L, 1);
    return 1;
}
