#include "bindings/module/specs.h"

#include <errno.h>
#include <fts.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bindings/module/whalewall.h"
#include "core/lab/lab.h"

static bool is_spec(const FTSENT *entry)
{
    static const char end[] = "_spec.lua";
    size_t len = sizeof(end) - 1;
    return entry->fts_info == FTS_F && entry->fts_namelen > len &&
           strcmp(entry->fts_name + entry->fts_namelen - len, end) == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Append the paths of the specs in the working directory to the list at the top. */
static int push_specs(lua_State *L, struct ww_error *err)
{
    char *roots[] = {(char *)".", NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (!tree)
        return ww_fail(err, -errno, "cannot read the directory: %s", strerror(errno));
    for (const FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
        if (!is_spec(entry))
            continue;
        lua_pushstring(L, entry->fts_path);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    fts_close(tree);
    return 0;
}

/* Push the list of specs; of a directory also go there, as policies are named from it. */
static int push_paths(lua_State *L, const char *path, struct ww_error *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return ww_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno));
    lua_newtable(L);
    if (!S_ISDIR(st.st_mode)) {
        lua_pushstring(L, path);
        lua_rawseti(L, -2, 1);
        return 0;
    }
    if (chdir(path) < 0)
        return ww_fail(err, -errno, "cannot go to '%s': %s", path, strerror(errno));
    return push_specs(L, err);
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* run(path, err, kernel) -> boolean; err is where an error goes that is none of Lua's. */
static int enter_specs(lua_State *L)
{
    struct ww_error *err = lua_touserdata(L, 2);
    luaL_openlibs(L);
    preload(L, "whalewall.testing", luaopen_whalewall_testing);
    luaL_requiref(L, WW_MODULE_NATIVE, ww_module_open, 0);
    lua_getfield(L, -1, "require");
    lua_pushliteral(L, "testing.runner");
    lua_call(L, 1, 1);
    lua_pushvalue(L, 3);
    lua_setfield(L, -2, "kernel");
    lua_pushvalue(L, -1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_insert(L, -2);
    lua_setfield(L, -2, "whalewall.runner");
    lua_pop(L, 1);
    lua_getfield(L, -1, "run");
    if (push_paths(L, lua_tostring(L, 1), err) < 0)
        return 0;
    lua_call(L, 1, 1);
    lua_pushboolean(L, lua_toboolean(L, -1));
    return 1;
}

int ww_specs_run(const char *path, bool kernel, struct ww_error *err)
{
    struct ww_error none = {0};
    if (kernel)
        ww_lab_without_root();
    lua_State *L = luaL_newstate();
    if (!L)
        return ww_fail(err, -ENOMEM, "out of memory");
    *err = none;
    lua_pushcfunction(L, enter_specs);
    lua_pushstring(L, path);
    lua_pushlightuserdata(L, err);
    lua_pushboolean(L, kernel);
    int rc;
    if (lua_pcall(L, 3, 1, 0) != LUA_OK)
        rc = ww_fail(err, -EINVAL, "%s", lua_tostring(L, -1));
    else
        rc = err->code < 0 ? err->code : lua_toboolean(L, -1);
    lua_close(L);
    return rc;
}
