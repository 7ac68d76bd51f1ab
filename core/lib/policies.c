#include "core/lib/policies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/policy_files.h"
#include "bindings/policy_lua.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/ir/names.h"
#include "core/sandbox/jailed.h"
#include "core/sandbox/loader.h"

int ww_policies_load(void *arg, const char *bytes, size_t n, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                     struct ww_error *err)
{
    struct ww_policy_sources sources = {0};
    (void)arg;
    int rc = ww_policy_sources_read(bytes, n, &sources, err);
    return rc < 0 ? rc : ww_policy_lua_load(&sources, ret_policy, ret_wanted, err);
}

/*
 * Files that the configuration names. The process that says so may have been taken over by what it read, and could have
 * any file read by this process, which may read more: so its name must be a part of the configuration as it is written.
 */
static int include(struct ww_policy_sources *sources, const struct ww_names *wanted, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < wanted->n; i++) {
        const char *name = wanted->names[i];
        if (!*name || !sources->config || !strstr(sources->config, name))
            return ww_fail(err, -EINVAL, "the policy configuration does not name the file '%.200s' in these letters",
                           name);
        rc = ww_policy_sources_include(sources, name, err);
    }
    return rc;
}

static int send_sources(struct ww_loader *loader, const struct ww_policy_sources *sources, struct ww_names *ret_wanted,
                        struct ww_error *err)
{
    struct ww_buf bytes ww_auto(ww_buf_done) = {0};
    ww_policy_sources_write(sources, &bytes);
    return ww_loader_load_policies(loader, &bytes, ret_wanted, err);
}

/* All files are named at once, so they are asked for once. */
static int load_loader(struct ww_loader *loader, struct ww_policy_sources *sources, struct ww_error *err)
{
    struct ww_names wanted ww_auto(ww_names_done) = {0};
    struct ww_names again ww_auto(ww_names_done) = {0};
    int rc = send_sources(loader, sources, &wanted, err);
    if (rc < 0 || wanted.n == 0)
        return rc;
    rc = include(sources, &wanted, err);
    if (rc == 0)
        rc = send_sources(loader, sources, &again, err);
    return rc == 0 && again.n ? ww_fail(err, -ECHILD, "what loads the policies asks for their files twice") : rc;
}

static int note_path(struct ww_names *read, const char *path)
{
    char **names = realloc(read->names, (read->n + 1) * sizeof(*names));
    if (!names)
        return -ENOMEM;
    read->names = names;
    names[read->n] = strdup(path);
    read->n += names[read->n] != NULL;
    return names[read->n - 1] ? 0 : -ENOMEM;
}

/* Those of ready-made policies are none that are there. */
static int note_read(const struct ww_policy_sources *sources, struct ww_names *read)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sources->n; i++)
        rc = note_path(read, sources->policies[i].path);
    for (size_t i = 0; rc == 0 && i < sources->n_files; i++) {
        ww_auto_free char *path = ww_policy_sources_path_of(sources, sources->files[i].path);
        rc = path ? note_path(read, path) : -ENOMEM;
    }
    return rc;
}

/* Takes the loader over. */
static int open_with(struct ww_loader *loader, const struct ww_policy_words *words, struct ww_policy *ret_policy,
                     struct ww_names *ret_read, struct ww_error *err)
{
    struct ww_policy_sources sources ww_auto(ww_policy_sources_done) = {0};
    char version[WW_HASH_HEX];
    int rc = ww_policy_words_read(words, &sources, err);
    if (rc == 0)
        rc = load_loader(loader, &sources, err);
    if (rc == 0 && (ww_policy_lua_version(&sources, version) < 0 || (ret_read && note_read(&sources, ret_read) < 0)))
        rc = ww_fail(err, -ENOMEM, "out of memory for the policy");
    if (rc == 0)
        return ww_jailed_new_site(loader, version, ret_policy, err);
    ww_loader_free(loader);
    return rc;
}

int ww_policies_open_jailed(const struct ww_policy_words *words, struct ww_zygote *zygote, struct ww_policy *ret_policy,
                            struct ww_jail_report *ret_report, struct ww_names *ret_read, struct ww_error *err)
{
    struct ww_loader *loader;
    int rc = ww_loader_new(zygote, &loader, ret_report, err);
    return rc < 0 ? rc : open_with(loader, words, ret_policy, ret_read, err);
}
