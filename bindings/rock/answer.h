/* What goes back to Lua: failures, and what the library answers. */
#ifndef WW_ROCK_ANSWER_H
#define WW_ROCK_ANSWER_H

#include <lauxlib.h>
#include <whalewall.h>

/* Push nil, the text and the errno, as the functions of `io` do; their number. */
int ww_rock_fail(lua_State *L, const struct whalewall_error *error);

/* true, or as above. rc: what the library returned. */
int ww_rock_done(lua_State *L, int rc, const struct whalewall_error *error);

/* Memory that C has: freed with this userdata, also when a Lua error passes over it. */
struct ww_rock_box {
    void *memory; /* NULL: none */
    void (*free)(void *memory);
};

/* Push one that is empty. */
struct ww_rock_box *ww_rock_box(lua_State *L, void (*free)(void *memory));

/* Push what a JSON text says: objects and lists as tables, null as nil, whole numbers as integers. Raises where it is
 * none. */
int ww_rock_push_json(lua_State *L, const char *json);

/* In the table at the top; NULL: nil. */
void ww_rock_set_text(lua_State *L, const char *key, const char *text);
void ww_rock_set_flag(lua_State *L, const char *key, bool flag);
void ww_rock_set_integer(lua_State *L, const char *key, lua_Integer number);

/* Push the metatable of a type with these methods, which closes what it has by `close`, and which Lua cannot get. */
void ww_rock_push_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction close);

#endif
