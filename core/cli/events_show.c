/* Events as people read them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/cli/events.h"
#include "core/cli/field.h"
#include "core/cli/table.h"
#include "core/control/events.h"
#include "core/docker/json.h"

#define SECONDS 19 /* of "2026-11-23T21:14:37.87Z" */

static enum ww_colour colour_of(const cJSON *event)
{
    const char *level = ww_field_text(event, "level");
    if (!level || strcmp(level, "info") == 0)
        return WW_PLAIN;
    return strcmp(level, "error") == 0 ? WW_RED : WW_YELLOW;
}

/* "; rules 3, endpoints 1". */
static void add_details(struct ww_buf *out, const cJSON *event)
{
    const cJSON *detail;
    const char *before = "; ";
    cJSON_ArrayForEach(detail, ww_field(event, "details"))
    {
        ww_buf_fmt(out, "%s%s ", before, detail->string);
        if (cJSON_IsString(detail))
            ww_buf_str(out, detail->valuestring);
        else
            ww_buf_fmt(out, "%.0f", detail->valuedouble);
        before = ", ";
    }
}

static int print_line(const cJSON *event, bool colours, FILE *out)
{
    struct ww_buf line = {0};
    const char *time = ww_field_text(event, "time");
    const char *kind = ww_field_text(event, "kind");
    const char *container = ww_field_text(event, "container");
    const char *text = ww_field_text(event, "text");
    ww_buf_fmt(&line, "%.*sZ  %-11s %s%s%s", SECONDS, time ? time : "-", kind ? kind : "-", container ? container : "",
               container ? ": " : "", text ? text : "-");
    add_details(&line, event);
    bool ok = ww_buf_ok(&line);
    if (ok)
        ww_field_print(colour_of(event), line.data, colours, out);
    fputs("\n", out);
    ww_buf_done(&line);
    return ok ? 0 : -ENOMEM;
}

static int print_json(const cJSON *event, FILE *out)
{
    ww_auto_free char *text = cJSON_PrintUnformatted(event);
    if (!text)
        return -ENOMEM;
    fprintf(out, "%s\n", text);
    return 0;
}

static int parse(const char *text, size_t len, cJSON **ret_answer, struct ww_error *err)
{
    int rc = ww_json_parse(text, len, ret_answer, err);
    return rc < 0 ? rc : ww_field_format(*ret_answer, WW_EVENTS_FORMAT, err);
}

/* What was missed is said, never told as if nothing had been. */
static void print_missed(const cJSON *answer, bool json, FILE *out)
{
    double missed = ww_field_number(answer, "missed");
    if (missed > 0 && !json)
        fprintf(out, "%.0f events are missing here: they came faster than they were read\n", missed);
    else if (missed > 0)
        fprintf(out, "{\"missed\":%.0f}\n", missed);
}

static int print_all(const cJSON *answer, bool json, bool colours, FILE *out, struct ww_error *err)
{
    const cJSON *event;
    print_missed(answer, json, out);
    cJSON_ArrayForEach(event, ww_field(answer, "events"))
    {
        int rc = json ? print_json(event, out) : print_line(event, colours, out);
        if (rc < 0)
            return ww_fail(err, rc, "out of memory");
    }
    return 1;
}

int ww_events_show(const char *text, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(text, len, &answer, err);
    return rc < 0 ? rc : print_all(answer, false, colours, out, err);
}

int ww_events_show_lines(const char *text, size_t len, bool json, FILE *out, uint64_t *ret_next, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(text, len, &answer, err);
    if (rc < 0)
        return rc;
    *ret_next = (uint64_t)ww_field_number(answer, "next");
    return print_all(answer, json, !json && ww_colours_wanted(out), out, err);
}

int ww_events_check(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(json, len, &answer, err);
    return rc < 0 ? rc : 1;
}
