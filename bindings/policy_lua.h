/* The policy step in Lua, in this process: lua/ and policies/, jailed and bounded. */
#ifndef WW_BINDINGS_POLICY_LUA_H
#define WW_BINDINGS_POLICY_LUA_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/ir/policy.h"

/* A file, or a directory with handler.lua and maybe schema.lua, that were read. Strings are owned. */
struct ww_policy_file {
    char *path;
    char *text;
    char *schema_path; /* NULL: there is none */
    char *schema;
};

/* The site's policies, in order, and what they are configured with. */
struct ww_policy_sources {
    struct ww_policy_file *policies;
    size_t n;
    char *config_path; /* NULL: there is no configuration */
    char *config;
    struct ww_policy_file *files; /* those that the configuration names: path (as named) and text */
    size_t n_files;
};

/*
 * The same with site policies. Takes *sources over, also on failure. Files that the configuration names are read, from
 * its directory. -EINVAL: a policy or the configuration is faulty; the text says which file, where, and what would be
 * right.
 */
int ww_policy_lua_new_site(struct ww_policy_sources *sources, struct ww_policy *ret_policy, struct ww_error *err);

/*
 * The same without reading a file. *ret_wanted (not empty; the caller's): no policy is made, and the files of these
 * names, which the configuration has, must be among the sources first.
 */
int ww_policy_lua_load(struct ww_policy_sources *sources, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                       struct ww_error *err);

/* What the version of a policy with these sources is (nothing of them is read). -ENOMEM. */
int ww_policy_lua_version(const struct ww_policy_sources *sources, char ret_hex[static WW_HASH_HEX]);

/*
 * Make a policy; its ops->free frees it. -ENOMEM; -EINVAL when the bundled Lua does not load. One caller at a time.
 * A call that overruns a budget costs only itself: the next one starts in a new Lua state.
 */
int ww_policy_lua_new(struct ww_policy *ret_policy, struct ww_error *err);

#endif
