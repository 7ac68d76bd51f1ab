#include "core/agent/cached.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/report.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/model/facts.h"

/* The hash of an input, with the version of what is made of it. */
static int input_key(struct ww_agent *a, const char *kind, const struct ww_buf *input, char key[static WW_HASH_HEX],
                     struct ww_error *err)
{
    struct ww_buf buf = {0};
    ww_buf_fmt(&buf, "%s %s\n", kind, a->policy.ops->version(a->policy.self));
    ww_buf_add(&buf, input->data, input->len);
    bool whole = ww_buf_ok(&buf) && ww_buf_ok(input);
    if (whole)
        ww_hash_hex(buf.data, buf.len, key);
    ww_buf_done(&buf);
    return whole ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

static void put_cached(struct ww_agent *a, const char *key, struct ww_buf *text)
{
    struct ww_error err = {0};
    if (ww_buf_ok(text))
        ww_report_store(a, ww_store_cache_put(a->store, key, text->data ? text->data : "", &err), &err);
}

int ww_cached_key(struct ww_agent *a, const struct ww_facts *facts, char ret_key[static WW_HASH_HEX],
                  struct ww_error *err)
{
    struct ww_buf text = {0};
    ww_facts_write(facts, &text);
    int rc = input_key(a, "facts", &text, ret_key, err);
    ww_buf_done(&text);
    return rc;
}

/* What is there, if it can be read; a damaged row is as good as none. */
static bool reuse_compiled(struct ww_agent *a, const char *key, struct ww_compiled *ret_compiled)
{
    ww_auto_free char *text = NULL;
    if (ww_store_cache_get(a->store, key, &text, NULL) < 0 || ww_compiled_read(text, ret_compiled, NULL) < 0)
        return false;
    a->tally.reused++;
    return true;
}

int ww_cached_compile(struct ww_agent *a, const struct ww_facts *facts, const char *key,
                      struct ww_compiled *ret_compiled, struct ww_error *err)
{
    if (reuse_compiled(a, key, ret_compiled))
        return 0;
    int64_t began = ww_clock_mono();
    int rc = a->policy.ops->compile(a->policy.self, facts, ret_compiled, err);
    ww_histogram_add(&a->counts.policy, ww_clock_mono() - began);
    if (rc < 0)
        return rc;
    a->tally.compiled++;
    struct ww_buf text = {0};
    ww_compiled_write(ret_compiled, &text);
    put_cached(a, key, &text);
    ww_buf_done(&text);
    return 0;
}

static int names_add(struct ww_names *names, const char *line, size_t len)
{
    char **grown = realloc(names->names, (names->n + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    names->names = grown;
    grown[names->n] = strndup(line, len);
    if (!grown[names->n])
        return -ENOMEM;
    names->n++;
    return 0;
}

/* A first line with the number of names, then one name a line. -EINVAL for anything else. */
static int names_read(const char *text, struct ww_names *ret_names)
{
    struct ww_names names = {0};
    size_t n;
    int begin = 0;
    if (sscanf(text, "names %zu\n%n", &n, &begin) != 1 || begin == 0)
        return -EINVAL;
    int rc = 0;
    const char *line = text + begin;
    for (const char *end; rc == 0 && (end = strchr(line, '\n')); line = end + 1)
        rc = names_add(&names, line, (size_t)(end - line));
    if (rc == 0 && (*line || names.n != n))
        rc = -EINVAL;
    if (rc < 0)
        ww_names_done(&names);
    else
        *ret_names = names;
    return rc;
}

/* A name with a line's end in it names no container, and is not worth a quoting rule: such a label is parsed each time.
 */
static bool names_write(const struct ww_names *names, struct ww_buf *out)
{
    ww_buf_fmt(out, "names %zu\n", names->n);
    for (size_t i = 0; i < names->n; i++) {
        if (strchr(names->names[i], '\n'))
            return false;
        ww_buf_fmt(out, "%s\n", names->names[i]);
    }
    return true;
}

/* What the policy says under this kind of input, unless it is known. */
static int recall_names(struct ww_agent *a, const char *kind, const struct ww_buf *input, char key[static WW_HASH_HEX],
                        struct ww_names *ret_names, struct ww_error *err)
{
    ww_auto_free char *known = NULL;
    int rc = input_key(a, kind, input, key, err);
    if (rc < 0)
        return rc;
    bool found = ww_store_cache_get(a->store, key, &known, NULL) == 0 && names_read(known, ret_names) == 0;
    return found ? 1 : 0;
}

static void remember_names(struct ww_agent *a, const char *key, const struct ww_names *names)
{
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    if (names_write(names, &text))
        put_cached(a, key, &text);
}

int ww_cached_mentions(struct ww_agent *a, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    char key[WW_HASH_HEX];
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    ww_buf_str(&text, label ? label : "");
    int rc = recall_names(a, "names", &text, key, ret_names, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    int64_t began = ww_clock_mono();
    rc = a->policy.ops->mentions(a->policy.self, label, ret_names, err);
    ww_histogram_add(&a->counts.policy, ww_clock_mono() - began);
    if (rc == 0)
        remember_names(a, key, ret_names);
    return rc;
}

int ww_cached_names(struct ww_agent *a, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    char key[WW_HASH_HEX];
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    ww_facts_write(facts, &text);
    int rc = recall_names(a, "site names", &text, key, ret_names, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    int64_t began = ww_clock_mono();
    rc = a->policy.ops->names(a->policy.self, facts, ret_names, err);
    ww_histogram_add(&a->counts.policy, ww_clock_mono() - began);
    if (rc == 0)
        remember_names(a, key, ret_names);
    return rc;
}
