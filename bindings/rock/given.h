/* Tables that Lua gives, as the library's structs: what is misspelled, or of another type, is an error. */
#ifndef WW_ROCK_GIVEN_H
#define WW_ROCK_GIVEN_H

#include <lua.h>
#include <stddef.h>

enum ww_rock_kind {
    WW_ROCK_TEXT,   /* const char *, which stays the table's */
    WW_ROCK_FLAG,   /* bool */
    WW_ROCK_PORT,   /* uint16_t */
    WW_ROCK_TIME,   /* int64_t, of milliseconds */
    WW_ROCK_CHOICE, /* int: `first` for the first of `choices` */
    WW_ROCK_OTHER,  /* is left to the caller */
};

struct ww_rock_field {
    const char *name;
    const char *const *choices;
    size_t offset; /* in the struct */
    enum ww_rock_kind kind;
    int first;
};

/* Argument `arg`, a table or nil, into *ret_struct: of the `n` fields those that it has. Raises. */
void ww_rock_given(lua_State *L, int arg, const struct ww_rock_field *fields, size_t n, void *ret_struct);

/* The text at `index`, an argument or not: without a zero in it. what: its name, for the error. */
const char *ww_rock_text(lua_State *L, int index, const char *what);

/* The list of texts that the table at `arg` has by that name: pushed, as memory of Lua's, and NULL at its end. Nil:
 * none. The texts stay the table's. */
const char *const *ww_rock_texts(lua_State *L, int arg, const char *name, size_t *ret_n);

#endif
