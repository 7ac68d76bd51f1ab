#include "helper_store.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"

int helper_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof(path), "%s/ww-store-XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(path))
        return -1;
    *state = strdup(path);
    return *state ? 0 : -1;
}

int helper_teardown(void **state)
{
    char *dir = *state;
    chmod(dir, 0700);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *path = helper_path(dir, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlink(path) < 0)
            rmdir(path);
    }
    if (d)
        closedir(d);
    int r = rmdir(dir);
    free(dir);
    return r;
}

const char *helper_path(const char *dir, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

struct ww_store *helper_open(const char *dir)
{
    struct ww_store *s = NULL;
    struct ww_error trouble = {0};
    assert_int_equal(ww_store_open(dir, &s, &trouble), 0);
    if (trouble.code)
        fail_msg("unexpected trouble %d: %s", trouble.code, trouble.text);
    assert_true(ww_store_is_durable(s));
    return s;
}

struct ww_store *helper_open_trouble(const char *dir, int code, const char *needle)
{
    struct ww_store *s = NULL;
    struct ww_error trouble = {0};
    assert_int_equal(ww_store_open(dir, &s, &trouble), 0);
    if (trouble.code != code || !strstr(trouble.text, needle))
        fail_msg("expected %d and '%s', but got %d: %s", code, needle, trouble.code, trouble.text);
    return s;
}

struct ww_ruleset *helper_ruleset(const char *id, uint16_t port)
{
    struct ww_ruleset *rs = ww_ruleset_new(id, id);
    assert_non_null(rs);
    struct ww_endpoint_addrs endpoint = {0};
    assert_int_equal(ww_addr_parse("192.0.2.10", &endpoint.ipv4, NULL), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &endpoint), 0);
    struct ww_rule rule = {.side = WW_OUTPUT, .proto = IPPROTO_TCP, .origin = strdup("output[0]")};
    assert_int_equal(ww_rule_add_dport(&rule, port, port), 0);
    assert_int_equal(ww_ruleset_add_rule(rs, &rule), 0);
    ww_rule_done(&rule);
    struct ww_error err = {0};
    if (ww_ruleset_seal(rs, &err) < 0)
        fail_msg("seal: %s", err.text);
    return rs;
}

int helper_save(struct ww_store *s, const char *id, uint16_t port, struct ww_error *err)
{
    struct ww_ruleset *rs = helper_ruleset(id, port ? port : 1);
    struct ww_change change = {.from = port ? NULL : rs, .to = port ? rs : NULL};
    struct ww_diff diff = {.changes = &change, .n = 1};
    int r = ww_store_save_diff(s, &diff, err);
    ww_ruleset_unref(rs);
    return r;
}

static int add_text(struct ww_ruleset *rs, void *arg)
{
    struct ww_buf *out = arg;
    ww_buf_fmt(out, "%s%s:%u", out->len ? " " : "", rs->id, rs->n_rules ? rs->rules[0].dports[0].lo : 0);
    return 0;
}

char *helper_loaded(struct ww_store *s, size_t *ret_bad)
{
    struct ww_plan *plan = ww_plan_new();
    assert_non_null(plan);
    size_t bad = 0;
    struct ww_error err = {0};
    int n = ww_store_load_plan(s, plan, &bad, &err);
    if (n < 0)
        fail_msg("load: %s", err.text);
    assert_int_equal((size_t)n, ww_plan_count(plan));
    struct ww_buf out = {0};
    ww_plan_each(plan, add_text, &out);
    ww_plan_free(plan);
    if (ret_bad)
        *ret_bad = bad;
    return ww_buf_take(&out);
}

void helper_expect_on_disk(const char *dir, const char *loaded)
{
    struct ww_store *s = helper_open(dir);
    size_t bad = 1;
    char *text = helper_loaded(s, &bad);
    assert_string_equal(text, loaded);
    assert_int_equal(bad, 0);
    free(text);
    ww_store_close(s);
}

char *helper_sql_text(const char *dir, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char *text = NULL;
    assert_int_equal(sqlite3_open(helper_path(dir, "whalewall.sqlite"), &db), SQLITE_OK);
    for (const char *rest = sql; *rest;) {
        if (sqlite3_prepare_v2(db, rest, -1, &stmt, &rest) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        int rc = sqlite3_step(stmt);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        if (rc == SQLITE_ROW && !text && sqlite3_column_text(stmt, 0))
            text = strdup((const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    return text ? text : strdup("");
}

void helper_sql(const char *dir, const char *sql)
{
    free(helper_sql_text(dir, sql));
}

int helper_count(const char *dir, const char *prefix)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

void helper_write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
}
