#include "bindings/policy_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bindings/embedded.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

static void file_done(struct ww_policy_file *file)
{
    free(file->path);
    free(file->text);
    free(file->schema_path);
    free(file->schema);
}

void ww_policy_sources_done(struct ww_policy_sources *sources)
{
    for (size_t i = 0; i < sources->n; i++)
        file_done(&sources->policies[i]);
    for (size_t i = 0; i < sources->n_files; i++)
        file_done(&sources->files[i]);
    free(sources->policies);
    free(sources->files);
    free(sources->config_path);
    free(sources->config);
    *sources = (struct ww_policy_sources){0};
}

/* The whole file; a NUL in it would end it early, and is refused. */
static int read_all(const char *path, size_t max, char **ret_text, struct ww_error *err)
{
    ww_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    char chunk[16384];
    ssize_t got = 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        return ww_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return ww_fail(err, -EINVAL, "cannot read '%s': it is not a file", path);
    ww_buf_str(&text, "");
    while ((got = read(fd, chunk, sizeof(chunk))) > 0 && text.len <= max)
        ww_buf_add(&text, chunk, (size_t)got);
    if (got < 0)
        return ww_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno));
    if (text.len > max)
        return ww_fail(err, -E2BIG, "'%s' is longer than %zu bytes", path, max);
    if (!ww_buf_ok(&text))
        return ww_fail(err, -ENOMEM, "out of memory");
    if (strlen(text.data) != text.len)
        return ww_fail(err, -EINVAL, "'%s' is not a text: it has a NUL in it", path);
    *ret_text = ww_buf_take(&text);
    return 0;
}

static int append(struct ww_policy_file **list, size_t *n, struct ww_policy_file *file, struct ww_error *err)
{
    struct ww_policy_file *items = realloc(*list, (*n + 1) * sizeof(*items));
    if (!items) {
        file_done(file);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    items[(*n)++] = *file;
    *list = items;
    return 0;
}

static int append_policy(struct ww_policy_sources *sources, struct ww_policy_file *file, struct ww_error *err)
{
    if (sources->n < WW_LIMIT_POLICIES)
        return append(&sources->policies, &sources->n, file, err);
    file_done(file);
    return ww_fail(err, -E2BIG, "more than %d policies", WW_LIMIT_POLICIES);
}

static char *embedded_copy(const char *name, const char *file, char **ret_path)
{
    ww_auto_free char *path = NULL;
    if (asprintf(&path, "policies/%s/%s.lua", name, file) < 0)
        return NULL;
    for (const struct ww_embedded *e = ww_embedded; e->path; e++) {
        if (strcmp(e->path, path) != 0)
            continue;
        *ret_path = ww_take(path);
        return strndup(e->text, e->len);
    }
    return NULL;
}

/* The names of the policies that travel inside the program. */
static void list_ready_made(struct ww_buf *out)
{
    static const char begin[] = "policies/";
    static const char end[] = "/handler.lua";
    for (const struct ww_embedded *e = ww_embedded; e->path; e++) {
        size_t len = strlen(e->path);
        if (len <= sizeof(begin) + sizeof(end) || strncmp(e->path, begin, sizeof(begin) - 1) != 0 ||
            strcmp(e->path + len - (sizeof(end) - 1), end) != 0 || strncmp(e->path, "policies/default/", 17) == 0)
            continue;
        ww_buf_fmt(out, "%s%.*s", out->len ? ", " : "", (int)(len - (sizeof(begin) - 1) - (sizeof(end) - 1)),
                   e->path + sizeof(begin) - 1);
    }
}

static int add_ready_made(struct ww_policy_sources *sources, const char *name, struct ww_error *err)
{
    struct ww_policy_file file = {0};
    struct ww_buf known ww_auto(ww_buf_done) = {0};
    if (strcmp(name, "default") == 0)
        return ww_fail(err, -EINVAL, "policy 'default': what labels mean is always in force");
    file.text = embedded_copy(name, "handler", &file.path);
    if (file.text) {
        file.schema = embedded_copy(name, "schema", &file.schema_path);
        return append_policy(sources, &file, err);
    }
    file_done(&file);
    list_ready_made(&known);
    return ww_fail(err, -ENOENT,
                   "there is no ready-made policy '%.64s' (known: %s); a file is written with a '/' or '.lua'", name,
                   known.data ? known.data : "none");
}

static int add_file(struct ww_policy_sources *sources, const char *path, const char *schema_path, struct ww_error *err)
{
    struct ww_policy_file file = {.path = strdup(path)};
    int rc = file.path ? 0 : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = read_all(path, WW_LIMIT_POLICY_BYTES, &file.text, err);
    if (rc == 0 && schema_path) {
        file.schema_path = strdup(schema_path);
        rc = file.schema_path ? read_all(schema_path, WW_LIMIT_POLICY_BYTES, &file.schema, err)
                              : ww_fail(err, -ENOMEM, "out of memory");
    }
    if (rc == 0)
        return append_policy(sources, &file, err);
    file_done(&file);
    return rc;
}

/* One policy: handler.lua, and maybe schema.lua. */
static int add_folder(struct ww_policy_sources *sources, const char *path, const char *handler, struct ww_error *err)
{
    ww_auto_free char *schema = NULL;
    if (asprintf(&schema, "%s/schema.lua", path) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    return add_file(sources, handler, access(schema, F_OK) == 0 ? schema : NULL, err);
}

/* A file or a folder is one; what is neither, a README say, is passed over. */
static int is_entry(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    if (entry->d_name[0] == '.' || (len > 9 && strcmp(entry->d_name + len - 9, "_spec.lua") == 0))
        return 0;
    return entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN ||
           (len > 4 && strcmp(entry->d_name + len - 4, ".lua") == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_path(struct ww_policy_sources *sources, const char *path, bool nested, struct ww_error *err);

static int add_several(struct ww_policy_sources *sources, const char *path, struct ww_error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_entry, by_name);
    int rc = n < 0 ? ww_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno)) : 0;
    size_t before = sources->n;
    for (int i = 0; i < n; i++) {
        ww_auto_free char *inner = NULL;
        if (rc == 0 && asprintf(&inner, "%s/%s", path, entries[i]->d_name) < 0)
            rc = ww_fail(err, -ENOMEM, "out of memory");
        if (rc == 0)
            rc = add_path(sources, inner, true, err);
        free(entries[i]);
    }
    free(entries);
    if (rc == 0 && sources->n == before)
        return ww_fail(err, -ENOENT, "there is no policy in '%s': neither handler.lua nor another *.lua", path);
    return rc;
}

static int add_path(struct ww_policy_sources *sources, const char *path, bool nested, struct ww_error *err)
{
    struct stat st;
    ww_auto_free char *handler = NULL;
    if (stat(path, &st) < 0)
        return ww_fail(err, -errno, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return add_file(sources, path, NULL, err);
    if (asprintf(&handler, "%s/handler.lua", path) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (access(handler, F_OK) == 0)
        return add_folder(sources, path, handler, err);
    return nested ? 0 : add_several(sources, path, err);
}

static bool is_path(const char *where)
{
    size_t len = strlen(where);
    return strchr(where, '/') || strcmp(where, ".") == 0 || (len > 4 && strcmp(where + len - 4, ".lua") == 0);
}

int ww_policy_sources_add(struct ww_policy_sources *sources, const char *where, struct ww_error *err)
{
    return is_path(where) ? add_path(sources, where, false, err) : add_ready_made(sources, where, err);
}

int ww_policy_sources_configure(struct ww_policy_sources *sources, const char *path, struct ww_error *err)
{
    ww_auto_free char *text = NULL;
    int rc = read_all(path, WW_LIMIT_CONFIG_BYTES, &text, err);
    char *copy = rc == 0 ? strdup(path) : NULL;
    if (rc < 0 || !copy)
        return rc < 0 ? rc : ww_fail(err, -ENOMEM, "out of memory");
    free(sources->config);
    free(sources->config_path);
    sources->config = ww_take(text);
    sources->config_path = copy;
    return 0;
}

char *ww_policy_sources_path_of(const struct ww_policy_sources *sources, const char *name)
{
    const char *slash = sources->config_path ? strrchr(sources->config_path, '/') : NULL;
    char *path = NULL;
    if (name[0] == '/' || !slash)
        return strdup(name);
    int n = asprintf(&path, "%.*s%s", (int)(slash + 1 - sources->config_path), sources->config_path, name);
    return n < 0 ? NULL : path;
}

int ww_policy_sources_include(struct ww_policy_sources *sources, const char *name, struct ww_error *err)
{
    struct ww_policy_file file = {0};
    if (sources->n_files >= WW_LIMIT_CONFIG_FILES)
        return ww_fail(err, -E2BIG, "the policy configuration names more than %d files", WW_LIMIT_CONFIG_FILES);
    ww_auto_free char *path = ww_policy_sources_path_of(sources, name);
    file.path = strdup(name);
    int rc = path && file.path ? read_all(path, WW_LIMIT_CONFIG_BYTES, &file.text, err)
                               : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        return append(&sources->files, &sources->n_files, &file, err);
    file_done(&file);
    return rc;
}
