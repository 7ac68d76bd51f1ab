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

static bool is_whole(const cJSON *answer)
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
    if (!is_whole(answer))
        fprintf(out,
                "    # NOT ALL: %.0f reports are left out, for its flows were too many; it needs more than this.\n",
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

/* Replicas of one service have the same labels. */
static bool was_printed(struct ww_buf *printed, const char *service)
{
    size_t n = strlen(service);
    for (const char *at = printed->data; at && *at; at += strcspn(at, "\n") + 1)
        if (!strncmp(at, service, n) && at[n] == '\n')
            return true;
    return false;
}

int ww_suggest_show(const char *json, size_t len, struct ww_buf *printed, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(json, len, &answer, err);
    if (rc < 0)
        return rc;
    const char *rules = ww_field_text(answer, "rules");
    const char *service = ww_field_text(answer, "service");
    if (!service || !ww_field_text(answer, "project"))
        service = ww_field_text(answer, "name");
    if (!rules || !service)
        return ww_fail(err, -EBADMSG, "the answer has no rules");
    if (was_printed(printed, service))
        return is_whole(answer);
    fputs(printed->len ? "" : "services:\n", out);
    ww_buf_fmt(printed, "%s\n", service);
    print_key(service, out);
    print_remarks(answer, rules, out);
    fputs("    labels:\n      whalewall.enabled: \"true\"\n", out);
    if (*rules)
        print_rules(rules, out);
    return ww_buf_ok(printed) ? is_whole(answer) : ww_fail(err, -ENOMEM, "out of memory");
}

int ww_suggest_is_whole(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(json, len, &answer, err);
    return rc < 0 ? rc : is_whole(answer);
}
