/* A suggestion as a compose file, to be laid over the one that has the services. */
#include <errno.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/cli/field.h"
#include "core/cli/suggest.h"
#include "core/control/suggest.h"

#define SECONDS 19 /* of "2026-11-23T21:14:37.87Z" */

static int parse(const char *text, size_t len, cJSON **ret_answer, struct ww_error *err)
{
    int rc = ww_json_parse(text, len, ret_answer, err);
    return rc < 0 ? rc : ww_field_format(*ret_answer, WW_SUGGEST_FORMAT, err);
}

static bool leaves_nothing_out(const cJSON *answer)
{
    return ww_field_number(answer, "left_out") == 0;
}

/* Flows of which none passed: they may have been dropped for a good reason. */
static int count_dropped(const cJSON *answer)
{
    const cJSON *flow;
    int n = 0;
    cJSON_ArrayForEach(flow, ww_field(answer, "flows")) n += !ww_field_true(flow, "audited");
    return n;
}

static void print_remarks(const cJSON *answer, const char *rules, FILE *out)
{
    const char *since = ww_field_text(answer, "since");
    int flows = cJSON_GetArraySize(ww_field(answer, "flows"));
    int dropped = count_dropped(answer);
    fprintf(out, "    # %d flow%s since %.*sZ that its rules do not allow%s\n", flows, flows == 1 ? "" : "s", SECONDS,
            since ? since : "", ww_field_true(answer, "audited") ? "" : "; it is not audited");
    if (dropped)
        fprintf(out, "    # %d of them were dropped: are they wanted?\n", dropped);
    if (ww_field_true(answer, "labelled") && *rules)
        fputs("    # It has rules already, and these take their place: write both into one label.\n", out);
    if (!leaves_nothing_out(answer))
        fprintf(out,
                "    # NOT ALL: %.0f packets of other flows were not looked at, for they were too many: it may need "
                "more.\n",
                ww_field_number(answer, "left_out"));
}

static void print_rules(const char *rules, FILE *out)
{
    fputs("      whalewall.rules: |\n", out);
    for (const char *line = rules; *line;) {
        size_t n = strcspn(line, "\n");
        fputs("        ", out);
        for (size_t i = 0; i < n; i++)
            fputc((unsigned char)line[i] < ' ' || line[i] == 0x7f ? '?' : line[i], out);
        fputc('\n', out);
        line += n + (line[n] == '\n');
    }
}

/* The name is a label, perhaps of an image, so it must not say more than a name. */
static void print_key(const char *service, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    struct ww_buf key ww_auto(ww_buf_done) = {0};
    ww_text_json(&key, service, 0);
    fprintf(out, "  %s:\n", service[strspn(service, plain)] && ww_buf_ok(&key) ? key.data : service);
}

/* What an answer is of: by Compose its project and service, else its name (then project is NULL). */
struct bearer {
    const char *project;
    const char *service;
};

static struct bearer bearer_of(const cJSON *answer)
{
    const char *service = ww_field_text(answer, "service");
    const char *project = service ? ww_field_text(answer, "project") : NULL;
    return (struct bearer){project, project ? service : ww_field_text(answer, "name")};
}

/* Texts as JSON, a line: labels can be any text. */
static bool has_line(const struct ww_buf *lines, const char *line)
{
    size_t n = strlen(line);
    for (const char *at = lines->data; at && *at; at += strcspn(at, "\n") + 1)
        if (!strncmp(at, line, n) && at[n] == '\n')
            return true;
    return false;
}

enum place { NEW, REPLICA, ELSEWHERE };

/* A file is of one project, and has each service once. Replicas of one service have the same labels. */
static int find_place(struct ww_suggested *file, const struct bearer *b, enum place *ret_place)
{
    struct ww_buf service ww_auto(ww_buf_done) = {0};
    struct ww_buf project ww_auto(ww_buf_done) = {0};
    ww_text_json(&service, b->service, 0);
    ww_text_json(&project, b->project ? b->project : "", 0);
    if (!ww_buf_ok(&service) || !ww_buf_ok(&project))
        return -ENOMEM;
    bool same = !b->project || !file->project.len || strcmp(file->project.data, project.data) == 0;
    struct ww_buf *printed = b->project ? &file->services : &file->names;
    struct ww_buf *others = b->project ? &file->names : &file->services;
    *ret_place = !same || has_line(others, service.data) ? ELSEWHERE : has_line(printed, service.data) ? REPLICA : NEW;
    if (*ret_place != NEW)
        return 0;
    ww_buf_fmt(printed, "%s\n", service.data);
    if (b->project && !file->project.len)
        ww_buf_str(&file->project, project.data);
    return ww_buf_ok(printed) && (!b->project || ww_buf_ok(&file->project)) ? 0 : -ENOMEM;
}

static void print_elsewhere(const struct bearer *b, FILE *out)
{
    struct ww_buf name ww_auto(ww_buf_done) = {0};
    ww_text_json(&name, b->service, 0);
    if (b->project) {
        ww_buf_str(&name, " of project ");
        ww_text_json(&name, b->project, 0);
    }
    fprintf(out, "  # NOT ALL: %s belongs into a file of its own; ask for it alone.\n",
            ww_buf_ok(&name) ? name.data : "one");
}

void ww_suggest_show_unmanaged(const char *name, FILE *out)
{
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    ww_text_json(&text, name, 0);
    fprintf(out, "  # NOT ALL: %s is not managed, so nothing of it was looked at.\n",
            ww_buf_ok(&text) ? text.data : "one");
}

void ww_suggested_done(struct ww_suggested *file)
{
    ww_buf_done(&file->project);
    ww_buf_done(&file->services);
    ww_buf_done(&file->names);
}

int ww_suggest_show(const char *json, size_t len, struct ww_suggested *file, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    enum place place = NEW;
    bool begun = file->services.len || file->names.len;
    int rc = parse(json, len, &answer, err);
    if (rc < 0)
        return rc;
    const char *rules = ww_field_text(answer, "rules");
    const struct bearer bearer = bearer_of(answer);
    if (!rules || !bearer.service)
        return ww_fail(err, -EBADMSG, "the answer has no rules");
    if (find_place(file, &bearer, &place) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (place == ELSEWHERE)
        print_elsewhere(&bearer, out);
    if (place != NEW)
        return place == REPLICA && leaves_nothing_out(answer);
    fputs(begun ? "" : "services:\n", out);
    print_key(bearer.service, out);
    print_remarks(answer, rules, out);
    fputs("    labels:\n      whalewall.enabled: \"true\"\n", out);
    if (*rules)
        print_rules(rules, out);
    return leaves_nothing_out(answer);
}

int ww_suggest_is_whole(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(json, len, &answer, err);
    return rc < 0 ? rc : leaves_nothing_out(answer);
}
