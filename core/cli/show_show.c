/* A container as people read it: its state, its rules in words in the order in which they are tried, and its drops. */
#include <errno.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/cli/field.h"
#include "core/cli/show.h"
#include "core/cli/table.h"
#include "core/control/show.h"
#include "core/docker/json.h"

static enum ww_colour state_colour(const char *state)
{
    if (strcmp(state, "enforced") == 0)
        return WW_GREEN;
    return strcmp(state, "quarantined") == 0 || strcmp(state, "unenforceable") == 0 ? WW_RED : WW_YELLOW;
}

static const char *state_of(const cJSON *answer)
{
    const char *state = ww_field_text(ww_field(answer, "status"), "state");
    return state ? state : "not managed";
}

static int is_well(const cJSON *answer, struct ww_error *err)
{
    int rc = ww_field_format(answer, WW_SHOW_FORMAT, err);
    return rc < 0 ? rc : ww_field_true(answer, "managed") && state_colour(state_of(answer)) != WW_RED;
}

/* "80, 443", of an array of texts. */
static void add_list(struct ww_buf *out, const cJSON *list)
{
    const cJSON *item;
    const char *before = "";
    cJSON_ArrayForEach(item, list)
    {
        ww_buf_fmt(out, "%s%s", before, cJSON_GetStringValue(item) ? cJSON_GetStringValue(item) : "");
        before = ", ";
    }
}

/* "db (203.0.113.2), 192.0.2.0/24". */
static void add_peers(struct ww_buf *out, const cJSON *rule)
{
    const char *peer = ww_field_text(rule, "peer");
    const char *before = "";
    const cJSON *item;
    if (!peer || strcmp(peer, "addresses") != 0) {
        ww_buf_str(out, peer && strcmp(peer, "host") == 0 ? "the host" : "anybody");
        return;
    }
    cJSON_ArrayForEach(item, ww_field(rule, "peers"))
    {
        const char *address = ww_field_text(item, "address");
        const char *container = ww_field_text(item, "container");
        ww_buf_str(out, before);
        if (container)
            ww_buf_fmt(out, "%s (%s)", container, address ? address : "");
        else
            ww_buf_str(out, address ? address : "");
        before = ", ";
    }
}

static void add_ports(struct ww_buf *out, const cJSON *rule)
{
    const char *protocol = ww_field_text(rule, "protocol");
    ww_buf_fmt(out, ": %s", protocol ? protocol : "everything");
    if (cJSON_GetArraySize(ww_field(rule, "ports"))) {
        ww_buf_str(out, " ");
        add_list(out, ww_field(rule, "ports"));
    }
    if (cJSON_GetArraySize(ww_field(rule, "source_ports"))) {
        ww_buf_str(out, ", from port ");
        add_list(out, ww_field(rule, "source_ports"));
    }
    if (cJSON_GetArraySize(ww_field(rule, "own"))) {
        ww_buf_str(out, ", at ");
        add_list(out, ww_field(rule, "own"));
    }
}

static void add_verdict(struct ww_buf *out, const cJSON *rule)
{
    const char *verdict = ww_field_text(rule, "verdict");
    if (verdict && strcmp(verdict, "chain") == 0)
        ww_buf_fmt(out, "; the chain %s decides", ww_field_text(rule, "chain") ? ww_field_text(rule, "chain") : "");
    if (verdict && strcmp(verdict, "queue") == 0)
        ww_buf_fmt(out, "; queue %.0f decides", ww_field_number(rule, "queue"));
    if (ww_field_text(rule, "log"))
        ww_buf_str(out, "; logged");
}

/* A rule, or a ban, in words. */
static void add_rule(struct ww_buf *out, const cJSON *rule)
{
    const char *side = ww_field_text(rule, "side");
    if (!side)
        return;
    if (strcmp(side, "localhost") == 0) {
        ww_buf_str(out, "from the host to the published ports");
    } else {
        ww_buf_str(out, strcmp(side, "output") == 0 ? "to " : "from ");
        add_peers(out, rule);
        if (strcmp(side, "external") == 0)
            ww_buf_str(out, " to the published ports");
        else
            add_ports(out, rule);
    }
    add_verdict(out, rule);
}

static int print_rules(const cJSON *rules, const char *title, const char *last, bool colours, FILE *out)
{
    struct ww_table t = {.columns = 3, .indent = 2};
    struct ww_buf words = {0};
    const cJSON *rule;
    if (cJSON_GetArraySize(rules))
        fprintf(out, "\n%s\n", title);
    cJSON_ArrayForEach(rule, rules)
    {
        ww_buf_reset(&words);
        ww_buf_str(&words, "");
        add_rule(&words, rule);
        ww_table_add(&t, WW_PLAIN, ww_field_text(rule, "side") ? ww_field_text(rule, "side") : "");
        ww_table_add(&t, WW_PLAIN, ww_buf_ok(&words) && words.data ? words.data : "");
        if (last)
            ww_table_fmt(&t, WW_FAINT, "%s: %s", ww_field_text(rule, "origin"), ww_field_text(rule, last));
        else
            ww_table_add(&t, WW_FAINT, ww_field_text(rule, "origin") ? ww_field_text(rule, "origin") : "");
    }
    ww_buf_done(&words);
    return ww_table_print(&t, colours, out);
}

static void print_addresses(const cJSON *answer, FILE *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, ww_field(ww_field(answer, "status"), "addresses"))
    {
        const char *ipv4 = ww_field_text(item, "ipv4");
        const char *ipv6 = ww_field_text(item, "ipv6");
        fputs("  address    ", out);
        fprintf(out, "%s%s%s on ", ipv4 ? ipv4 : "", ipv4 && ipv6 ? ", " : "", ipv6 ? ipv6 : "");
        ww_field_print(WW_PLAIN, ww_field_text(item, "network"), false, out);
        fputs("\n", out);
    }
    cJSON_ArrayForEach(item, ww_field(answer, "published"))
    {
        const char *host = ww_field_text(item, "host");
        bool brackets = host && strchr(host, ':');
        fprintf(out, "  published  %s%s%s:%.0f -> %.0f/%s\n", brackets ? "[" : "", host ? host : "",
                brackets ? "]" : "", ww_field_number(item, "host_port"), ww_field_number(item, "port"),
                ww_field_text(item, "protocol") ? ww_field_text(item, "protocol") : "");
    }
}

static void print_notes(const cJSON *status, const char *key, const char *word, FILE *out)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, ww_field(status, key))
    {
        fprintf(out, "  %-9s  ", word);
        ww_field_print(WW_PLAIN,
                       ww_field_text(note, "rule") ? ww_field_text(note, "rule") : ww_field_text(note, "network"),
                       false, out);
        fputs(": ", out);
        ww_field_print(WW_PLAIN, ww_field_text(note, "reason"), false, out);
        fputs("\n", out);
    }
}

static void print_drops(const cJSON *status, const char *key, const char *heading, FILE *out)
{
    const cJSON *dropped = ww_field(status, key);
    const cJSON *item;
    const char *before = "";
    if (!cJSON_IsObject(dropped))
        return;
    fprintf(out, "\n%s: ", heading);
    cJSON_ArrayForEach(item, dropped)
    {
        fprintf(out, "%s%s %.0f", before, item->string, item->valuedouble);
        before = ", ";
    }
    fputs(*before ? "\n" : "none\n", out);
}

static int show(const cJSON *answer, bool colours, FILE *out)
{
    const cJSON *status = ww_field(answer, "status");
    ww_field_print(WW_PLAIN, ww_field_text(answer, "name"), false, out);
    fprintf(out, " %.12s: ", ww_field_text(answer, "id") ? ww_field_text(answer, "id") : "");
    ww_field_print(state_colour(state_of(answer)), state_of(answer), colours, out);
    if (ww_field_text(status, "quarantine")) {
        fputs(": ", out);
        ww_field_print(WW_RED, ww_field_text(status, "quarantine"), colours, out);
    }
    fputs(ww_field_true(answer, "managed") ? "\n" : ", so nothing that it does is restricted by it\n", out);
    print_addresses(answer, out);
    if (ww_field_text(status, "shares"))
        fprintf(out, "  shares     the addresses of %.12s\n", ww_field_text(status, "shares"));
    print_notes(status, "waiting", "waits", out);
    print_notes(status, "notes", "note", out);
    print_notes(status, "unenforceable", "open", out);
    bool audited = ww_field_true(status, "audited");
    int rc = print_rules(ww_field(answer, "rules"),
                         audited ? "rules, in the order in which they are tried; all else passes, for it is audited"
                                 : "rules, in the order in which they are tried; all else is dropped",
                         NULL, colours, out);
    if (rc == 0)
        rc = print_rules(ww_field(answer, "bans"), "refused, whatever rules allow", "reason", colours, out);
    if (rc == 0)
        print_drops(status, "dropped", "dropped packets", out);
    if (rc == 0 && audited)
        print_drops(status, "would_drop", "packets that would be dropped, were it not audited", out);
    return rc;
}

int ww_show_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    int well = rc < 0 ? rc : is_well(answer, err);
    if (well < 0)
        return well;
    return show(answer, colours, out) < 0 ? ww_fail(err, -ENOMEM, "out of memory") : well;
}

int ww_show_is_well(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    return rc < 0 ? rc : is_well(answer, err);
}
