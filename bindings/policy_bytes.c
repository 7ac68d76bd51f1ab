/* Sources as bytes: what is hashed, and what goes to the process that loads them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/policy_files.h"
#include "core/base/limits.h"

/* "5:texts", "-:" for NULL. */
static void write_text(const char *text, struct ww_buf *out)
{
    if (text)
        ww_buf_fmt(out, "%zu", strlen(text));
    ww_buf_str(out, text ? ":" : "-:");
    ww_buf_str(out, text ? text : "");
}

static void write_files(const struct ww_policy_file *files, size_t n, struct ww_buf *out)
{
    ww_buf_fmt(out, "%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        write_text(files[i].path, out);
        write_text(files[i].text, out);
        write_text(files[i].schema_path, out);
        write_text(files[i].schema, out);
    }
}

void ww_policy_sources_write(const struct ww_policy_sources *sources, struct ww_buf *out)
{
    write_files(sources->policies, sources->n, out);
    write_text(sources->config_path, out);
    write_text(sources->config, out);
    write_files(sources->files, sources->n_files, out);
}

/* Where it is read, and what is wrong: 0, -EINVAL or -ENOMEM, which stays. */
struct reading {
    const char *at;
    const char *end;
    int rc;
};

/* A number up to `max`, and the byte that ends it. */
static size_t read_number(struct reading *r, char end, size_t max)
{
    size_t number = 0;
    const char *begin = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && number <= max)
        number = number * 10 + (size_t)(*r->at++ - '0');
    if (r->rc < 0 || r->at == begin || r->at == r->end || *r->at != end || number > max) {
        r->rc = r->rc < 0 ? r->rc : -EINVAL;
        return 0;
    }
    r->at++;
    return number;
}

static char *read_text(struct reading *r)
{
    if (r->rc == 0 && r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] == ':') {
        r->at += 2;
        return NULL;
    }
    size_t n = read_number(r, ':', (size_t)(r->end - r->at));
    if (r->rc < 0 || n > (size_t)(r->end - r->at) || memchr(r->at, '\0', n)) {
        r->rc = r->rc < 0 ? r->rc : -EINVAL;
        return NULL;
    }
    char *text = strndup(r->at, n);
    r->rc = text ? 0 : -ENOMEM;
    r->at += n;
    return text;
}

/* Of each at least the path and the text. */
static size_t read_files(struct reading *r, size_t max, struct ww_policy_file **ret_files)
{
    size_t n = read_number(r, '\n', max);
    struct ww_policy_file *files = n ? calloc(n, sizeof(*files)) : NULL;
    if (n && !files)
        r->rc = -ENOMEM;
    for (size_t i = 0; r->rc == 0 && i < n; i++) {
        files[i].path = read_text(r);
        files[i].text = read_text(r);
        files[i].schema_path = read_text(r);
        files[i].schema = read_text(r);
        if (r->rc == 0 && (!files[i].path || !files[i].text || !files[i].schema != !files[i].schema_path))
            r->rc = -EINVAL;
    }
    *ret_files = files;
    return files ? n : 0;
}

int ww_policy_sources_read(const char *bytes, size_t n, struct ww_policy_sources *ret_sources, struct ww_error *err)
{
    struct reading r = {.at = bytes, .end = bytes + n};
    struct ww_policy_sources s = {0};
    s.n = read_files(&r, WW_LIMIT_POLICIES, &s.policies);
    s.config_path = read_text(&r);
    s.config = read_text(&r);
    s.n_files = read_files(&r, WW_LIMIT_CONFIG_FILES, &s.files);
    if (r.rc == 0 && (r.at != r.end || !s.config != !s.config_path))
        r.rc = -EINVAL;
    if (r.rc < 0) {
        ww_policy_sources_done(&s);
        return ww_fail(err, r.rc, r.rc == -ENOMEM ? "out of memory" : "these are no sources of policies");
    }
    *ret_sources = s;
    return 0;
}
