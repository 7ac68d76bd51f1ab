/* Commands that are written in Lua, and that ask neither the engine nor the kernel: `check` and `plan`. */
#ifndef WW_BINDINGS_MODULE_COMMAND_H
#define WW_BINDINGS_MODULE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* Strings are borrowed. */
struct ww_lua_command {
    const char *module; /* "check.main": its run(given, native) prints, and returns the exit status */
    const char *const *files;
    size_t n_files;
    const char *const *policies;
    size_t n_policies;
    const char *policy_config;   /* NULL: there is none */
    const char *const *enforced; /* answers of the running program (core/control/enforced.h) */
    size_t n_enforced;           /* 0: it is not asked */
    const char *html;            /* the file that a page is written to; NULL: none */
    bool json;
    bool dot;
    bool strict;
    bool colours;
};

/* The exit status. -errno: a policy cannot be read; -ENOMEM; -EINVAL: the program's own Lua failed. */
int ww_lua_command_run(const struct ww_lua_command *command, struct ww_error *err);

#endif
