/* The metrics as text, held against a reader of the format that takes nothing else. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/base/utf8.h"
#include "core/control/metrics_drops.h"
#include "core/control/metrics_write.h"

static size_t name_length(const char *text)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return isdigit((unsigned char)*text) ? 0 : n;
}

/* A value in quotes, from the first of them: its end, or NULL. */
static const char *skip_value(const char *at)
{
    if (*at++ != '"')
        return NULL;
    while (*at && *at != '"') {
        size_t n = *at == '\\' && at[1] && strchr("\\\"n", at[1]) ? 2 : ww_utf8_next(at, strlen(at), NULL);
        if (n == 0 || *at == '\n' || (*at == '\\' && n == 1))
            return NULL;
        at += n;
    }
    return *at == '"' ? at + 1 : NULL;
}

static const char *skip_labels(const char *at)
{
    if (*at != '{')
        return at;
    do {
        size_t n = name_length(++at);
        at = n && at[n] == '=' ? skip_value(at + n + 1) : NULL;
    } while (at && *at == ',');
    return at && *at == '}' ? at + 1 : NULL;
}

/* One sample of the family, whose name it begins with; the rest of its name is a histogram's. */
static bool is_sample(const char *line, const char *family, const char *type)
{
    size_t n = strlen(family);
    size_t name = name_length(line);
    if (strncmp(line, family, n) != 0 || (name != n) != (strcmp(type, "histogram") == 0))
        return false;
    const char *at = skip_labels(line + name);
    if (!at || *at++ != ' ')
        return false;
    size_t digits = strspn(at, "0123456789");
    if (!digits)
        return false;
    at += digits;
    return !*at || (*at == '.' && at[1] && !at[1 + strspn(at + 1, "0123456789")]);
}

/* HELP, TYPE, samples; each family once. Returns how many families there are, or 0 and the line that is wrong. */
static size_t read_text(char *text, const char **ret_wrong)
{
    char family[128] = "";
    char type[32] = "";
    char seen[8192] = "|";
    size_t families = 0;
    bool typed = true;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char key[160];
        *ret_wrong = line;
        if (strncmp(line, "# HELP ", 7) == 0) {
            if (!typed || sscanf(line, "# HELP %127s ", family) != 1)
                return 0;
            snprintf(key, sizeof(key), "|%s|", family);
            if (strstr(seen, key) || strlen(seen) + strlen(family) + 2 > sizeof(seen))
                return 0;
            strcat(strcat(seen, family), "|");
            families++;
            typed = false;
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            char of[128];
            if (typed || sscanf(line, "# TYPE %127s %31s", of, type) != 2 || strcmp(of, family) != 0 ||
                (strcmp(type, "counter") == 0) != (strstr(of, "_total") != NULL))
                return 0;
            typed = true;
        } else if (!typed || !is_sample(line, family, type)) {
            return 0;
        }
    }
    return typed ? families : 0;
}

static char *text_of(const struct ww_status *s, const struct ww_counts *counts)
{
    struct ww_buf out = {0};
    ww_metrics_write(s, counts, &out);
    assert_true(ww_buf_ok(&out));
    return ww_buf_take(&out);
}

static struct ww_status_container *put(struct ww_status *s, const char *id, const char *name, uint64_t packets)
{
    struct ww_status_container *c;
    assert_int_equal(ww_status_add_container(s, &c), 0);
    c->id = id;
    c->name = name;
    c->state = WW_STATUS_ENFORCED;
    if (packets)
        assert_int_equal(ww_status_add_count(&c->drops, &c->n_drops, "out", packets), 0);
    return c;
}

static void expect_lines(const char *text, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strstr(text, lines[i]))
            fail_msg("there is no %s in:\n%s", lines[i], text);
}

static void all_is_written_in_the_format(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "whalewall_build_info{version=\"1.2.3\"} 1\n",
        "whalewall_start_time_seconds 1795468477.870\n",
        "whalewall_healthy 0\n",
        "whalewall_problems{code=\"quarantined\"} 2\nwhalewall_problems{code=\"engine_away\"} 1\n",
        "whalewall_containers{state=\"down\"} 0\nwhalewall_containers{state=\"enforced\"} 2\n",
        "whalewall_containers{state=\"quarantined\"} 0\n",
        "whalewall_networks{guarded=\"false\"} 0\nwhalewall_networks{guarded=\"true\"} 1\n",
        "whalewall_dropped_packets_total{container=\"web\",reason=\"out\"} 17\n",
        "whalewall_dropped_packets_total{container=\"a\\\\b\\\"c\\nd\xef\xbf\xbd\",reason=\"out\"} 5\n",
        "whalewall_dropped_containers_left_out 0\n",
        "whalewall_audited_packets_total{container=\"web\",reason=\"in\"} 4\n",
        "whalewall_audited_containers_left_out 0\n",
        "whalewall_audit_mode 1\n",
        "whalewall_event_to_commit_seconds_bucket{le=\"0.0001\"} 1\n",
        "whalewall_event_to_commit_seconds_bucket{le=\"0.0025\"} 1\n",
        "whalewall_event_to_commit_seconds_bucket{le=\"0.005\"} 2\n",
        "whalewall_event_to_commit_seconds_bucket{le=\"10\"} 2\n",
        "whalewall_event_to_commit_seconds_bucket{le=\"+Inf\"} 3\n",
        "whalewall_event_to_commit_seconds_sum 20.003100000\nwhalewall_event_to_commit_seconds_count 3\n",
        "whalewall_container_starts_total{rules=\"early\"} 6\nwhalewall_container_starts_total{rules=\"late\"} 7\n",
        "whalewall_reconciliations_total 8\n",
        "whalewall_commits_total 9\n",
        "whalewall_commits_failed_total 10\n",
        "whalewall_repairs_total{what=\"table\"} 11\nwhalewall_repairs_total{what=\"docker_user\"} 12\n",
        "whalewall_policy_duration_seconds_count 0\n",
        "whalewall_worker_restarts_total 13\n",
        "whalewall_engine_connected 1\n",
        "whalewall_engine_reconnects_total 14\n",
        "whalewall_database_durable 1\n",
        "whalewall_database_errors_total 15\n",
    };
    struct ww_status s = {.version = "1.2.3",
                          .started_ns = 1795468477870409939,
                          .audit = true,
                          .engine = {.state = "synced"},
                          .database = {.durable = true}};
    struct ww_counts counts = {.starts_early = 6,
                               .starts_late = 7,
                               .reconciliations = 8,
                               .commits = 9,
                               .commits_failed = 10,
                               .repairs_table = 11,
                               .repairs_docker_user = 12,
                               .workers = 13,
                               .reconnects = 14,
                               .database_errors = 15};
    struct ww_status_network network = {"89ab", "front", "br-0", "auto", true, 3, 2};
    const char *wrong = NULL;
    ww_histogram_add(&counts.commit, 100000);
    ww_histogram_add(&counts.commit, 3000000);
    ww_histogram_add(&counts.commit, 20000000000);
    struct ww_status_container *web = put(&s, "0123", "web", 17);
    assert_int_equal(ww_status_add_count(&web->would, &web->n_would, "in", 4), 0);
    put(&s, "4567", "a\\b\"c\nd\xff", 5);
    assert_int_equal(ww_status_add_network(&s, &network), 0);
    assert_int_equal(ww_status_add_problem(&s, "quarantined", "a", "x"), 0);
    assert_int_equal(ww_status_add_problem(&s, "engine_away", NULL, "x"), 0);
    assert_int_equal(ww_status_add_problem(&s, "quarantined", "b", "x"), 0);
    char *text = text_of(&s, &counts);
    expect_lines(text, lines, sizeof(lines) / sizeof(lines[0]));
    if (read_text(text, &wrong) != 23)
        fail_msg("wrong: %s", wrong);
    free(text);
    ww_status_done(&s);
}

static void the_reader_takes_nothing_else(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "whalewall_x 1\n",
        "# HELP x y\nx 1\n",
        "# HELP x y\n# TYPE x counter\nx 1\n",
        "# HELP x y\n# TYPE x gauge\ny 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"b} 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"\\b\"} 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"\xff\"} 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"b\"}\n",
        "# HELP x y\n# TYPE x gauge\nx -\n",
        "# HELP x y\n# TYPE x gauge\nx 1.\n",
        "# HELP x y\n# TYPE x gauge\nx 1\n# HELP x y\n# TYPE x gauge\nx 1\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *wrong = NULL;
        char *text = strdup(texts[i]);
        assert_non_null(text);
        if (read_text(text, &wrong))
            fail_msg("is taken: %s", texts[i]);
        free(text);
    }
}

/* web's namespace is shared by two; that of an unmanaged container, too. */
static void drops_of_one_namespace_are_told_once(void **state)
{
    (void)state;
    struct ww_status s = {0};
    struct ww_buf out = {0};
    put(&s, "1111", "side", 5)->shares = "2222";
    put(&s, "2222", "web", 5);
    put(&s, "3333", "late", 5)->shares = "2222";
    put(&s, "4444", "first", 3)->shares = "ffff";
    put(&s, "5555", "second", 3)->shares = "ffff";
    put(&s, "6666", "", 1);
    put(&s, "7777", "quiet", 0);
    assert_int_equal(ww_metrics_drops(&s, false, &out), 0);
    assert_string_equal(out.data, "whalewall_dropped_packets_total{container=\"web\",reason=\"out\"} 5\n"
                                  "whalewall_dropped_packets_total{container=\"first\",reason=\"out\"} 3\n"
                                  "whalewall_dropped_packets_total{container=\"6666\",reason=\"out\"} 1\n");
    ww_buf_done(&out);
    ww_status_done(&s);
}

static void only_so_many_containers_are_told(void **state)
{
    (void)state;
    enum { MORE = 7 };
    static char ids[WW_LIMIT_METRICS_CONTAINERS + MORE][16];
    struct ww_status s = {0};
    struct ww_buf out = {0};
    for (size_t i = 0; i < WW_LIMIT_METRICS_CONTAINERS + MORE; i++) {
        snprintf(ids[i], sizeof(ids[i]), "c%06zu", i);
        put(&s, ids[i], ids[i], i + 1);
    }
    assert_int_equal(ww_metrics_drops(&s, false, &out), MORE);
    assert_null(strstr(out.data, "\"c000006\""));
    assert_non_null(strstr(out.data, "\"c000007\""));
    ww_buf_done(&out);
    ww_status_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_written_in_the_format),
        cmocka_unit_test(the_reader_takes_nothing_else),
        cmocka_unit_test(drops_of_one_namespace_are_told_once),
        cmocka_unit_test(only_so_many_containers_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
