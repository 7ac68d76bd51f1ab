/*
 * A sandboxed Lua state with budgets. Every entry from C to Lua goes through ww_lua_call: protected, with a trace of
 * where it failed, and bounded in instructions, memory and time.
 */
#ifndef WW_BINDINGS_LUA_STATE_H
#define WW_BINDINGS_LUA_STATE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/pool.h"

/* In the caller's storage, which must not move between init and done: the state points back to it. */
struct ww_lua {
    lua_State *state; /* NULL: made anew by the next call */
    struct ww_pool pool;
    size_t limit_bytes;
    long long limit_instructions; /* of one call */
    size_t used;                  /* bytes allocated now */
    size_t churned;               /* bytes allocated in this call, also those freed since */
    long long left;               /* instructions left in this call */
    int64_t limit_ns;             /* of the processor's time, of one call */
    int64_t begun;                /* this call was, then: ww_clock_mono() */
    int64_t begun_cpu;            /* … and then: ww_clock_thread() */
    int refusals;                 /* allocations that this call did not get */
    bool overrun;                 /* this call ran out of instructions, of time, or of refusals */
    bool late;                    /* … of time */
    char place[96];               /* where they ran out, as a part of a sentence; or empty */
    bool starved;                 /* the system, not the budget, refused memory */
    bool too_long;                /* a text of this call did not get its memory, as it was too long */
    bool given;                   /* the text that is made now is the program's own, of any length */
    bool fresh;                   /* the state was made by the last call */
};

/* Set the budgets to those of core/base/limits.h. No state yet: the first call makes it. */
void ww_lua_init(struct ww_lua *lua);
void ww_lua_done(struct ww_lua *lua);

/* Collect all that nothing refers to, which calls leave behind for later. */
void ww_lua_tidy(struct ww_lua *lua);

/* In a process that was just forked: the next calls find their memory together; where it waits, also ready. */
void ww_lua_forked(struct ww_lua *lua, bool waits);

/*
 * Run fn(L) protected, with `arg` as light userdata at index 1. fn may raise Lua errors (a longjmp), so it must own
 * nothing but through `arg`. After any failure the state is thrown away, and the next call makes a new one.
 * -E2BIG: a budget is overrun (the text names the limit, and where the instructions or the time ran out). -ENOMEM.
 * -EINVAL: a Lua error; the text says where.
 */
int ww_lua_call(struct ww_lua *lua, lua_CFunction fn, void *arg, struct ww_error *err);

#endif
