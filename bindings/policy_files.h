/* The files of a site's policies, from where the command line says. */
#ifndef WW_BINDINGS_POLICY_FILES_H
#define WW_BINDINGS_POLICY_FILES_H

#include "bindings/policy_lua.h"
#include "core/base/buf.h"

/*
 * Append what `where` means: the name of a ready-made policy (a word), a Lua file, a directory that is one policy
 * (handler.lua, and maybe schema.lua), or one with several policies, files and directories, in the order of names.
 * -EINVAL, -ENOENT, -EACCES, …: the text says what cannot be read, or what else is wrong.
 */
int ww_policy_sources_add(struct ww_policy_sources *sources, const char *where, struct ww_error *err);

/* Read the configuration. Errors as above. */
int ww_policy_sources_configure(struct ww_policy_sources *sources, const char *path, struct ww_error *err);

/* Read a file that the configuration names; a relative name is one in the configuration's directory. */
int ww_policy_sources_include(struct ww_policy_sources *sources, const char *name, struct ww_error *err);

/* Where that file is; the caller's, NULL: out of memory. */
char *ww_policy_sources_path_of(const struct ww_policy_sources *sources, const char *name);

/* Append all of it, unambiguously: what is made of it depends on nothing else. */
void ww_policy_sources_write(const struct ww_policy_sources *sources, struct ww_buf *out);

/* Read what was written, all of it. -EINVAL, -ENOMEM. */
int ww_policy_sources_read(const char *bytes, size_t n, struct ww_policy_sources *ret_sources, struct ww_error *err);

void ww_policy_sources_done(struct ww_policy_sources *sources);

#endif
