/* The status as people read it: what is wrong first, then the containers, by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/cli/field.h"
#include "core/cli/status.h"
#include "core/cli/table.h"
#include "core/control/status.h"
#include "core/docker/json.h"

struct showing {
    const cJSON *status;
    bool colours;
    FILE *out;
    bool failed;
};

static enum ww_colour state_colour(const char *state)
{
    if (strcmp(state, "enforced") == 0 || strcmp(state, "synced") == 0)
        return WW_GREEN;
    if (strcmp(state, "waiting") == 0 || strcmp(state, "pending") == 0 || strcmp(state, "listing") == 0)
        return WW_YELLOW;
    return strcmp(state, "down") == 0 ? WW_FAINT : WW_RED;
}

static void print_table(struct showing *s, struct ww_table *t)
{
    if (ww_table_print(t, s->colours, s->out) < 0)
        s->failed = true;
}

static void duration_text(double ms, char *buf, size_t size)
{
    long long seconds = (long long)(ms / 1000);
    long long minutes = seconds / 60;
    long long hours = minutes / 60;
    if (hours >= 48)
        snprintf(buf, size, "%lld d %lld h", hours / 24, hours % 24);
    else if (minutes >= 60)
        snprintf(buf, size, "%lld h %lld min", hours, minutes % 60);
    else if (seconds >= 60)
        snprintf(buf, size, "%lld min %lld s", minutes, seconds % 60);
    else
        snprintf(buf, size, "%lld s", seconds);
}

static void show_head(const struct showing *s, bool ok)
{
    const cJSON *program = ww_field(s->status, "program");
    char uptime[64];
    char line[64];
    int problems = cJSON_GetArraySize(ww_field(s->status, "problems"));
    duration_text(ww_field_number(program, "uptime_ms"), uptime, sizeof(uptime));
    fprintf(s->out, "whalewall %s, process %.0f, up %s: ", ww_field_words(program, "version"),
            ww_field_number(program, "pid"), uptime);
    snprintf(line, sizeof(line), "%d problem%s", problems, problems == 1 ? "" : "s");
    ww_colour_print(ok ? WW_GREEN : WW_RED, ok ? "all is well" : line, s->colours, s->out);
    fputs("\n", s->out);
}

static void show_problems(struct showing *s)
{
    struct ww_table t = {.columns = 3, .indent = 2};
    const cJSON *problem;
    cJSON_ArrayForEach(problem, ww_field(s->status, "problems"))
    {
        ww_table_add(&t, WW_RED, ww_field_words(problem, "code"));
        ww_table_add(&t, WW_PLAIN, ww_field_words(problem, "subject"));
        ww_table_add(&t, WW_PLAIN, ww_field_words(problem, "text"));
    }
    print_table(s, &t);
}

static const char *yes_or_no(const cJSON *object, const char *key)
{
    const cJSON *value = ww_field(object, key);
    return cJSON_IsTrue(value) ? "yes" : cJSON_IsFalse(value) ? "no" : "not known";
}

static const char *table_text(const cJSON *table)
{
    if (cJSON_IsTrue(ww_field(table, "shared")))
        return "shared with other programs, as asked for";
    return cJSON_IsTrue(ww_field(table, "owned")) ? "owned: no other program can change it" : "not owned";
}

static const char *rule_text(const cJSON *docker_user, const char *family)
{
    const cJSON *value = ww_field(docker_user, family);
    return cJSON_IsTrue(value) ? "yes" : cJSON_IsFalse(value) ? "no" : "no such chain";
}

static void add_docker_user(struct ww_table *t, const cJSON *docker_user)
{
    if (!cJSON_IsTrue(ww_field(docker_user, "wanted")))
        return;
    ww_table_add(t, WW_PLAIN, "DOCKER-USER");
    ww_table_fmt(t, WW_PLAIN, "accepts what is allowed: IPv4: %s, IPv6: %s", rule_text(docker_user, "ipv4"),
                 rule_text(docker_user, "ipv6"));
}

/* A program of an earlier version says nothing of it. */
static void add_sandbox(struct ww_table *t, const char *sandbox)
{
    bool on = strcmp(sandbox, "on") == 0;
    if (!*sandbox)
        return;
    ww_table_add(t, WW_PLAIN, "sandbox");
    ww_table_add(t, on ? WW_PLAIN : WW_RED,
                 on ? "on: labels are read in processes of their own" : "off: labels are read in the program itself");
}

static void show_surroundings(struct showing *s)
{
    const cJSON *engine = ww_field(s->status, "engine");
    const cJSON *kernel = ww_field(s->status, "kernel");
    const cJSON *database = ww_field(s->status, "database");
    const cJSON *error = ww_field(s->status, "last_error");
    const char *version = ww_field_words(engine, "version");
    struct ww_table t = {.columns = 2};
    ww_table_add(&t, WW_PLAIN, "engine");
    ww_table_fmt(&t, state_colour(ww_field_words(engine, "state")), "%s%s%s, since %.19sZ",
                 ww_field_words(engine, "state"), *version ? ": " : "", version, ww_field_words(engine, "since"));
    ww_table_add(&t, WW_PLAIN, "kernel");
    ww_table_fmt(&t, WW_PLAIN, "%s; sees bridged IPv4: %s, IPv6: %s; table owner: %s; bridge ports: %s; nfqueue: %s",
                 ww_field_words(kernel, "release"), yes_or_no(kernel, "sees_bridged_ipv4"),
                 yes_or_no(kernel, "sees_bridged_ipv6"), yes_or_no(kernel, "table_owner"),
                 yes_or_no(kernel, "bridge_ports"), yes_or_no(kernel, "nfqueue"));
    ww_table_add(&t, WW_PLAIN, "table");
    ww_table_add(&t, WW_PLAIN, table_text(ww_field(s->status, "table")));
    add_docker_user(&t, ww_field(s->status, "docker_user"));
    add_sandbox(&t, ww_field_words(ww_field(s->status, "program"), "sandbox"));
    ww_table_add(&t, WW_PLAIN, "database");
    ww_table_fmt(&t, cJSON_IsTrue(ww_field(database, "durable")) ? WW_PLAIN : WW_RED, "%.180s%s",
                 ww_field_words(database, "path"),
                 cJSON_IsTrue(ww_field(database, "durable")) ? "" : " (not remembered)");
    ww_table_add(&t, WW_PLAIN, "last error");
    if (cJSON_IsObject(error))
        ww_table_fmt(&t, WW_PLAIN, "%.19sZ %s", ww_field_words(error, "time"), ww_field_words(error, "text"));
    else
        ww_table_add(&t, WW_PLAIN, "none");
    print_table(s, &t);
}

/* Engines from 28 on connect a container when its process is there: after is no fault there. */
static void start_latency_text(const cJSON *container, char *buf, size_t size)
{
    const cJSON *before = ww_field(container, "active_before_start_ms");
    if (!cJSON_IsNumber(before))
        snprintf(buf, size, "-");
    else if (before->valuedouble < 0)
        snprintf(buf, size, "%.0f ms after start", -before->valuedouble);
    else
        snprintf(buf, size, "%.0f ms before start", before->valuedouble);
}

static double dropped(const cJSON *container)
{
    double packets = 0;
    const cJSON *count;
    cJSON_ArrayForEach(count, ww_field(container, "dropped")) packets += count->valuedouble;
    return packets;
}

static void add_addresses(struct ww_table *t, const cJSON *container)
{
    struct ww_buf line = {0};
    const cJSON *address;
    ww_buf_str(&line, "");
    cJSON_ArrayForEach(address, ww_field(container, "addresses"))
    {
        const char *ipv4 = ww_field_words(address, "ipv4");
        const char *ipv6 = ww_field_words(address, "ipv6");
        ww_buf_fmt(&line, "%s%s %s%s%s", line.len ? ", " : "", ww_field_words(address, "network"), ipv4,
                   *ipv4 && *ipv6 ? " " : "", ipv6);
    }
    if (ww_buf_ok(&line))
        ww_table_add(t, WW_PLAIN, line.data);
    else
        t->failed = true;
    ww_buf_done(&line);
}

static int name_order(const void *a, const void *b)
{
    const cJSON *const *one = a;
    const cJSON *const *other = b;
    int rc = strcmp(ww_field_words(*one, "name"), ww_field_words(*other, "name"));
    return rc ? rc : strcmp(ww_field_words(*one, "id"), ww_field_words(*other, "id"));
}

/* NULL when out of memory. */
static const cJSON **sorted_containers(const cJSON *list, size_t *ret_n)
{
    const cJSON **all = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(cJSON *));
    const cJSON *container;
    *ret_n = 0;
    if (!all)
        return NULL;
    cJSON_ArrayForEach(container, list) all[(*ret_n)++] = container;
    qsort(all, *ret_n, sizeof(cJSON *), name_order);
    return all;
}

static void add_container(struct ww_table *t, const cJSON *container)
{
    char before[32];
    const char *state = ww_field_words(container, "state");
    start_latency_text(container, before, sizeof(before));
    ww_table_add(t, WW_PLAIN, ww_field_words(container, "name"));
    ww_table_fmt(t, WW_PLAIN, "%.12s", ww_field_words(container, "id"));
    ww_table_add(t, state_colour(state), state);
    ww_table_add(t, WW_PLAIN, before);
    ww_table_fmt(t, WW_PLAIN, "%.0f", ww_field_number(container, "rules"));
    ww_table_fmt(t, WW_PLAIN, "%.0f", dropped(container));
    add_addresses(t, container);
}

static void show_containers(struct showing *s, const cJSON *const *all, size_t n)
{
    static const char *const heads[] = {"CONTAINER", "ID", "STATE", "IN FORCE", "RULES", "DROPPED", "ADDRESSES"};
    struct ww_table t = {.columns = sizeof(heads) / sizeof(heads[0])};
    for (size_t i = 0; i < t.columns; i++)
        ww_table_add(&t, WW_FAINT, heads[i]);
    for (size_t i = 0; i < n; i++)
        add_container(&t, all[i]);
    fputs("\n", s->out);
    print_table(s, &t);
}

static void show_networks(struct showing *s)
{
    static const char *const heads[] = {"NETWORK", "BRIDGE", "GUARDED", "WHY", "KNOWN", "BOUND"};
    struct ww_table t = {.columns = sizeof(heads) / sizeof(heads[0])};
    const cJSON *network;
    for (size_t i = 0; i < t.columns; i++)
        ww_table_add(&t, WW_FAINT, heads[i]);
    cJSON_ArrayForEach(network, ww_field(s->status, "networks"))
    {
        bool guarded = cJSON_IsTrue(ww_field(network, "guarded"));
        ww_table_add(&t, WW_PLAIN, ww_field_words(network, "name"));
        ww_table_add(&t, WW_PLAIN, ww_field_words(network, "bridge"));
        ww_table_add(&t, guarded ? WW_GREEN : WW_PLAIN, guarded ? "yes" : "no");
        ww_table_add(&t, WW_PLAIN, ww_field_words(network, "guard"));
        ww_table_fmt(&t, WW_PLAIN, "%.0f", ww_field_number(network, "known"));
        ww_table_fmt(&t, WW_PLAIN, "%.0f", ww_field_number(network, "bound"));
    }
    fputs("\n", s->out);
    print_table(s, &t);
}

/* Something that several containers may have some of: a line each, under one heading. */
static void show_notes(struct showing *s, const char *heading, const char *key, const char *what,
                       const cJSON *const *all, size_t n)
{
    struct ww_table t = {.columns = 3, .indent = 2};
    for (size_t i = 0; i < n; i++) {
        const cJSON *note;
        cJSON_ArrayForEach(note, ww_field(all[i], key))
        {
            ww_table_add(&t, WW_PLAIN, ww_field_words(all[i], "name"));
            ww_table_add(&t, WW_PLAIN, ww_field_words(note, what));
            ww_table_fmt(&t, WW_PLAIN, "%s%s", ww_field_words(note, "reason"),
                         cJSON_IsTrue(ww_field(note, "accepted")) ? " (accepted)" : "");
        }
    }
    if (t.n)
        fprintf(s->out, "\n%s\n", heading);
    print_table(s, &t);
}

static void show_drops(struct showing *s, const cJSON *const *all, size_t n, const char *key, const char *heading)
{
    struct ww_table t = {.columns = 3, .indent = 2};
    for (size_t i = 0; i < n; i++) {
        const cJSON *count;
        cJSON_ArrayForEach(count, ww_field(all[i], key))
        {
            if (count->valuedouble == 0)
                continue;
            ww_table_add(&t, WW_PLAIN, ww_field_words(all[i], "name"));
            ww_table_fmt(&t, WW_PLAIN, "%.0f", count->valuedouble);
            ww_table_add(&t, WW_PLAIN, count->string);
        }
    }
    if (t.n)
        fprintf(s->out, "\n%s\n", heading);
    print_table(s, &t);
}

static int read_status(const char *json, size_t len, cJSON **ret_status, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *status = NULL;
    int rc = ww_json_parse(json, len, &status, err);
    if (rc < 0)
        return rc;
    if (ww_field_number(status, "format") != WW_STATUS_FORMAT)
        return ww_fail(err, -EBADMSG,
                       "the running whalewall (%.32s) speaks version %.0f of the status, this one (" WW_VERSION
                       ") version %d: use the one that runs",
                       ww_field_words(ww_field(status, "program"), "version"), ww_field_number(status, "format"),
                       WW_STATUS_FORMAT);
    *ret_status = ww_take(status);
    return 0;
}

int ww_status_is_ok(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *status = NULL;
    int rc = read_status(json, len, &status, err);
    return rc < 0 ? rc : cJSON_IsTrue(ww_field(status, "ok"));
}

int ww_status_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *status = NULL;
    struct showing s = {.colours = colours, .out = out};
    int rc = read_status(json, len, &status, err);
    if (rc < 0)
        return rc;
    size_t n;
    const cJSON **all = sorted_containers(ww_field(status, "containers"), &n);
    if (!all)
        return ww_fail(err, -ENOMEM, "out of memory");
    bool ok = cJSON_IsTrue(ww_field(status, "ok"));
    s.status = status;
    show_head(&s, ok);
    show_problems(&s);
    show_surroundings(&s);
    show_containers(&s, all, n);
    show_networks(&s);
    show_notes(&s, "rules that wait", "waiting", "rule", all, n);
    show_notes(&s, "notes on rules", "notes", "rule", all, n);
    show_notes(&s, "not enforceable", "unenforceable", "network", all, n);
    show_drops(&s, all, n, "dropped", "dropped packets");
    show_drops(&s, all, n, "would_drop", "packets that would be dropped, were the container not audited");
    free(all);
    return s.failed ? ww_fail(err, -ENOMEM, "out of memory") : ok;
}
