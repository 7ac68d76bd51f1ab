/*
 * What the process that loads a site's policies reads, on anything: it must not crash, and what it takes reads the same
 * when it is written again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/policy_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void hold(const struct ww_policy_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        must(files[i].path && files[i].text && !files[i].schema == !files[i].schema_path, "a file without its name");
}

/* As text, which is the caller's. */
static char *written(const struct ww_policy_sources *sources)
{
    struct ww_buf out = {0};
    ww_policy_sources_write(sources, &out);
    must(ww_buf_ok(&out), "out of memory");
    return ww_buf_take(&out);
}

static void once_more(const char *text)
{
    struct ww_policy_sources again;
    must(ww_policy_sources_read(text, strlen(text), &again, NULL) == 0, "what was written cannot be read");
    char *same = written(&again);
    must(strcmp(text, same) == 0, "what was written reads otherwise");
    free(same);
    ww_policy_sources_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_policy_sources sources;
    struct ww_error err = {0};
    char *bytes = malloc(size ? size : 1); /* of just that size */
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    int rc = ww_policy_sources_read(bytes, size, &sources, &err);
    free(bytes);
    if (rc < 0) {
        must(err.code < 0 && *err.text, "failed without saying why");
        return 0;
    }
    hold(sources.policies, sources.n);
    hold(sources.files, sources.n_files);
    must(!sources.config == !sources.config_path, "a configuration without its name");
    char *text = written(&sources);
    once_more(text);
    free(text);
    ww_policy_sources_done(&sources);
    return 0;
}
