/* What the files of the agent share. */
#ifndef WW_ROCK_AGENT_INTERNAL_H
#define WW_ROCK_AGENT_INTERNAL_H

#include "bindings/rock/answer.h"

/* Values that the userdata keeps. */
enum { WW_ROCK_LOG = 1, WW_ROCK_STATE, WW_ROCK_RAISED, WW_ROCK_VALUES = WW_ROCK_RAISED };

struct ww_rock_agent {
    struct whalewall_agent *agent; /* NULL: it is closed */
    lua_State *L;                  /* of the call that is under way, whose argument 1 is the agent; NULL: none is */
    bool in_log;                   /* within the callback `log` */
    bool raised;                   /* a callback failed; what it raised is kept */
};

/* A call into the library, which may call back. */
struct ww_rock_call {
    struct ww_rock_agent *agent;
    lua_State *before;
};

struct ww_rock_call ww_rock_call_begin(struct ww_rock_agent *agent, lua_State *L);
void ww_rock_call_end(const struct ww_rock_call *call); /* raises what a callback raised */

/* The library's callbacks, whose arg is the struct ww_rock_agent. They raise nothing. */
void ww_rock_told_line(void *agent, const struct whalewall_line *line);
void ww_rock_told_state(void *agent, const struct whalewall_state *state);

/* The table at argument `arg` as options: what they borrow is on the stack then. *ret_namespace: a descriptor to close;
 * -1: none. Callbacks become values of the userdata at argument 1. Raises. */
void ww_rock_agent_options(lua_State *L, int arg, struct ww_rock_agent *agent, struct whalewall_agent_options *options);

#endif
